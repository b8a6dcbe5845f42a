import Documents
import Fleet
import Foundation
import TestSupport
import Testing

@testable import Store

/// Digests of plans are made over these texts: they must be `JSONEncoder`'s own, which the first stored plans have.
@Suite struct CanonicalJSONTests {
    private static func reference(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    private static func expectSame(_ value: some Encodable, _ comment: Comment? = nil) throws {
        #expect(try CanonicalJSON.text(value) == reference(value), comment)
    }

    @Test func plansOfAllMachinesAreTheSameText() throws {
        let machines = try MachineDocument.load(directory: MachineFolder.path)
        #expect(machines.count >= 36)
        let display = DeviceRequest(name: "gpu", match: .kind(.init(category: .display, count: 1)))
        for machine in machines {
            var setup = NodeSetup()
            setup.isTalkative = true
            let facts = NodeFacts(machine, setup)
            for settings in [NodeSettings(devices: [display]), NodeSettings(devices: [display], files: .dropIn)] {
                let plan = Planner.plan(node: "pve1", facts: facts, settings: settings)
                let entry = FleetPlan.Entry(plan: plan, settings: settings, facts: .sha256(Array("x".utf8)))
                try Self.expectSame(entry, "\(machine.name)")
            }
        }
    }

    @Test func everyCharacterIsWrittenTheSame() throws {
        let scalars =
            (0..<0x300).compactMap { Unicode.Scalar($0 as UInt32) } + ["\u{2028}", "\u{2029}", "\u{FEFF}", "🂡"]
        for scalar in scalars { try Self.expectSame(["a\(scalar)b", "\(scalar)"], "U+\(scalar.value)") }
    }

    @Test func keysStandInTheSameOrder() throws {
        let keys = ["b", "B", "a-b", "a_b", "aB", "ab", "", "10", "9", "é", "e", "z", "\n", "ä", "🂡", "\u{FFFD}"]
        try Self.expectSame(Dictionary(uniqueKeysWithValues: keys.enumerated().map { ($1, $0) }))
    }

    @Test func everyKindOfValueIsWrittenTheSame() throws {
        try Self.expectSame(Sample())
        try Self.expectSame([Double.pi, 0.1, -0.0, 1e300, .leastNonzeroMagnitude, 8, 2.5, 1e16, 123_456_789.125])
        try Self.expectSame([Float.pi, 0.1, 8, 2.5])
        try Self.expectSame([UInt64.max, 0, 1])
        try Self.expectSame([Int64.min, -1, .max])
        try Self.expectSame([true, false])
        try Self.expectSame([[Int]](), "nothing at all")
        try Self.expectSame([[], [1], [1, nil, 3]] as [[Int?]])
        try Self.expectSame([1: "one"], "a dictionary with other keys")
        #expect(throws: EncodingError.self) { try CanonicalJSON.text([Double.nan]) }
    }

    @Test func numbersOfBytesAreKept() throws {
        try Self.expectSame(FileChange(path: "/boot/x", before: nil, after: [0xff, 0, 0x0a], mode: 0o755))
    }
}

/// Encodes through every kind of container there is.
private struct Sample: Encodable {
    private enum Key: String, CodingKey { case list, object, parent, other, none, text, byte }

    struct Empty: Encodable {
        func encode(to encoder: any Encoder) throws {}
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        var list = container.nestedUnkeyedContainer(forKey: .list)
        var object = container.nestedContainer(keyedBy: Key.self, forKey: .object)
        try object.encode("first", forKey: .text)
        try list.encode(1)
        var inner = list.nestedContainer(keyedBy: Key.self)
        var numbers = list.nestedUnkeyedContainer()
        try list.encodeNil()
        try numbers.encode(contentsOf: [1, 2, 3])
        try inner.encode(UInt8(200), forKey: .byte)
        try "late".encode(to: list.superEncoder())
        try object.encodeNil(forKey: .none)
        try Empty().encode(to: container.superEncoder(forKey: .parent))
        try container.encode(Empty(), forKey: .other)
        var again = encoder.container(keyedBy: Key.self)
        try again.encode("the same object", forKey: .text)
    }
}
