import TestSupport
import Testing

@testable import Fleet

@Suite struct DeviceClosureTests {
    private func closure(_ addresses: [String], _ functions: [PCIFunction]) throws -> DeviceClosure {
        DeviceClosure(of: try addresses.map(Fixtures.address), try Topology.facts(functions))
    }

    @Test func theGroupGoesByTheSecondaryBusNotByTheClass() throws {
        let closure = try closure(
            ["01:00.0"],
            [
                Topology.function("00:00.0", "060000", group: 1),
                Topology.function("00:01.0", "060400", group: 1, bus: true),
                Topology.function("00:1f.0", "060100", group: 1),
                Topology.function("01:00.0", "030000", group: 1, behind: "00:01.0"),
                Topology.function("01:00.1", "040300", group: 1, behind: "00:01.0"),
                Topology.function("02:00.0", group: 2),
            ])
        #expect(closure.members.map(\.function.address.short) == ["00:00.0", "00:1f.0", "01:00.0", "01:00.1"])
        #expect(closure.members.map(\.cause) == [.group(1), .group(1), .wanted, .group(1)])
        #expect(closure.bridges.map(\.address.short) == ["00:01.0"])
        #expect(closure.leftBehind.isEmpty && !closure.isSplit)
    }

    @Test func switchPortsStayWithTheHost() throws {
        let machine = try Fixtures.machine("intel-z690-vmd-rx6700xt-rx560")
        let facts = NodeFacts(machine)
        let card = try #require(machine.functions.first { $0.name?.contains("6700") == true && $0.class.isDisplay })
        let closure = DeviceClosure(of: [card.address], facts)
        #expect(closure.members.map(\.function.address) == [card.address])
        #expect(closure.leftBehind.count == 1, "its audio function is in a group of its own")
    }

    @Test func whatCantExistWithoutAMemberGoesToo() throws {
        let functions = try [
            Topology.function("00:0e.0", "010400", group: 5, driver: "vmd"),
            Topology.function("10000:e0:06.0", "060400", behind: "00:0e.0", bus: true),
            Topology.function("10000:e1:00.0", "010802", behind: "10000:e0:06.0"),
            Topology.function("01:00.0", group: 6, driver: "igb"),
            Topology.function("01:10.0", group: 7, virtualOf: "01:00.0"),
        ]
        let controller = try closure(["00:0e.0"], functions)
        #expect(controller.others.map(\.function.address.short) == ["10000:e0:06.0", "10000:e1:00.0"])
        #expect(controller.others.allSatisfy { $0.cause == .behind(functions[0].address) })
        let physical = try closure(["01:00.0"], functions)
        #expect(physical.others.map(\.cause) == [.virtualFunction(of: functions[3].address)])
        #expect(try closure(["01:10.0"], functions).others.isEmpty)
    }

