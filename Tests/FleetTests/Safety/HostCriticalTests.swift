import Testing

@testable import Fleet

@Suite struct HostCriticalTests {
    @Test func aUseRestsOnEveryBridgeAboveItsFunction() throws {
        let facts = try Topology.facts(
            [
                Topology.function("00:1c.0", "060400", bus: true),
                Topology.function("02:00.0", "060400", behind: "00:1c.0", bus: true),
                Topology.function("03:00.0", behind: "02:00.0"),
                Topology.function("00:1f.6"),
            ], uses: [Topology.use(.defaultRoute, on: "03:00.0", ["vmbr0", "eno1"])])
        let critical = HostCritical(facts)
        #expect(critical.uses.first?.chain.map(\.short) == ["03:00.0", "02:00.0", "00:1c.0"])
        for address in ["03:00.0", "02:00.0", "00:1c.0"] {
            #expect(critical.vital(try Fixtures.address(address)).map(\.purpose) == [.defaultRoute])
        }
        #expect(critical.uses(of: try Fixtures.address("00:1f.6")).isEmpty)
    }

    @Test func aDiskBehindVMDMakesTheControllerVital() throws {
        let facts = try Topology.facts(
            [
                Topology.function("00:0e.0", "010400", driver: "vmd"),
                Topology.function("10000:e0:06.0", "060400", behind: "00:0e.0", bus: true),
                Topology.function("10000:e1:00.0", "010802", behind: "10000:e0:06.0", driver: "nvme"),
            ], uses: [Topology.use(.rootFileSystem, on: "10000:e1:00.0", ["/", "nvme0n1"])])
        let critical = HostCritical(facts)
        #expect(critical.vital(try Fixtures.address("00:0e.0")).map(\.purpose) == [.rootFileSystem])
        let plan = try Topology.plan(facts, Topology.device("00:0e"))
        let reason = try #require(plan.reason(.deviceUsedByHost))
        #expect(reason.message.contains("the root file system (/ → nvme0n1 → 10000:e1:00.0)"), "\(reason.message)")
    }

    @Test func aVirtualFunctionRestsOnItsPhysicalOne() throws {
        let facts = try Topology.facts(
            [
                Topology.function("00:01.0", "060400", bus: true), Topology.function("00:02.0", "060400", bus: true),
                Topology.function("01:00.0", behind: "00:01.0", driver: "igb"),
                Topology.function("02:10.0", behind: "00:02.0", virtualOf: "01:00.0"),
            ], uses: [Topology.use(.corosync, on: "02:10.0", ["eth5"])])
        let critical = HostCritical(facts)
        #expect(critical.uses.first?.chain.map(\.short) == ["02:10.0", "00:02.0", "01:00.0", "00:01.0"])
    }

    @Test func theConsoleIsTheManagementControllersWhereThereIsOne() throws {
        func consoles(_ functions: PCIFunction...) throws -> [String] {
            HostCritical(try Topology.facts(functions)).uses.filter { $0.use.purpose == .console }
                .map(\.use.function.short)
        }
        let card = try Topology.function("01:00.0", "030000", id: "10de:1f02", driver: "nouveau", bootVGA: true)
        let other = try Topology.function("02:00.0", "030000", id: "10de:1f02", driver: "nouveau", bootVGA: false)
        let aspeed = try Topology.function("05:00.0", "030000", id: "1a03:2000", driver: "ast", bootVGA: false)
        #expect(try consoles(card, other) == ["01:00.0"])
        #expect(try consoles(card, aspeed) == ["05:00.0"])
        var taken = card
        taken.driver = "vfio-pci"
        #expect(try consoles(taken, other).isEmpty, "its screen is dark already")
        var untold = card
        untold.bootVGA = nil
        #expect(try consoles(untold).isEmpty)
    }

    @Test func theOnlyConsoleIsNotTakenWithAnotherDevice() throws {
        let facts = try Topology.facts([
            Topology.function("00:01.0", "060400", group: 1, bus: true),
            Topology.function("01:00.0", "030000", id: "10de:1f02", group: 1, behind: "00:01.0", bootVGA: true),
            Topology.function("02:00.0", "030000", id: "10de:2204", group: 1, behind: "00:01.0", bootVGA: false),
        ])
        let sibling = try Topology.plan(facts, Topology.device("02:00", accepting: ["01:00.0"]))
        #expect(sibling.reason(.groupHoldsHostFunction)?.message.contains("its only console") == true)
        // Who names it by its slot means it.
        let meant = try Topology.plan(facts, Topology.device("01:00", accepting: ["02:00.0"]))
        #expect(meant.verdict == .change && meant.codes.contains("console-lost"), "\(meant.blockers)")
    }

    @Test func keyboardsWarnAndDoNotBlock() throws {
        let facts = try Topology.facts(
            [Topology.function("00:14.0", "0c0330", group: 3, driver: "xhci_hcd")],
            uses: [Topology.use(.keyboard, on: "00:14.0", ["USB Keyboard", "1-4"])])
        let plan = try Topology.plan(facts, Topology.device("00:14"))
        #expect(plan.verdict == .change, "\(plan.blockers)")
        let reason = try #require(plan.reason(.hostDeviceLost))
        #expect(reason.severity == .warning && reason.message.contains("a keyboard (USB Keyboard → 1-4)"))
        #expect(HostCritical(facts).vital(try Fixtures.address("00:14.0")).isEmpty)
    }

    @Test func whatIsNotKnownIsSaid() throws {
        var facts = try Topology.facts([Topology.function("01:00.0", group: 1)])
        #expect(HostCritical(facts).unknown == nil)
        facts.untracedUses = [UntracedUse(purpose: .defaultRoute, detail: "it goes over wg0.")]
        let plan = try Topology.plan(facts, Topology.device("01:00"))
        #expect(plan.verdict == .change && plan.reason(.hostUseUntraced)?.severity == .warning)
        facts.hostUses = .unknown(Unknown(.unreadable, "no mounts"))
        #expect(HostCritical(facts).unknown?.detail == "no mounts")
        #expect(try Topology.plan(facts, Topology.device("01:00")).blockers == ["facts-incomplete"])
    }

    @Test func aLoopOfBridgesEnds() throws {
        let facts = try Topology.facts(
            [
                Topology.function("01:00.0", "060400", behind: "02:00.0"),
                Topology.function("02:00.0", "060400", behind: "01:00.0"),
            ], uses: [Topology.use(.swap, on: "01:00.0")])
        #expect(HostCritical(facts).uses.first?.chain.map(\.short) == ["01:00.0", "02:00.0"])
    }
}
