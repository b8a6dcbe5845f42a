import TestSupport
import Testing

@testable import Fleet

@Suite struct AdoptionTests {
    private static func facts(_ files: [String: String], grub: String? = nil) throws -> NodeFacts {
        var facts = try Fixtures.facts(FindingTests.machine) {
            $0.files = files
            $0.grub = grub
        }
        facts.iommu.interruptRemapping = .known(true)
        return facts
    }

    private static func cleaned(_ path: String, _ text: String) throws -> String? {
        let adoption = Adoption(
            try facts([path: text]), NodeSettings(adopt: AdoptionSettings(usual: .clean)), [])
        return adoption.files.observed(path).value?.text
    }

    @Test(arguments: [
        ("options vfio-pci ids=junk,10de:1f02 disable_vga=1\n", "options vfio-pci ids=10de:1f02 disable_vga=1\n"),
        ("options vfio-pci ids=10de:1f02,10de:1b80\n# end\n", "options vfio-pci ids=10de:1f02\n# end\n"),
        ("options vfio-pci disable_vga=1 ids=10de:1b80\n", "options vfio-pci disable_vga=1\n"),
        ("# old\noptions vfio-pci ids=10de:1b80,junk\nx\n", "# old\nx\n"),
        ("options vfio-pci ids=10de:1b80,\\\n10de:1f02\n", "options vfio-pci ids=10de:1f02\n"),
        ("options vfio-pci \\\n  ids=10de:1b80\nx", "x"),
        ("options vfio-pci ids=\"10de:1b80,10de:1f02\"\n", "options vfio-pci ids=10de:1f02\n"),
        ("options vfio-pci ids=10de:1f02\noptions vfio-pci ids=10de:1f02\n", "options vfio-pci ids=10de:1f02\n"),
        ("blacklist amdgpu\nblacklist radeon # no\nblacklist nouveau", "blacklist nouveau"),
        ("blacklist nouveau\nblacklist nouveau\n", "blacklist nouveau\n"),
        ("options vfio_iommu_type1 allow_unsafe_interrupts=1\n", ""),
        (
            "options vfio_iommu_type1 dma_entry_limit=9 allow_unsafe_interrupts=1\n",
            "options vfio_iommu_type1 dma_entry_limit=9\n"
        ),
        ("# nothing to clean\noptions kvm ignore_msrs=1\n", "# nothing to clean\noptions kvm ignore_msrs=1\n"),
    ])
    func onlyTheFindingGoes(before: String, after: String) throws {
        let wanted = try Self.facts(["/etc/modprobe.d/x.conf": before])
        let functions = (wanted.functions.value ?? []).filter { $0.id.description == "10de:1f02" }
        let adoption = Adoption(wanted, NodeSettings(adopt: AdoptionSettings(usual: .clean)), functions)
        #expect(adoption.files.observed("/etc/modprobe.d/x.conf").value?.text == after)
    }

    @Test func linesOfModuleLists() throws {
        #expect(try Self.cleaned("/etc/modules", "# c\nvfio\n  vfio_virqfd # x\nvfio_pci\n") == "# c\nvfio\nvfio_pci\n")
    }

    @Test func byDefaultNothingIsTouched() throws {
        let facts = try Self.facts(["/etc/modules": "vfio_virqfd\n", "/etc/modprobe.d/a.conf": "blacklist radeon\n"])
        let adoption = Adoption(facts, NodeSettings(), [])
        #expect(adoption.files.changes.isEmpty)
        #expect(adoption.reasons.map(\.severity) == [.warning, .warning])
        let kept = Adoption(
            facts, NodeSettings(adopt: AdoptionSettings(usual: .clean, choices: [.moduleObsolete: .keep])), [])
        #expect(kept.files.changes.map(\.path) == ["/etc/modprobe.d/a.conf"])
        #expect(kept.reasons.map(\.severity) == [.note, .note])
    }

