import Fleet
import Testing

extension Trait where Self == ConditionTrait {
    /// Shows the tests as skipped, with the reason, where VM nodes can't run.
    static var vmNodes: Self { .enabled(if: VMImage.obstacle == nil, "\(VMImage.obstacle ?? "")") }
}

/// What the probe reports from real kernels, against what QEMU was told to build.
@Suite("Detection on VM nodes", .vmNodes, .timeLimit(.minutes(40)))
struct DetectionTests {
    @Test("the answer is whole", arguments: VMNode.IOMMU.allCases)
    func wholeAnswer(_ iommu: VMNode.IOMMU) async throws {
        let facts = try await Walk.of(iommu).facts(.before)
        #expect(facts.diagnoses.isEmpty)
        #expect(facts.hostName == .known("pve-vm"))
        #expect(facts.proxmox.version == .known(nil))
    }

    @Test("functions, ids, drivers and candidate modules", arguments: VMNode.IOMMU.allCases)
    func functions(_ iommu: VMNode.IOMMU) async throws {
        #expect(try await Walk.of(iommu).facts(.before).outline == Truth.functions(iommu))
    }

    @Test("the CPU's vendor", arguments: [(VMNode.IOMMU.intel, CPU.Vendor.intel), (.amd, .amd)])
    func cpu(_ iommu: VMNode.IOMMU, _ vendor: CPU.Vendor) async throws {
        #expect(try await Walk.of(iommu).facts(.before).cpu.value?.vendor == vendor)
    }

    @Test("the IOMMU is off before", arguments: VMNode.IOMMU.allCases)
    func iommuBefore(_ iommu: VMNode.IOMMU) async throws {
        let facts = try await Walk.of(iommu).facts(.before)
        #expect(facts.iommu.isOn == .known(false))
        #expect(facts.iommu.units == .known([]))
        #expect(facts.iommu.groupCount == .known(0))
        #expect(facts.groups.isEmpty)
    }

    @Test("boot loader, firmware and GRUB's settings", arguments: VMNode.IOMMU.allCases)
    func boot(_ iommu: VMNode.IOMMU) async throws {
        let facts = try await Walk.of(iommu).facts(.before)
        #expect(facts.boot.loader == .known(.grub))
        #expect(facts.firmware == .known(.bios))
        #expect(facts.boot.proxmoxBootToolESPs == .known([]))
        let settings = try #require(facts.boot.grub.value ?? nil)
        #expect(
            settings.commandLine
                == "console=ttyS0,115200 norandmaps vmnode.note=\"two words\" mitigations=off no_timer_check")
        #expect(settings.defaultCommandLine == "quiet     intel_iommu=off amd_iommu=off loglevel=4")
    }

    @Test("boot entries as update-grub writes them", arguments: VMNode.IOMMU.allCases)
    func entries(_ iommu: VMNode.IOMMU) async throws {
        let facts = try await Walk.of(iommu).facts(.before)
        let release = try #require(facts.kernelRelease.value)
        let entries = try #require(facts.boot.entries.value)
        #expect(entries.map(\.isRecovery) == [false, false, true])
        for entry in entries {
            #expect(entry.file == "/boot/grub/grub.cfg")
            #expect(entry.kernel == "/boot/vmlinuz-\(release)")
            #expect(entry.release == release)
            #expect(entry.initrds == ["/boot/initrd.img-\(release)"])
            #expect(entry.arguments.contains("intel_iommu=off") != entry.isRecovery)
        }
    }

    @Test("what is inside the initramfs", arguments: VMNode.IOMMU.allCases)
    func initramfs(_ iommu: VMNode.IOMMU) async throws {
        let facts = try await Walk.of(iommu).facts(.before)
        let image = try #require(facts.initramfs.value?.first)
        #expect(facts.initramfs.value?.count == 1)
        #expect(image.kernel == facts.kernelRelease.value)
        #expect(image.modules.value?.contains("bochs") == true)
        #expect(image.modules.value?.contains("virtio_pci") == true)
        #expect(image.modules.value?.contains("vfio_pci") == false)
        #expect(image.modules.value?.contains("snd_hda_intel") == false)
        #expect(image.newerInputs == .known([]))
    }

    @Test("what the host itself needs", arguments: VMNode.IOMMU.allCases)
    func hostUses(_ iommu: VMNode.IOMMU) async throws {
        let uses = try await Walk.of(iommu).facts(.before).uses
        #expect(uses.contains("root-file-system \(Truth.disk)"))
        #expect(uses.contains("default-route \(Truth.networkCard)"))
        #expect(uses.contains("management \(Truth.networkCard)"))
        #expect(uses.allSatisfy { $0.hasSuffix(Truth.disk) || $0.hasSuffix(Truth.networkCard) })
    }
}
