import Documents
import Fleet
import Testing

@Suite struct MachineDocumentTests {
    @Test func readsEveryDocumentedKey() throws {
        let text = """
            machine: box
            stands_for: [a, b]
            source: "somewhere"
            complete: true
            cpu: {vendor: "GenuineIntel", model: "i5"}
            kernel: {release: "6.8.0", cmdline: "quiet iommu=pt"}
            firmware: {mode: uefi}
            board: "B"
            iommu: on
            pci:
              - {at: "10000:e1:00.0", class: "010802", id: "144d:a80a", subsystem: "144d:a801", rev: 0a, group: 3, driver: "nvme", modules: ["nvme"], name: "SSD"}
              - {at: 0000:00:1f.6, class: 020000, id: 8086:15bc}
            relations:
              - {kind: boot_vga, at: "0000:00:1f.6"}
              - {kind: bridge, at: "0000:00:01.0", secondary_bus: "10000:e1"}
              - {kind: physfn, at: "0000:02:10.0", physfn: "0000:02:00.0"}
              - {kind: nic, at: "0000:00:1f.6", name: "eno1"}
              - {kind: disk, at: "10000:e1:00.0", name: "nvme0n1"}
              - {kind: moonbeam, at: "0000:00:00.0"}
            notes: "seen"
            """
        let machine = try MachineDocument.parse(text, file: "box.yaml")
        let nic = try #require(PCIAddress("00:1f.6"))
        let disk = try #require(PCIAddress("10000:e1:00.0"))
        let bridge = try #require(PCIAddress("00:01.0"))
        let virtual = try #require(PCIAddress("02:10.0"))
        let physical = try #require(PCIAddress("02:00.0"))
        #expect(
            machine
                == MachineDescription(
                    name: "box", standsFor: ["a", "b"], source: "somewhere", isComplete: true,
                    cpuVendor: "GenuineIntel", cpuModel: "i5", kernelRelease: "6.8.0",
                    kernelCommandLine: "quiet iommu=pt", firmware: .uefi, board: "B", iommu: .on,
                    functions: [
                        .init(
                            address: disk, class: try #require(PCIClass("010802")),
                            id: try #require(PCIID("144d:a80a")),
                            subsystem: PCIID("144d:a801"), revision: 0x0a, group: 3, driver: "nvme",
                            modules: ["nvme"], name: "SSD"),
                        .init(
                            address: nic, class: try #require(PCIClass("020000")), id: try #require(PCIID("8086:15bc"))),
                    ],
                    relations: [
                        .bootVGA(nic), .bridge(bridge, secondaryBus: "10000:e1"),
                        .virtualFunction(virtual, of: physical), .nic(nic, name: "eno1"), .disk(disk, name: "nvme0n1"),
                    ], notes: "seen"))
    }

    @Test func whatTheSourceLacksMayBeLeftOut() throws {
        let machine = try MachineDocument.parse("machine: bare\n", file: "bare.yaml")
        #expect(machine == MachineDescription(name: "bare"))
    }

    /// A program that writes descriptions leaves keys with nothing behind them, and drivers are called what they like.
    @Test func nothingBehindAKeyIsNoValue() throws {
        let text = """
            machine: gaps
            stands_for: ~
            cpu: {vendor: null, model: ""}
            firmware: {}
            board: ""
            iommu: null
            pci:
              - {at: "0000:02:00.0", class: "048000", id: "1131:7146", subsystem: null, rev: ~, group: null, driver: "budget dvb", modules: null, name: ""}
            relations:
            notes:
            """
        let function = MachineDescription.Function(
            address: try #require(PCIAddress("02:00.0")), class: try #require(PCIClass("048000")),
            id: try #require(PCIID("1131:7146")), driver: "budget_dvb")
        #expect(
            try MachineDocument.parse(text, file: "gaps.yaml")
                == MachineDescription(name: "gaps", functions: [function]))
        for required in ["machine: ~", "machine: x\npci: [{at: null, class: '060000', id: '8086:1901'}]"] {
            #expect(throws: InvalidDocument.self) { try MachineDocument.parse(required, file: "m.yaml") }
        }
    }

    struct Wrong: Sendable, CustomTestStringConvertible {
        var text: String
        var code: FleetError.Code
        var line: Int?
        var column: Int?
        var testDescription: String { text }
    }

    @Test(arguments: [
        Wrong(text: "", code: "machine-empty"),
        Wrong(text: "[1", code: "machine-syntax"),
        Wrong(text: "- a\n", code: "machine-wrong-type", line: 1, column: 1),
        Wrong(text: "complete: true", code: "machine-missing-key", line: 1, column: 1),
        Wrong(text: "machine: x\ncomplete: perhaps", code: "machine-invalid-value", line: 2, column: 11),
        Wrong(text: "machine: x\niomu: on", code: "machine-unknown-key", line: 2, column: 1),
        Wrong(text: "machine: x\niommu: of", code: "machine-invalid-value", line: 2, column: 8),
        Wrong(text: "machine: x\nmachine: y", code: "machine-duplicate-key"),
        Wrong(
            text: "machine: x\npci: [{at: '00:20.0', class: '060000', id: '8086:1901'}]", code: "machine-invalid-value",
            line: 2, column: 12),
        Wrong(
            text: "machine: x\npci: [{at: '00:00.0', class: '060000'}]", code: "machine-missing-key", line: 2, column: 7
        ),
        Wrong(
            text: "machine: x\nrelations: [{kind: bridge, at: '00:00.0'}]", code: "machine-missing-key", line: 2,
            column: 13),
    ])
    func refusesWithThePlace(_ wrong: Wrong) throws {
        let failure = #expect(throws: InvalidDocument.self) {
            try MachineDocument.parse(wrong.text, file: "m.yaml")
        }
        let error = try #require(failure?.errors.first)
        #expect(error.code == wrong.code)
        #expect(error.location?.file == "m.yaml")
        if let line = wrong.line { #expect(error.location?.line == line) }
        if let column = wrong.column { #expect(error.location?.column == column) }
    }

    @Test func tellsAllErrorsInTheOrderOfTheText() {
        let text = "machine: x\ncomplete: 1\npci:\n  - {at: x, class: y, id: z}\n"
        let failure = #expect(throws: InvalidDocument.self) { try MachineDocument.parse(text, file: "m") }
        #expect(failure?.errors.map(\.location?.line) == [2, 4, 4, 4])
    }
}
