import Documents
import Fleet
import Foundation
import Testing

/// The files that come with the project are what their readers believe they are.
@Suite struct ShippedFilesTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    @Test func theGuidesPlaybookSaysWhatTheGuideSays() throws {
        let playbook = try PlaybookDocument.load("\(Self.root)/playbooks/gpu-passthrough.yaml")
        let slot = try #require(PCISlot("01:00"))
        let vm = try #require(VMID(number: 100))
        #expect(
            playbook.settings
                == NodeSettings(
                    devices: [.init(name: "gpu", match: .slot(slot))],
                    kernel: .init(intel: ["intel_iommu=on", "iommu=pt"], amd: ["amd_iommu=on", "iommu=pt"]),
                    modules: ["vfio", "vfio_iommu_type1", "vfio_pci"], blacklist: ["nouveau", "nvidia"],
                    vfio: .init(disableVGA: true, softdep: .auto), files: .guide,
                    guests: [
                        .init(
                            vm: vm, options: ["bios": "ovmf", "machine": "q35", "cpu": "host,hidden=1"],
                            devices: [.init(device: "gpu", firstFunctionOptions: ["pcie=1", "x-vga=1"])])
                    ]))
        #expect(playbook.rollout == RolloutSettings())
    }

    @Test(arguments: ["amd-gpu", "compliance-only", "gpu-passthrough"])
    func everyPlaybookIsValidAndNamedAsItsFile(_ name: String) throws {
        let playbook = try PlaybookDocument.load("\(Self.root)/playbooks/\(name).yaml")
        #expect(playbook.name == name)
        #expect(playbook.settings.complianceOnly == (name == "compliance-only"))
    }

    @Test func theExampleInventoryIsValid() throws {
        let reading = try InventoryDocument.load("\(Self.root)/inventory/example.yaml")
        #expect(NameSet.fold(reading.inventory.nodes.map(\.name)) == "edge-ams,pve[01-04],storage-1")
        #expect(reading.warnings.isEmpty)
    }
}
