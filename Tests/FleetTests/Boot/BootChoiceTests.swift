import TestSupport
import Testing

@testable import Fleet

@Suite struct BootChoiceTests {
    static let old = "6.5.13-6-pve"
    static let new = "6.8.12-4-pve"

    /// A menu as Debian's scripts write it: the newest kernel, then a submenu with each, and its rescue entry.
    static var entries: [BootEntry] {
        let submenu = MenuStep(index: 1, title: "Advanced options for Proxmox VE", id: "gnulinux-advanced-1")
        var entries = [entry("Proxmox VE", new, [MenuStep(index: 0, title: "Proxmox VE", id: "gnulinux-simple-1")])]
        for (index, release) in [new, old].enumerated() {
            let title = "Proxmox VE, with Linux \(release)"
            let step = MenuStep(index: index * 2, title: title, id: "gnulinux-\(release)-advanced-1")
            entries.append(entry(title, release, [submenu, step]))
            let rescue = MenuStep(
                index: index * 2 + 1, title: title + " (recovery mode)", id: "gnulinux-\(release)-recovery-1")
            entries.append(entry(rescue.title, release, [submenu, rescue]))
        }
        var custom = entry("My own", new, [MenuStep(index: 2, title: "My own")])
        custom.source = "/etc/grub.d/40_custom"
        var test = entry("Memory test", nil, [MenuStep(index: 3, title: "Memory test")])
        test.source = "/etc/grub.d/20_memtest86+"
        return entries + [custom, test]
    }

    private static func entry(_ title: String, _ release: String?, _ steps: [MenuStep]) -> BootEntry {
        BootEntry(
            file: BootEntry.grubMenu, title: title, kernel: "/boot/vmlinuz-\(release ?? "")", release: release,
            arguments: "root=/dev/mapper/pve-root ro quiet intel_iommu=on iommu=pt", initrds: [],
            isRecovery: title.contains("recovery"), steps: steps, source: "/etc/grub.d/10_linux")
    }

    static func facts(_ standard: String, _ environment: [String: String] = [:]) throws -> NodeFacts {
        var facts = try Fixtures.facts("intel-z390-rtx2070") { $0.arguments = "quiet intel_iommu=on iommu=pt" }
        facts.boot.entries = .known(entries)
        facts.boot.grubChoice = .known(GrubChoice(standard: standard, environment: environment))
        let images = [new, old].map { release in
            InitramfsImage(
                kernel: release, path: "/boot/initrd.img-\(release)", modules: .known([]),
                configurationFiles: .known([]), newerInputs: .known([]))
        }
        facts.initramfs = .known(images)
        facts.boot.kernels = .known([old, new])
        return facts
    }

    @Test(arguments: [
        ("0", [:], "Proxmox VE", false),
        ("gnulinux-advanced-1>gnulinux-6.5.13-6-pve-advanced-1", [:], "Proxmox VE, with Linux 6.5.13-6-pve", false),
        (
            "Advanced options for Proxmox VE>Proxmox VE, with Linux 6.8.12-4-pve", [:],
            "Proxmox VE, with Linux 6.8.12-4-pve", false
        ),
        ("1>2", [:], "Proxmox VE, with Linux 6.5.13-6-pve", false),
        ("1", [:], "Proxmox VE, with Linux 6.8.12-4-pve", false),
        ("1>3", [:], "Proxmox VE, with Linux 6.5.13-6-pve (recovery mode)", false),
        ("2", [:], "My own", false),
        ("${saved_entry}", [:], "Proxmox VE", false),
        ("${saved_entry}", ["saved_entry": "1>2"], "Proxmox VE, with Linux 6.5.13-6-pve", false),
        ("0", ["next_entry": "1>2"], "Proxmox VE, with Linux 6.5.13-6-pve", false),
        ("0", ["saved_entry": "1>2", "next_entry": ""], "Proxmox VE", false),
        ("gnulinux-advanced-1>gnulinux-6.2.16-3-pve-advanced-1", [:], "Proxmox VE", true),
        ("9", [:], "Proxmox VE", true),
    ])
    func grubChooses(standard: String, environment: [String: String], title: String, isMissing: Bool) throws {
        let choice = BootChoice(try Self.facts(standard, environment))
        #expect(choice.entry?.title == title)
        #expect((choice.missing != nil) == isMissing)
    }

