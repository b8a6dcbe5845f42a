import TestSupport
import Testing

@testable import Fleet

@Suite struct GuestConfigurationTests {
    private static let recorded = """
        #GPU box
        boot:  
        hostpci0: 03:00.0,pcie=1
        hostpci1: 03:00.1
        machine: q35
        memory:1024\r
        name: snapme
        garbage
        name: last wins

        [PENDING]
        delete: hostpci1,!vga
        hostpci0: 02:00.0,pcie=1,x-vga=1

        [special:cloudinit]
        name: hidden

        [snap1]
        #before gpu
        hostpci0: 02:00.0,pcie=1
        memory: 1
        """

    @Test func readsSectionsAsProxmoxDoes() {
        let guest = GuestConfiguration(Self.recorded)
        #expect(guest.current.options["hostpci0"] == "03:00.0,pcie=1")
        #expect(guest.current.options["memory"] == "1024")
        #expect(guest.current.options["boot"]?.isEmpty == true)
        #expect(guest.current.options["name"] == "last wins")
        #expect(guest.pending?.deletions == ["hostpci1", "vga"])
        #expect(guest.effective["hostpci0"] == "02:00.0,pcie=1,x-vga=1" && guest.effective["hostpci1"] == nil)
        #expect(guest.snapshots.keys.sorted() == ["snap1"])
        #expect(guest.snapshots["snap1"]?.options["memory"] == "1")
    }

    @Test(arguments: [
        ("cpu", "host,hidden=on", "host,hidden=1", true),
        ("cpu", "cputype=host,hidden=1,flags=+aes", "host,hidden=1", true),
        ("cpu", "host", "host,hidden=1", false), ("cpu", "x86-64-v2-AES", "host", false), ("cpu", nil, "host", false),
        ("machine", "pc-q35-9.2+pve1", "q35", true), ("machine", "q35,viommu=intel", "q35", true),
        ("machine", nil, "q35", false), ("machine", nil, "pc", true), ("machine", "q35", "pc-q35-9.2", false),
        ("bios", nil, "seabios", true), ("bios", nil, "ovmf", false), ("balloon", "0", "0", true),
        ("agent", "enabled=1,fstrim_cloned_disks=0", "enabled=yes,fstrim_cloned_disks=off", true),
    ])
    func comparesMeanings(key: String, existing: String?, wanted: String, same: Bool) {
        #expect(GuestOptions.fulfils(key, existing, wanted) == same)
    }
}

@Suite struct GuestPlanTests {
    private func entries(_ configuration: String, _ change: (inout NodeSettings) -> Void = { _ in }) throws -> [String]
    {
        try plan(configuration, change).guests.flatMap(\.options).filter { $0.key.hasPrefix("hostpci") }
            .map { "\($0.key): \($0.after ?? "-")" }
    }

    private func plan(_ configuration: String, _ change: (inout NodeSettings) -> Void = { _ in }) throws -> NodePlan {
        let facts = try Fixtures.facts("intel-z390-rtx2070") { $0.guests = [100: configuration] }
        var settings = try Fixtures.guide("01:00")
        change(&settings)
        return Planner.plan(node: try Fixtures.node(), facts: facts, settings: settings)
    }

    private static let others = ["hostpci1: 01:00.1", "hostpci2: 01:00.2", "hostpci3: 01:00.3"]

    @Test(arguments: [
        ("", ["hostpci0: 01:00.0,pcie=1,x-vga=1"] + others),
        ("hostpci0: 01:00,pcie=on,x-vga=yes\n", []),
        ("hostpci0: 0000:01:00.0,x-vga=1,pcie=1,rombar=0\nhostpci3: 01:00.1\nhostpci4: 01:00.2;01:00.3\n", []),
        ("hostpci0: 0000:01:00.0,rombar=0\n", ["hostpci0: 0000:01:00.0,rombar=0,pcie=1,x-vga=1"] + others),
        (
            "hostpci0: 02:00.0,pcie=1\n",
            ["hostpci1: 01:00.0,pcie=1,x-vga=1", "hostpci2: 01:00.1", "hostpci3: 01:00.2", "hostpci4: 01:00.3"]
        ),
        ("hostpci5: 01:00\n", ["hostpci0: 01:00.0,pcie=1,x-vga=1"] + others + ["hostpci5: -"]),
        (
            "hostpci0: mapping=gpu0\n",
            ["hostpci1: 01:00.0,pcie=1,x-vga=1", "hostpci2: 01:00.1", "hostpci3: 01:00.2", "hostpci4: 01:00.3"]
        ),
    ])
    func changesAsLittleAsItTakes(existing: String, expected: [String]) throws {
        #expect(try entries("machine: q35\n" + existing) == expected)
    }

    @Test func allFunctionsAreOneEntry() throws {
        #expect(
            try entries("") { $0.guests[0].devices[0].layout = .allFunctions } == ["hostpci0: 01:00,pcie=1,x-vga=1"])
    }

    @Test func whatCouldNotStartIsBlocked() throws {
        #expect(try plan("", { $0.guests[0].options["machine"] = nil }).blockers == ["guest-needs-q35"])
        #expect(try plan("lock: backup\n").blockers == ["guest-locked"])
        #expect(try plan("hostpci0: 01:00.0;02:00.0\n").blockers == ["guest-entry-overlaps"])
        let full = (0..<16).map { "hostpci\($0): mapping=m\($0)\n" }.joined()
        #expect(try plan(full).blockers == ["guest-entries-full"])
    }

    @Test func anotherGuestThatRunsWithItBlocks() throws {
        var facts = try Fixtures.facts("intel-z390-rtx2070") { $0.guests[104] = "hostpci0: 01:00,pcie=1\n" }
        let settings = try Fixtures.guide("01:00")
        let stopped = Planner.plan(node: try Fixtures.node(), facts: facts, settings: settings)
        #expect(stopped.verdict == .change && stopped.codes.contains("device-held-by-other-guest"))
        facts.guests = facts.guests.map { all in
            all.map { guest in
                var guest = guest
                if guest.id.number == 104 { guest.state = .known(.running) }
                return guest
            }
        }
        let running = Planner.plan(node: try Fixtures.node(), facts: facts, settings: settings)
        #expect(running.blockers == ["device-held-by-running-guest"])
    }

    @Test func aGuestElsewhereIsLeftOut() throws {
        let facts = try Fixtures.facts("intel-z390-rtx2070") { $0.guests = [:] }
        let plan = Planner.plan(node: try Fixtures.node(), facts: facts, settings: try Fixtures.guide("01:00"))
        #expect(plan.verdict == .change && plan.guests.isEmpty && plan.codes.contains("guest-absent"))
    }
}