    @Test func siblingsAreAcceptedForOneDeviceAndOneID() throws {
        let facts = try Topology.facts([
            Topology.function("01:00.0", "030000", id: "10de:1f02", group: 1),
            Topology.function("02:00.0", "040300", id: "10de:10f9", group: 1, driver: "snd_hda_intel"),
            Topology.function("03:00.0", "030000", id: "10de:2204", group: 1),
        ])
        let none = try Topology.plan(facts, Topology.device("01:00"))
        #expect(none.blockers == ["group-sibling-not-accepted", "group-sibling-not-accepted"])
        let message = try #require(none.reason(.groupSiblingNotAccepted)).message
        #expect(
            message.contains(
                "write under the device “gpu”: accept-siblings: [\"02:00.0 10de:10f9\", \"03:00.0 10de:2204\"]"),
            "\(message)")
        #expect(message.contains("now on snd_hda_intel"))
        let both = ["02:00.0 10de:10f9", "03:00.0"]
        #expect(try Topology.plan(facts, Topology.device("01:00", accepting: both)).verdict == .change)
        let other = try Topology.plan(facts, Topology.device("01:00", accepting: ["02:00.0 10de:0fff", "03:00.0"]))
        #expect(other.reason(.groupSiblingNotAccepted)?.message.contains("accepts 02:00.0 as 10de:0fff") == true)
        // Accepted for one device is not accepted for another.
        let two = try Topology.plan(
            facts, Topology.device("01:00", accepting: both), Topology.device("03:00", named: "second"))
        #expect(two.blockers == ["group-sibling-not-accepted"])
        #expect(two.reason(.groupSiblingNotAccepted)?.message.contains("“second”") == true)
    }

    @Test func whatTheHostNeedsCantBeAccepted() throws {
        let facts = try Topology.facts(
            [
                Topology.function("01:00.0", "030000", id: "10de:1f02", group: 1),
                Topology.function("02:00.0", group: 1, driver: "igb"), Topology.function("03:00.0", "0c0330", group: 1),
            ], uses: [Topology.use(.management, on: "02:00.0", ["192.0.2.10", "vmbr0", "eno1"])])
        let plan = try Topology.plan(facts, Topology.device("01:00", accepting: ["02:00.0", "03:00.0"]))
        #expect(plan.blockers == ["group-holds-host-function"])
        let reason = try #require(plan.reason(.groupHoldsHostFunction))
        #expect(reason.message.contains("the address this login came in on (192.0.2.10 → vmbr0 → eno1)"))
        #expect(reason.evidence.contains { $0.command == "readlink -f /sys/class/net/eno1/device" })
        let without = try Topology.plan(facts, Topology.device("01:00"))
        #expect(without.reason(.groupSiblingNotAccepted)?.message.contains("would not help") == true)
    }

    @Test func physicalAndVirtualFunctionsAreKeptApart() throws {
        let functions = try [
            Topology.function("00:01.0", "060400", group: 1, bus: true),
            Topology.function("01:00.0", group: 1, behind: "00:01.0", driver: "igb"),
            Topology.function("01:10.0", id: "8086:1520", group: 2, behind: "00:01.0", virtualOf: "01:00.0"),
        ]
        let facts = try Topology.facts(functions)
        #expect(try Topology.plan(facts, Topology.device("01:10")).verdict == .change)
        let physical = try Topology.plan(facts, Topology.device("01:00"))
        #expect(physical.blockers == ["virtual-functions-lost"])
        let accepted = try Topology.plan(facts, Topology.device("01:00", accepting: ["01:10.0 8086:1520"]))
        #expect(accepted.verdict == .change && accepted.reason(.virtualFunctionsLost)?.severity == .note)
        let both = try Topology.plan(
            facts, Topology.device("01:00", accepting: ["01:10.0"]), Topology.device("01:10", named: "vf"))
        #expect(both.blockers == ["physical-function-taken"])
    }

    @Test func whatSitsBehindVMDIsNotPassedAlone() throws {
        let facts = try Topology.facts([
            Topology.function("00:0e.0", "010400", id: "8086:467f", group: 5, driver: "vmd"),
            Topology.function("10000:e1:00.0", "010802", id: "144d:a80a", behind: "00:0e.0", driver: "nvme"),
        ])
        #expect(try Topology.plan(facts, Topology.device("10000:e1:00")).blockers == ["device-behind-vmd"])
        let controller = try Topology.plan(facts, Topology.device("00:0e"))
        #expect(controller.verdict == .change)
        #expect(controller.reason(.functionsBehindTaken)?.message.contains("10000:e1:00.0") == true)
    }

    @Test func aCardSharedWithTheHostWarns() throws {
        let facts = try Topology.facts([
            Topology.function("00:01.0", "060400", group: 1, bus: true),
            Topology.function("01:00.0", "030000", id: "10de:1f02", group: 2, behind: "00:01.0"),
            Topology.function(
                "01:00.1", "040300", id: "10de:10f9", group: 3, behind: "00:01.0", driver: "snd_hda_intel"),
        ])
        let half = try Topology.plan(facts, Topology.device("01:00", functions: [0]))
        #expect(half.reason(.companionLeftBehind)?.severity == .warning)
        let whole = try Topology.plan(facts, Topology.device("01:00"))
        #expect(whole.reason(.companionLeftBehind) == nil)
        #expect(whole.reason(.deviceSplitOverGroups)?.message.contains("01:00.0 in 2, 01:00.1 in 3") == true)
    }

    @Test func groupsOfAnOverrideAreNamedAFiction() throws {
        var facts = try Topology.facts(
            [
                Topology.function("00:01.0", "060400", group: 1, bus: true),
                Topology.function("01:00.0", "030000", id: "10de:1f02", group: 2, behind: "00:01.0"),
                Topology.function("02:00.0", group: 3, behind: "00:01.0", driver: "igb"),
            ], uses: [Topology.use(.defaultRoute, on: "02:00.0", ["vmbr0", "eno1"])])
        #expect(try Topology.plan(facts, Topology.device("01:00")).reason(.acsOverrideNearHost) == nil)
        let line = facts.kernelCommandLine.value ?? ""
        facts.kernelCommandLine = .known(line + " pcie_acs_override=downstream,multifunction")
        let reason = try #require(try Topology.plan(facts, Topology.device("01:00")).reason(.acsOverrideNearHost))
        #expect(reason.message.contains("both are below 00:01.0") && reason.message.contains("vmbr0 → eno1"))
    }

    @Test func twoGuestsCantHoldOneGroup() throws {
        let facts = try Topology.facts([
            Topology.function("01:00.0", "030000", id: "10de:1f02", group: 1),
            Topology.function("02:00.0", "030000", id: "10de:2204", group: 1),
        ])
        let guests = try [
            GuestRequest(vm: Fixtures.vm(100), devices: [.init(device: "gpu")]),
            GuestRequest(vm: Fixtures.vm(101), devices: [.init(device: "second")]),
        ]
        let plan = try Topology.plan(
            facts, Topology.device("01:00"), Topology.device("02:00", named: "second"), guests: guests)
        #expect(plan.reason(.groupSharedByGuests)?.message.contains("100 and 101") == true)
    }
}