    @Test func theBootConfigurationIsGeneratedAnew() throws {
        let facts = try Self.facts(
            [:], grub: "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet pcie_acs_override=downstream intel_iommu=on iommu=pt\"\n")
        var settings = try Fixtures.guide("01:00")
        settings.adopt.choices[.acsOverride] = .clean
        let plan = Planner.plan(node: try Fixtures.node(), facts: facts, settings: settings)
        #expect(plan.verdict == .change, "\(plan.reasons.map(\.message))")
        #expect(plan.text("/etc/default/grub") == "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet intel_iommu=on iommu=pt\"\n")
        #expect(plan.commands.contains(.updateGrub) && plan.reboot)
    }

    @Test func anArgumentThatIsStillInTheEntriesIsNotDoneWith() throws {
        var facts = try Self.facts([:], grub: "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet intel_iommu=on iommu=pt\"\n")
        let line = "root=/dev/mapper/pve-root ro quiet intel_iommu=on iommu=pt pcie_acs_override=downstream"
        facts.kernelCommandLine = .known("BOOT_IMAGE=/boot/vmlinuz-6.8.12-4-pve \(line)")
        facts.boot.entries = .known([
            BootEntry(
                file: "/boot/grub/grub.cfg", title: "Proxmox VE", kernel: "/boot/vmlinuz-6.8.12-4-pve",
                release: "6.8.12-4-pve", arguments: line, initrds: [], isRecovery: false)
        ])
        var settings = try Fixtures.guide("01:00")
        settings.adopt.usual = .clean
        let plan = Planner.plan(node: try Fixtures.node(), facts: facts, settings: settings)
        #expect(plan.commands.contains(.updateGrub) && plan.reboot)
        #expect(!plan.files.contains { $0.path == "/etc/default/grub" })
    }

    @Test func whatWasCleanedIsPlannedOnNoMore() throws {
        let facts = try Self.facts([
            "/etc/modprobe.d/a.conf": "options vfio-pci ids=10de:1b80\nblacklist radeon\n",
            "/etc/modules": "vfio_virqfd\n",
        ])
        var settings = try Fixtures.guide("01:00")
        settings.adopt.usual = .clean
        let plan = Planner.plan(node: try Fixtures.node(), facts: facts, settings: settings)
        #expect(plan.verdict == .change)
        #expect(plan.text("/etc/modprobe.d/a.conf") == "")
        #expect(plan.text("/etc/modules") == "vfio\nvfio_iommu_type1\nvfio_pci\n")
        #expect(Set(plan.files.map(\.path)).count == plan.files.count, "no file is changed twice")
        let after = Planner.plan(node: try Fixtures.node(), facts: facts.carryingOut(plan), settings: settings)
        #expect(after.verdict == .unchanged, "\(after.reasons.map(\.message))")
    }

    @Test func cleaningTakesEveryFindingAndNothingElse() throws {
        var numbers = SeededNumbers(seed: 7)
        let lines = [
            "options vfio-pci ids=junk,10de:1f02", "options vfio-pci ids=10de:1b80 disable_vga=1", "blacklist radeon",
            "blacklist nouveau", "# a comment", "", "options kvm ignore_msrs=1", "softdep nouveau pre: vfio-pci",
            "options vfio_iommu_type1 allow_unsafe_interrupts=1", "blacklist \\", "  amdgpu", "alias x y",
        ]
        for _ in 0..<300 {
            let text = (0..<Int.random(in: 0...8, using: &numbers)).map { _ in
                (lines.randomElement(using: &numbers) ?? "") + "\n"
            }.joined()
            let path = "/etc/modprobe.d/x.conf"
            let before = try Self.facts([path: text])
            let settings = NodeSettings(adopt: AdoptionSettings(usual: .clean))
            let once = Adoption(before, settings, []).files.observed(path).value?.bytes ?? []
            var after = before
            after.files[path] = .known(FileContent(bytes: once))
            let left = FindingScope(after, settings).findings.filter(\.isCleanable)
            #expect(left.isEmpty, "\(text)→\(String(decoding: once, as: UTF8.self)): \(left.map(\.message))")
            let kept = String(decoding: once, as: UTF8.self)
            for line in ["# a comment", "options kvm ignore_msrs=1", "softdep nouveau pre: vfio-pci", "alias x y"] {
                #expect(kept.occurrences(of: line) == text.occurrences(of: line), "\(text)→\(kept)")
            }
        }
    }
}

extension String {
    fileprivate func occurrences(of text: String) -> Int { split(separator: "\n").count { $0 == text } }
}
