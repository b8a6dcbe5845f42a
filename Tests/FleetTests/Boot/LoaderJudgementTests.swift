import TestSupport
import Testing

@testable import Fleet

@Suite struct LoaderJudgementTests {
    private static func facts(
        _ loader: TestSupport.NodeSetup.Loader, _ change: (inout NodeFacts) -> Void = { _ in }
    ) throws -> NodeFacts {
        var facts = try Fixtures.facts("intel-z390-rtx2070") { $0.loader = loader }
        change(&facts)
        return facts
    }

    private static func plan(_ facts: NodeFacts) throws -> NodePlan {
        Planner.plan(node: try Fixtures.node(), facts: facts, settings: try Fixtures.guide("01:00"))
    }

    @Test func eachLoaderReadsItsOwnFile() throws {
        let grub = try Self.plan(try Self.facts(.grub))
        #expect(grub.commands == [.updateGrub, .updateInitramfs])
        #expect(grub.text("/etc/default/grub") != nil)
        let onESP = try Self.plan(try Self.facts(.grubOnESP))
        #expect(onESP.commands == [.updateInitramfs, .refreshBootTool], "\(onESP.reasons.map(\.message))")
        #expect(onESP.text("/etc/default/grub") != nil)
        let systemdBoot = try Self.plan(try Self.facts(.systemdBoot))
        #expect(systemdBoot.commands == [.updateInitramfs, .refreshBootTool])
        #expect(systemdBoot.text("/etc/kernel/cmdline") != nil && systemdBoot.text("/etc/default/grub") == nil)
    }

    @Test func unknownCombinationsAreBlockedWithWhatWasSeen() throws {
        let cases: [(String, NodeFacts)] = [
            (
                "one image",
                try Self.facts(.systemdBoot) { facts in
                    facts.boot.loader = .known(.unifiedImage)
                    facts.boot.report = .known(LoaderReport(loader: "systemd-boot 257", stub: "systemd-stub 257"))
                }
            ),
            (
                "calls itself “rEFInd 0.14.0.2”",
                try Self.facts(.systemdBoot) { facts in
                    facts.boot.loader = .known(.unrecognized)
                    facts.boot.report = .known(LoaderReport(loader: "rEFInd 0.14.0.2"))
                }
            ),
            ("manages no partition", try Self.facts(.systemdBoot) { $0.boot.proxmoxBootToolESPs = .known([]) }),
            (
                "did not write",
                try Self.facts(.systemdBoot) {
                    $0.kernelCommandLine = .known(#"initrd=\5e3b\6.8\initrd.img root=ZFS=rpool/ROOT/pve-1"#)
                }
            ),
            (
                "from the root file system",
                try Self.facts(.grub) { $0.boot.proxmoxBootToolESPs = .known(["6D31-87F4"]) }
            ),
            ("which is systemd-boot", try Self.facts(.grub) { $0.boot.firmwareBoot = .known(Self.twoLoaders()) }),
            (
                "at the next boot",
                try Self.facts(.grub) { facts in
                    var firmware = Self.twoLoaders(order: ["0001", "0002"])
                    firmware.next = "0002"
                    facts.boot.firmwareBoot = .known(firmware)
                }
            ),
        ]
        for (words, facts) in cases {
            let plan = try Self.plan(facts)
            #expect(plan.blockers == ["boot-loader-not-understood"], "\(words)")
            let reason = try #require(plan.reasons.first)
            #expect(reason.message.contains(words), "\(reason.message)")
            #expect(reason.evidence.contains { $0.command == "cat /proc/cmdline" })
            #expect(plan.files.isEmpty && plan.commands.isEmpty && !plan.reboot)
        }
    }

    private static func twoLoaders(order: [String] = ["0002", "0001"]) -> FirmwareBoot {
        FirmwareBoot(
            current: "0001", order: order,
            entries: [
                .init(number: "0001", label: "proxmox", path: #"HD(2)/File(\EFI\proxmox\shimx64.efi)"#),
                .init(
                    number: "0002", label: "Linux Boot Manager", path: #"HD(2)/File(\EFI\systemd\systemd-bootx64.efi)"#),
            ])
    }

    @Test func whatCanNotBeALoaderDoesNotBlock() throws {
        let orders: [FirmwareBoot] = [
            FirmwareBoot(
                current: "0001", order: ["0003", "0001"],
                entries: [.init(number: "0001", label: "proxmox"), .init(number: "0003", label: "UEFI: USB stick")]),
            FirmwareBoot(
                current: "0001", order: ["0002", "0001"],
                entries: [
                    .init(number: "0002", isActive: false, label: "x", path: #"File(\EFI\systemd\systemd-bootx64.efi)"#)
                ]),
            Self.twoLoaders(order: ["0001", "0002"]),
        ]
        for firmware in orders {
            let plan = try Self.plan(try Self.facts(.grub) { $0.boot.firmwareBoot = .known(firmware) })
            #expect(plan.verdict == .change, "\(plan.reasons.map(\.message))")
        }
    }

    @Test func modulesGoWhereTheyAreRead() throws {
        var facts = try Self.facts(.grub)
        facts.files["/etc/modules-load.d/modules.conf"] = nil
        let plan = try Self.plan(facts)
        #expect(plan.codes.contains("modules-file-not-read"))
        #expect(plan.text("/etc/modules") == nil)
        #expect(
            plan.text("/etc/modules-load.d/vfiofleet.conf")?.hasSuffix("\nvfio\nvfio_iommu_type1\nvfio_pci\n") == true)
        #expect(try Self.plan(facts.carryingOut(plan)).verdict == .unchanged)
    }
}
