import Fleet
import Testing

@Suite struct ReportTests {
    private static func function(
        _ address: String, _ code: String, group: Int? = nil, parent: String? = nil, bridge: Bool = false,
        driver: ModuleName? = nil
    ) throws -> PCIFunction {
        PCIFunction(
            address: try #require(PCIAddress(address)), id: PCIID(vendor: 0x10de, device: 1),
            class: try #require(PCIClass(code)), driver: driver, group: group,
            parent: try parent.map { try #require(PCIAddress($0)) }, hasSecondaryBus: bridge)
    }

    private static func desktop() throws -> [PCIFunction] {
        [
            try function("00:01.0", "060400", group: 1, bridge: true),
            try function("00:1f.0", "060100", group: 10),
            try function("01:00.1", "040300", group: 1, parent: "00:01.0", driver: "snd_hda_intel"),
            try function("01:00.0", "030000", group: 1, parent: "00:01.0", driver: "vfio-pci"),
        ]
    }

    @Test func treePutsFunctionsBehindTheirBridge() throws {
        let lines = PCITree.drawing(of: .init(PCITree.forest(of: try Self.desktop())))
        #expect(
            lines.map { $0.prefix + $0.function.address.short } == [
                "├─ 00:01.0", "│  ├─ 01:00.0", "│  └─ 01:00.1", "└─ 00:1f.0",
            ])
    }

    @Test func aLoopOfParentsEnds() throws {
        let loop = [
            try Self.function("01:00.0", "060400", parent: "02:00.0"),
            try Self.function("02:00.0", "060400", parent: "01:00.0"),
            try Self.function("03:00.0", "060400", parent: "03:00.0"),
        ]
        #expect(PCITree.forest(of: loop).map(\.function.address.short) == ["03:00.0"])
    }

    @Test func cardIsAloneWithItsBridge() throws {
        var facts = NodeFacts()
        facts.functions = .known(try Self.desktop())
        let node = try #require(NodeName("pve1"))
        let card = try #require(GPUReport.cards(of: node, facts).first)
        #expect(card.isAlone == true)
        #expect(card.functions.map(\.address.short).sorted() == ["01:00.0", "01:00.1"])
        #expect(!card.isReady)

        facts.functions = .known(try Self.desktop() + [Self.function("00:1f.6", "020000", group: 1)])
        #expect(GPUReport.cards(of: node, facts).first?.isAlone == false)
    }
}
