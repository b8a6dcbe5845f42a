import Fleet
import TestSupport
import Testing

@Suite struct NameSetTests {
    @Test(arguments: [
        ("pve1", ["pve1"]),
        ("pve[01-03]", ["pve01", "pve02", "pve03"]),
        ("pve[08-10,12]", ["pve08", "pve09", "pve10", "pve12"]),
        ("pve[9-11]", ["pve9", "pve10", "pve11"]),
        ("r[1-2]n[a-b].x", ["r1na.x", "r1nb.x", "r2na.x", "r2nb.x"]),
        ("a,b[1,3]", ["a", "b1", "b3"]),
        ("n[098-101]", ["n098", "n099", "n100", "n101"]),
    ])
    func expands(_ text: String, _ names: [String]) throws {
        #expect(try NameSet.expand(text) == names)
    }

    @Test(arguments: [
        ("", 1), ("a,", 3), ("pve[1-3", 4), ("pve1]", 5), ("pve[]", 5), ("pve[3-1]", 5), ("pve[1-2-3]", 5),
        ("pve[1,x-3]", 7), ("pve[001-10]", 5), ("[1-99999]", 2), ("[1-1000][1-1000]", 9),
        ("[1-99999999999999999999]", 2),
    ])
    func refusesWithTheColumn(_ text: String, _ column: Int) {
        let error = #expect(throws: FleetError.self) { try NameSet.expand(text) }
        #expect(error?.code == "name-set-syntax")
        if text != "[1-1000][1-1000]", text != "[1-99999]" { #expect(error?.location?.column == column) }
    }

    @Test(arguments: [
        (["pve10", "pve08", "pve09"], "pve[08-10]"),
        (["pve1", "pve2", "pve3", "pve10"], "pve[1-3,10]"),
        (["pve01", "pve1"], "pve[01,1]"),
        (["web", "pve01.lab2", "pve02.lab2"], "pve[01-02].lab2,web"),
        (["r1n1", "r1n2", "r2n1"], "r1n[1-2],r2n1"),
        (["n1"], "n1"),
        ([], ""),
    ])
    func folds(_ names: [String], _ text: String) {
        #expect(NameSet.fold(names.compactMap { NodeName($0) }) == text)
    }

    /// Folding loses nothing and adds nothing, whatever the names.
    @Test(arguments: 0..<200)
    func expandingAFoldGivesTheSetBack(_ seed: Int) throws {
        var random = SeededNumbers(seed: UInt64(seed))
        let names = Set((0..<Int.random(in: 1...60, using: &random)).compactMap { _ in Self.name(&random) })
        let folded = NameSet.fold(names)
        let expanded = try NameSet.expand(folded)
        #expect(Set(expanded) == Set(names.map(\.description)), "\(folded)")
        #expect(expanded.count == names.count, "\(folded)")
    }

    private static func name(_ random: inout SeededNumbers) -> NodeName? {
        let parts = ["pve", "n", "-", ".", "_", "0", "00", "1", "7", "9", "10", "099", "100", "99999999999999999999"]
        let count = Int.random(in: 1...4, using: &random)
        return NodeName("a" + (0..<count).map { _ in parts.randomElement(using: &random) ?? "" }.joined())
    }
}
