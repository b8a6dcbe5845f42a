import Fleet
import TestSupport
import Testing

@Suite struct SelectorTests {
    static let inventory = Inventory(nodes: [
        node("pve01", ["gpu"], ["site": "fra1", "rack": "a"], "prod"),
        node("pve02", ["gpu", "old"], ["site": "fra2"], "prod"),
        node("pve03", ["old"], ["site": "ams1"], "test"),
        node("web-1", [], [:], nil),
    ])

    private static func node(_ name: String, _ groups: Set<String>, _ labels: [String: String], _ cluster: String?)
        -> Node
    {
        guard let name = NodeName(name) else { preconditionFailure("not a name: \(name)") }
        return Node(
            name: name, connection: .init(address: name.description), labels: labels, groups: groups, cluster: cluster)
    }

    @Test(arguments: [
        ("all", "pve[01-03],web-1"),
        ("*", "pve[01-03],web-1"),
        ("pve01", "pve01"),
        ("pve*", "pve[01-03]"),
        ("?ve0[1,3]", "pve01,pve03"),
        ("pve[01-02]", "pve[01-02]"),
        ("pve[01-02]*", "pve[01-02]"),
        ("gpu", "pve[01-02]"),
        ("group:gpu", "pve[01-02]"),
        ("label:site=fra*", "pve[01-02]"),
        ("label:site=ams1", "pve03"),
        ("label:rack", "pve01"),
        ("cluster:prod", "pve[01-02]"),
        ("cluster:*", "pve[01-03]"),
        ("gpu&old", "pve02"),
        ("gpu,old", "pve[01-03]"),
        ("!gpu", "pve03,web-1"),
        ("!!gpu", "pve[01-02]"),
        ("gpu,!pve02", "pve01"),
        ("!pve02,gpu", "pve01"),
        ("all,&gpu,!old", "pve01"),
        ("gpu&!old", "pve01"),
        ("(gpu,web-1)&!(old)", "pve01,web-1"),
        (" gpu , web-1 & all ", "pve[01-02],web-1"),
        ("!gpu&!old", "web-1"),
        ("web-1,!gpu&old", "pve03,web-1"),
    ])
    func selects(_ text: String, _ expected: String) throws {
        let selection = try Selector(parsing: text).select(from: Self.inventory)
        #expect(Set(selection.nodes.map(\.name.description)) == Set(try NameSet.expand(expected)))
        #expect(selection.unmatched.isEmpty)
    }

    @Test(arguments: [
        ("", 1, "selector-syntax"), ("a,", 3, "selector-syntax"), ("a&", 3, "selector-syntax"),
        ("!", 2, "selector-syntax"), ("(a", 3, "selector-syntax"), ("a)", 2, "selector-syntax"),
        ("a b", 3, "selector-syntax"), ("a!b", 2, "selector-syntax"), ("pve[3-1]", 5, "selector-syntax"),
        ("ok,pve[1", 7, "selector-syntax"), ("a/b", 2, "selector-syntax"), ("label:", 7, "selector-syntax"),
        ("label:=x", 7, "selector-syntax"), ("a,lable:x=y", 3, "selector-unknown-kind"),
        ("ünder", 1, "selector-syntax"),
    ])
    func refusesWithTheColumn(_ text: String, _ column: Int, _ code: String) {
        let error = #expect(throws: FleetError.self) { try Selector(parsing: text) }
        #expect(error?.code.rawValue == code)
        #expect(error?.location?.column == column)
    }

    @Test func aMistypedKindNamesTheNearest() {
        let error = #expect(throws: FleetError.self) { try Selector(parsing: "clutser:x") }
        #expect(error?.advice?.contains("“cluster:”") == true)
    }

    @Test(arguments: [
        ("pve01,pve4", 7, "pve"), ("pve[03-05]", 1, "pve"), ("cluster:prdo", 1, "“prod”"), ("label:sit=x", 1, "“site”"),
        ("label:site=frx1", 1, "“fra1”"), ("gpuu", 1, "“gpu”"), ("zzz*", 1, "pve01"),
    ])
    func saysWhatFitsNothing(_ text: String, _ column: Int, _ hint: String) throws {
        let selection = try Selector(parsing: text).select(from: Self.inventory)
        let error = try #require(selection.unmatched.first)
        #expect(error.code == "selector-no-match")
        #expect(error.location?.column == column)
        #expect(error.advice?.contains(hint) == true, "\(error)")
    }

    @Test func aRangeNamesOnlyWhatIsMissing() throws {
        let selection = try Selector(parsing: "pve[02-05]").select(from: Self.inventory)
        #expect(selection.nodes.map(\.name.description) == ["pve02", "pve03"])
        #expect(selection.unmatched.first?.message.contains("pve[04-05]") == true)
    }

    /// Any text is either read or refused; none traps.
    @Test(arguments: 0..<300)
    func anyTextIsReadOrRefused(_ seed: Int) {
        var random = SeededNumbers(seed: UInt64(seed))
        let pieces = Array("ab1[]-,&!()*? :=._é\u{0}").map(String.init) + ["label:", "cluster:", "[1-3]", "gpu"]
        let text = (0..<Int.random(in: 0...40, using: &random))
            .map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
        do {
            _ = try Selector(parsing: text).select(from: Self.inventory)
        } catch {
            #expect((error.location?.column ?? 0) >= 1)
            #expect((error.location?.column ?? 0) <= text.count + 1)
        }
    }

    @Test func depthIsBounded() {
        let deep = String(repeating: "(", count: 100_000)
        #expect(throws: FleetError.self) { try Selector(parsing: deep) }
        #expect(throws: FleetError.self) { try Selector(parsing: String(repeating: "!", count: 100_000)) }
    }
}
