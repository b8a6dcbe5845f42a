import TestSupport
import Testing

@testable import Fleet

/// What a reader of the guide would have written by hand.
@Suite struct GuideTests {
    private static let options = "options vfio-pci ids=10de:1f02,10de:10f9,10de:1ada,10de:1adb disable_vga=1\n"
    private static let softdeps = """
        softdep snd_hda_intel pre: vfio-pci
        softdep xhci_pci pre: vfio-pci
        softdep i2c_nvidia_gpu pre: vfio-pci

        """

    private func plan(_ facts: NodeFacts) throws -> NodePlan {
        Planner.plan(node: try Fixtures.node(), facts: facts, settings: try Fixtures.guide("01:00"))
    }

    @Test func theIntelDesktopGetsTheGuidesFiles() throws {
        let plan = try plan(try Fixtures.facts("intel-z390-rtx2070"))
        #expect(plan.verdict == .change, "\(plan.blockers)")
        let grub = NodeFacts.debianGrub("quiet intel_iommu=on iommu=pt")
        #expect(plan.text("/etc/default/grub") == grub)
        #expect(plan.text("/etc/modprobe.d/blacklist.conf") == "blacklist nouveau\nblacklist nvidia\n")
        #expect(
            plan.text("/etc/modules") == "# /etc/modules: loaded at boot time.\n\nvfio\nvfio_iommu_type1\nvfio_pci\n")
        #expect(plan.text("/etc/modprobe.d/vfio.conf") == Self.options + Self.softdeps)
        #expect(plan.files.count == 4)
        #expect(plan.commands == [.updateGrub, .updateInitramfs])
        #expect(plan.reboot)
    }

    @Test func theGuestGetsTheGuidesOptions() throws {
        let plan = try plan(try Fixtures.facts("intel-z390-rtx2070"))
        #expect(
            plan.guests.map { $0.options.map { "\($0.key): \($0.after ?? "-")" } } == [
                [
                    "bios: ovmf", "machine: q35", "cpu: host,hidden=1", "hostpci0: 01:00.0,pcie=1,x-vga=1",
                    "hostpci1: 01:00.1", "hostpci2: 01:00.2", "hostpci3: 01:00.3",
                ]
            ])
    }

    @Test func anAMDCPUGetsAMDArguments() throws {
        var facts = try Fixtures.facts("intel-z390-rtx2070")
        facts.cpu = .known(CPU(vendor: .amd, model: "AMD Ryzen"))
        #expect(try plan(facts).text("/etc/default/grub") == NodeFacts.debianGrub("quiet amd_iommu=on iommu=pt"))
    }

    @Test(arguments: [(CPU.Vendor.amd, "intel_iommu=off amd_iommu=off"), (.intel, "amd_iommu=off intel_iommu=off")])
    func theOtherVendorsArgumentKeepsNothingOff(_ vendor: CPU.Vendor, _ arguments: String) throws {
        var facts = try Fixtures.facts("intel-z390-rtx2070") { $0.arguments = arguments }
        facts.cpu = .known(CPU(vendor: vendor, model: "CPU"))
        facts.iommu.units = .known([])
        facts.iommu.groupCount = .known(0)
        let plan = try plan(facts)
        #expect(plan.verdict == .change, "\(plan.blockers)")
        #expect(plan.codes.contains("groups-unknown-until-iommu-on"))
    }

    @Test func systemdBootGetsTheSameTokensOnOneLine() throws {
        let plan = try plan(try Fixtures.facts("intel-z390-rtx2070") { $0.loader = .systemdBoot })
        let line = "root=/dev/mapper/pve-root ro quiet intel_iommu=on iommu=pt\n"
        #expect(plan.text("/etc/kernel/cmdline") == line)
        #expect(plan.text("/etc/default/grub") == nil)
        #expect(plan.commands == [.updateInitramfs, .refreshBootTool])
    }

    @Test func grubOnManagedPartitionsIsRefreshed() throws {
        let plan = try plan(try Fixtures.facts("intel-z390-rtx2070") { $0.loader = .grubOnESP })
        #expect(plan.commands == [.updateInitramfs, .refreshBootTool])
        #expect(plan.text("/etc/default/grub") != nil)
    }

    @Test func filesOfOurOwnLeaveTheOthersAlone() throws {
        let settings = try Fixtures.guide("01:00", files: .dropIn)
        let facts = try Fixtures.facts("intel-z390-rtx2070")
        let plan = Planner.plan(node: try Fixtures.node(), facts: facts, settings: settings)
        let header = "# Written by vfiofleet. Undo: delete this file, rebuild and reboot.\n"
        #expect(
            plan.text("/etc/default/grub.d/zz-vfiofleet.cfg") == header
                + "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT intel_iommu=on iommu=pt\"\n")
        #expect(
            plan.text("/etc/modprobe.d/vfiofleet.conf") == header + Self.options
                + "blacklist nouveau\nblacklist nvidia\n" + Self.softdeps)
        #expect(plan.text("/etc/modules-load.d/vfiofleet.conf") == header + "vfio\nvfio_iommu_type1\nvfio_pci\n")
        #expect(plan.files.count == 3 && plan.files.allSatisfy { $0.before == nil })
    }

    @Test(arguments: [NodeSettings.FileStyle.guide, .dropIn], [NodeSetup.Loader.grub, .grubOnESP, .systemdBoot])
    func aSecondApplyChangesNothingAndSaysWhy(style: NodeSettings.FileStyle, loader: NodeSetup.Loader) throws {
        let settings = try Fixtures.guide("01:00", files: style)
        let facts = try Fixtures.facts("intel-z390-rtx2070") { $0.loader = loader }
        let first = Planner.plan(node: try Fixtures.node(), facts: facts, settings: settings)
        let second = Planner.plan(node: try Fixtures.node(), facts: facts.carryingOut(first), settings: settings)
        #expect(second.verdict == .unchanged, "\(second)")
        let expected: Set<String> = [
            "kernel-argument-present", "blacklist-present", "module-present", "vfio-ids-present", "softdep-present",
            "initramfs-current", "reboot-not-needed", "guest-option-present", "guest-device-present",
        ]
        #expect(second.codes.isSuperset(of: style == .guide ? expected : ["initramfs-current", "reboot-not-needed"]))
    }
}
