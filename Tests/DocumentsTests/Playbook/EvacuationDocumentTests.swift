import Documents
import Fleet
import Testing

@Suite struct EvacuationDocumentTests {
    private static func settings(_ guests: String) throws -> EvacuationSettings? {
        try PlaybookDocument.parse("playbook: p\nrollout:\n  guests: \(guests)\n", file: "p.yaml").rollout.guests
    }

    private func vm(_ number: UInt32) throws -> VMID { try #require(VMID(number: number)) }

    @Test func aWordOrAMapping() throws {
        #expect(try PlaybookDocument.parse("playbook: p\n", file: "p").rollout.guests == nil)
        #expect(try Self.settings("shutdown") == EvacuationSettings(usual: .shutdown))
        let mixed = try #require(
            try Self.settings("{default: shutdown, 105: leave, 104: refuse, timeout: 5m, force-stop: true}"))
        #expect(mixed.choice(for: try vm(100)) == .shutdown)
        #expect(mixed.choice(for: try vm(104)) == .refuse)
        #expect(mixed.choice(for: try vm(105)) == .leave)
        #expect(mixed.timeoutSeconds == 300 && mixed.forceStop)
        #expect(try Self.settings("migrate") == EvacuationSettings(usual: .migrate))
        #expect(try Self.settings("migrate")?.otherwise == .refuse)
        #expect(try Self.settings("{104: shutdown}")?.choice(for: try vm(100)) == .leave)
    }

    @Test(arguments: [
        "leave", "shutdown", "refuse", "{100: shutdown}", "{default: refuse, 999999999: leave, timeout: 90}",
        "{default: shutdown, force-stop: yes}", "migrate", "{default: migrate, otherwise: shutdown, 104: refuse}",
    ])
    func encodedAndReadAgain(text: String) throws {
        let playbook = Playbook(name: "p", rollout: RolloutSettings(guests: try Self.settings(text)))
        #expect(try PlaybookDocument.parse(PlaybookDocument.encode(playbook), file: "p") == playbook)
    }

    @Test(arguments: [
        ("stop", 3, "(leave, shutdown, migrate, refuse)"), ("shutdwn", 3, "Did you mean “shutdown”?"),
        ("{defualt: leave}", 3, "Did you mean “default”?"), ("{99: leave}", 3, "or a number from 100 to 999999999"),
        ("{104: kill}", 3, "leave, shutdown, migrate, refuse"),
        ("{timeout: 0s}", 3, "a duration such as 10s, 5m or 1h"),
        ("{default: migrate, otherwise: migrate}", 3, "(refuse, shutdown, leave)"),
        ("[shutdown]", 3, "mapping of guests' numbers to words"),
    ])
    func mistakesAreTold(text: String, line: Int, words: String) {
        do {
            _ = try Self.settings(text)
            Issue.record("\(text) was accepted")
        } catch let error as InvalidDocument {
            let told = error.errors.map { "\($0.message) \($0.advice ?? "")" }.joined()
            #expect(told.contains(words), "\(told)")
            #expect(error.errors.first?.location?.line == line)
        } catch { Issue.record("\(error)") }
    }

    /// The planner judges by it, whatever overrides a node has.
    @Test func nodesGetIt() throws {
        let playbook = try PlaybookDocument.parse(
            "playbook: p\nrollout: {guests: shutdown}\noverrides: [{nodes: a, files: guide}]\n", file: "p")
        let node = Node(name: try #require(NodeName("a")), connection: .init(address: "192.0.2.1"))
        let targets = try playbook.targets(in: Inventory(nodes: [node])).targets
        #expect(targets.map(\.settings.evacuation) == [EvacuationSettings(usual: .shutdown)])
    }
}
