import Fleet
import Testing

@Suite struct PlaybookTargetsTests {
    static func inventory(_ names: String...) throws -> Inventory {
        Inventory(
            nodes: try names.map {
                Node(name: try #require(NodeName($0)), connection: .init(address: $0), groups: $0 == "a" ? ["gpu"] : [])
            })
    }

    @Test func matchingOverridesAddUp() throws {
        var files = SettingsChanges()
        files.files = .dropIn
        var modules = SettingsChanges()
        modules.modules = []
        let playbook = Playbook(
            name: "p",
            overrides: [.init(nodes: "a,b", changes: files), .init(nodes: "gpu", changes: modules)])
        let targets = try playbook.targets(in: try Self.inventory("a", "b", "c")).targets
        #expect(targets.map(\.settings.files) == [.dropIn, .dropIn, .guide])
        #expect(targets.map(\.settings.modules.isEmpty) == [true, false, false])
    }

    @Test func guestsLiveWhereTheySay() throws {
        let vm = try #require(VMID(number: 100))
        let other = try #require(VMID(number: 200))
        let guests = [GuestRequest(vm: vm, nodes: "a"), GuestRequest(vm: other)]
        let playbook = Playbook(name: "p", settings: .init(guests: guests))
        let targets = try playbook.targets(in: try Self.inventory("a", "b")).targets
        #expect(targets.map { $0.settings.guests.map(\.vm) } == [[vm, other], [other]])
    }

    @Test func theCallerNarrowsAndNeverWidens() throws {
        let playbook = Playbook(name: "p", nodes: "a,b")
        let narrowed = try playbook.targets(
            in: try Self.inventory("a", "b", "c"), narrowedBy: try Selector(parsing: "b,c"))
        #expect(narrowed.targets.map(\.node.name.description) == ["b"])
    }

    @Test func selectorsThatFitNothingAreTold() throws {
        let playbook = Playbook(
            name: "p", nodes: "a,zz", overrides: [.init(nodes: "cluster:x", changes: SettingsChanges())])
        let targets = try playbook.targets(in: try Self.inventory("a"))
        #expect(targets.unmatched.map(\.code) == ["selector-no-match", "selector-no-match"])
        let broken = Playbook(name: "p", nodes: "a,,b")
        let inventory = try Self.inventory("a")
        #expect(throws: FleetError.self) { try broken.targets(in: inventory) }
    }
}