    private static func plan(_ facts: NodeFacts) throws -> NodePlan {
        Planner.plan(node: try Fixtures.node(), facts: facts, settings: try Fixtures.guide("01:00"))
    }

    @Test func aPinnedKernelIsToldAndPlannedOn() throws {
        let plan = try Self.plan(try Self.facts("gnulinux-advanced-1>gnulinux-\(Self.old)-advanced-1"))
        #expect(plan.verdict == .change, "\(plan.reasons.map(\.message))")
        #expect(plan.codes.isSuperset(of: ["kernel-pinned", "other-kernel-next"]))
    }

    @Test func anEntryThatGetsNoArgumentsBlocks() throws {
        for choice in ["2", "3", "1>1", "My own"] {
            #expect(try Self.plan(try Self.facts(choice)).blockers == ["boot-entry-not-generated"], "\(choice)")
        }
    }

    @Test func aKernelWithoutInitramfsBlocks() throws {
        var facts = try Self.facts("1>2")
        facts.initramfs = facts.initramfs.map { $0.filter { $0.kernel == Self.new } }
        #expect(try Self.plan(facts).blockers == ["kernel-without-initramfs"])
    }

    @Test func aChoiceForOneBootIsWarnedOf() throws {
        let plan = try Self.plan(try Self.facts("0", ["next_entry": "1>2"]))
        #expect(plan.reasons.contains { $0.code.rawValue == "boot-chosen-once" && $0.severity == .warning })
    }

    @Test func aMissingEntryIsWarnedOf() throws {
        #expect(try Self.plan(try Self.facts("gone")).codes.contains("boot-entry-missing"))
        #expect(try Self.plan(try Self.facts("0")).codes.isDisjoint(with: ["boot-entry-missing", "kernel-pinned"]))
    }

    @Test func memoryTestsAndOwnEntriesAreNotStale() throws {
        var facts = try Self.facts("0")
        facts.boot.entries = facts.boot.entries.map { all in
            all.map { entry in
                var entry = entry
                if !entry.isGenerated { entry.arguments = "" }
                return entry
            }
        }
        #expect(facts.boot.normalEntries?.count == 3)
        #expect(try !Self.plan(facts).codes.contains("boot-configuration-stale"))
    }

    // MARK: Under proxmox-boot-tool

    private static func managed(_ files: [String: String], _ report: LoaderReport = .init()) throws -> NodeFacts {
        var facts = try Fixtures.facts("intel-z390-rtx2070") {
            $0.loader = .systemdBoot
            $0.files = files
        }
        facts.boot.kernels = .known([new, "6.8.12-15-pve", old])
        facts.boot.report = .known(report)
        return facts
    }

    @Test func withoutAMountedPartitionTheFilesTell() throws {
        #expect(BootChoice(try Self.managed([:])).release == "6.8.12-15-pve")
        let pin = ["/etc/kernel/proxmox-boot-pin": Self.old + "\n"]
        #expect(BootChoice(try Self.managed(pin)).cause == .pinned("/etc/kernel/proxmox-boot-pin"))
        #expect(BootChoice(try Self.managed(pin)).release == Self.old)
        let next = pin.merging(["/etc/kernel/next-boot-pin": Self.new]) { $1 }
        #expect(BootChoice(try Self.managed(next)).cause == .once("/etc/kernel/next-boot-pin"))
        #expect(BootChoice(try Self.managed(next)).release == Self.new)
        let report = LoaderReport(standardEntry: "proxmox-6.5.13-6-pve.conf")
        #expect(BootChoice(try Self.managed([:], report)).release == Self.old)
    }
}
