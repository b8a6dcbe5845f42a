import Fleet
import Testing

@testable import Commands
@testable import Forms

@Suite struct TableTests {
    private static func terminal(width: Int?) -> Terminal {
        Terminal { width.map { .init(columns: $0, rows: 24) } }
    }

    private static var table: Table {
        var table = Table([.init("NODE"), .init("MODEL", flexible: true), .init("FN", right: true)])
        table.add(["pve1", "NVIDIA TU106 [GeForce RTX 2070]", "4"])
        table.add(["pve12", "AMD", "12"])
        return table
    }

    @Test func aPipeGetsWholeCells() {
        #expect(
            Self.table.render(for: Self.terminal(width: nil)) == """
                NODE   MODEL                            FN
                pve1   NVIDIA TU106 [GeForce RTX 2070]   4
                pve12  AMD                              12

                """)
    }

    @Test(arguments: [24, 30, 40]) func aNarrowTerminalShortensTheFlexibleColumn(width: Int) {
        let lines = Self.table.render(for: Self.terminal(width: width)).split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines.allSatisfy { $0.count <= width })
        #expect(lines[1].contains("…") && lines[1].hasSuffix(" 4"))
    }

    /// Where not even shortened cells fit, what can be done without goes, the last first.
    @Test(arguments: [(80, 2), (34, 2), (33, 1), (23, 0), (5, 0)])
    func aNarrowerOneLosesColumns(width: Int, left: Int) {
        var table = Table([
            .init("NODE"), .init("STATE"), .init("BOOT BEFORE", flexible: true, dispensable: true),
            .init("BOOT AFTER", flexible: true, dispensable: true),
        ])
        table.add(["pve1", "verified", "a9394759-129f-45b1", "e92505b2-1140-4abb"])
        let lines = table.render(for: Self.terminal(width: width)).split(separator: "\n")
        #expect(lines.allSatisfy { $0.contains("BOOT") || $0.contains("a939") } == (left > 0), "\(lines)")
        #expect(lines[1].contains("e92505b") == (left > 1) && lines[1].contains("verified"), "\(lines)")
        if width > 20 { #expect(lines.allSatisfy { $0.count <= width }, "\(lines)") }
    }

    @Test func colourIsOnlyForTerminals() {
        var colored = Self.terminal(width: 80)
        colored.usesColor = true
        #expect(colored.styled("ok", .good) == "\u{1B}[32mok\u{1B}[0m")
        #expect(Self.terminal(width: nil).styled("ok", .good) == "ok")
    }

    @Test func databasePathFollowsTheOptionThenTheEnvironment() {
        let path = CommonOptions.databasePath
        #expect(path("a.db", ["VFIOFLEET_DB": "b.db"]) == "a.db")
        #expect(path(nil, ["VFIOFLEET_DB": "b.db", "HOME": "/h"]) == "b.db")
        #expect(path(nil, ["XDG_STATE_HOME": "/s", "HOME": "/h"]) == "/s/vfiofleet/fleet.db")
        #expect(path(nil, ["VFIOFLEET_DB": "", "HOME": "/h"]) == "/h/.local/state/vfiofleet/fleet.db")
    }

    @Test(arguments: [
        ("plain", "plain"), ("a,b", "\"a,b\""), ("say \"x\"", "\"say \"\"x\"\"\""), ("=1+1", "'=1+1"), ("-", "-"),
    ])
    func csvFieldsAreQuoted(text: String, field: String) {
        #expect(CSV.field(text) == field)
    }
}
