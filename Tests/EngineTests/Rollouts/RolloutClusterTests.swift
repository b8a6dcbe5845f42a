import Engine
import Fleet
import Store
import Testing

/// What is set in the cluster for a reboot is put back, whatever happens to the node and to the controller.
@Suite("Driving nodes of a cluster")
struct DrivingNodesOfAClusterTests {
    /// A second is a millisecond here.
    private static let settings = RolloutSettings(
        canaries: 1, batch: .count(1), pauseSeconds: 0, returnWithinSeconds: 6000, confirmWithinSeconds: 6000)
    private static let state = SimulatedClusterState(
        availability: HAStanding(activeServices: ["ct:300", "vm:301"]),
        ceph: CephStanding(osds: [.init(id: 0), .init(id: 1, hasNoout: true), .init(id: 2)]))

    private func fleet(
        _ state: SimulatedClusterState = state, _ faults: Set<SimulatedNode.Fault> = [], patience: Int = 6000
    ) async throws -> SimulatedRollout {
        var settings = Self.settings
        settings.returnWithinSeconds = patience
        let fleet = try await SimulatedRollout(1, faults: [1: faults], settings: settings)
        try await fleet.node(1).setCluster(state)
        return fleet
    }

    private func expectAsBefore(_ fleet: SimulatedRollout, _ comment: Comment) async throws {
        let cluster = try await fleet.node(1).cluster
        #expect(cluster.availability == Self.state.availability, comment)
        #expect(cluster.flags == [1], comment)
        #expect(try await fleet.node(1).lock == nil, comment)
    }

    @Test func itIsToldBeforeAndAfter() async throws {
        let fleet = try await fleet()
        let rollout = try await fleet.driver().drive(fleet.id)
        #expect(rollout.phase == .ended(.completed))
        #expect(
            try await fleet.node(1).cluster.log == ["maintenance", "noout 0 2", "no maintenance", "no noout 0 2"])
        try await expectAsBefore(fleet, "whole")
    }

    @Test(arguments: [[], [SimulatedNode.Fault.rebuildFails], [.bootLies]])
    func afterADeathAtAnyEvent(faults: [SimulatedNode.Fault]) async throws {
        let whole = try await fleet(Self.state, Set(faults))
        _ = try await whole.driver().drive(whole.id)
        let events = try await whole.store.journal(of: whole.id).count
        for number in 1...events {
            for moment in DyingJournal.Moment.allCases {
                let fleet = try await fleet(Self.state, Set(faults))
                do {
                    _ = try await fleet.driver(DyingJournal(fleet.store, atEvent: number, moment)).drive(fleet.id)
                } catch { #expect(error.code == "killed") }
                let rollout = try await fleet.driver().drive(fleet.id)
                let comment: Comment = "\(faults), killed at \(number), \(moment)"
                #expect(rollout.nodes[0].state.result?.isGood == faults.isEmpty, comment)
                try await expectAsBefore(fleet, comment)
                #expect(try await fleet.node(1).reboots == (faults == [.rebuildFails] ? 0 : 1), comment)
            }
        }
    }

    /// A node that has put itself back answers before its cluster does.
    @Test func aClusterThatIsNotThereYetIsWaitedFor() async throws {
        var state = Self.state
        state.refusals = 3
        let fleet = try await fleet(state, [.bootLies])
        let rollout = try await fleet.driver().drive(fleet.id)
        guard case .reverted = rollout.nodes[0].state.result else {
            Issue.record("it is \(rollout.nodes[0].state)")
            return
        }
        try await expectAsBefore(fleet, "after 3 refusals")
    }

    /// What HA keeps is named, and Ceph is as before all the same.
    @Test func oneThatRefusesKeepsNoOtherSet() async throws {
        var state = Self.state
        state.keepsMaintenance = true
        let fleet = try await fleet(state, patience: 200)
        let rollout = try await fleet.driver().drive(fleet.id)
        let problem = rollout.nodes[0].state.result?.problem
        #expect(problem?.error.code == "ha-maintenance-left-on", "\(String(describing: problem))")
        #expect(problem?.error.message.contains("HA maintenance may still be on") == true)
        #expect(try await fleet.node(1).cluster.flags == [1])
    }

    @Test func aModeThatWasOnStaysOn() async throws {
        var state = Self.state
        state.availability = HAStanding(mode: "maintenance", isMaintenanceAsked: true)
        let fleet = try await fleet(state)
        let rollout = try await fleet.driver().drive(fleet.id)
        #expect(rollout.phase == .ended(.completed))
        #expect(try await fleet.node(1).cluster.log == ["noout 0 2", "no noout 0 2"])
        #expect(try await fleet.node(1).cluster.availability?.mode == "maintenance")
    }

    /// None of them leads to a reboot, and each leaves the node and its cluster as they were.
    @Test(arguments: [
        "ha-service-pinned", "ha-services-stay", "ceph-not-ok-to-stop", "ceph-mon-not-ok-to-stop",
        "ceph-mds-not-ok-to-stop", "ceph-noout-not-set",
    ])
    func whatForbidsIt(code: FleetError.Code) async throws {
        var state = Self.state
        switch code {
        // The guest that the plan gives a device.
        case "ha-service-pinned": state.availability?.activeServices.append("vm:100")
        case "ha-services-stay": state.movesNothing = true
        case "ceph-not-ok-to-stop": state.ceph?.stopRefusal = "9 PGs would become offline"
        case "ceph-mon-not-ok-to-stop": state.ceph?.monitors = .init(["pve1"], stopRefusal: "not enough monitors")
        case "ceph-mds-not-ok-to-stop": state.ceph?.metadataServers = .init(["pve1"], stopRefusal: "no standby")
        default: state.nooutLies = true
        }
        let fleet = try await fleet(state, patience: 100)
        let rollout = try await fleet.driver().drive(fleet.id)
        let problem = rollout.nodes[0].state.result?.problem
        #expect(problem?.error.code == code)
        #expect(try await fleet.node(1).reboots == 0)
        #expect(try await fleet.node(1).files[SimulatedNode.path] == Array("# by hand\n".utf8))
        let cluster = try await fleet.node(1).cluster
        #expect(cluster.availability == state.availability && cluster.flags == [1])
        let isBefore = code == "ha-service-pinned" || code.rawValue.hasSuffix("not-ok-to-stop")
        #expect(cluster.log.isEmpty == isBefore, "\(cluster.log)")
    }

    /// Another monitor fails while the node is changed: this one can't be spared any more.
    @Test func aMonitorThatIsNeededMeanwhileKeepsTheNodeUp() async throws {
        for osds in [[], [CephStanding.OSD(id: 0)]] {
            var state = SimulatedClusterState()
            state.ceph = CephStanding(osds: osds, monitors: .init(["pve1"]))
            let fleet = try await fleet(state)
            let node = try fleet.node(1)
            let journal = MeddlingJournal(fleet.store, after: "write") { await node.needMonitor() }
            let rollout = try await fleet.driver(journal).drive(fleet.id)
            #expect(rollout.nodes[0].state.result?.problem?.error.code == "ceph-mon-not-ok-to-stop")
            #expect(await node.reboots == 0)
            #expect(await node.cluster.flags.isEmpty)
        }
    }

    @Test func whatComesMeanwhileKeepsTheNodeUp() async throws {
        let fleet = try await fleet(SimulatedClusterState())
        let node = try fleet.node(1)
        let busy = SimulatedClusterState(availability: HAStanding(activeServices: ["vm:300"]))
        let journal = MeddlingJournal(fleet.store, after: "write") { await node.setCluster(busy) }
        let rollout = try await fleet.driver(journal).drive(fleet.id)
        #expect(rollout.nodes[0].state.result?.problem?.error.code == "cluster-changed-meanwhile")
        #expect(try await fleet.node(1).reboots == 0)
    }
}

extension SimulatedNode {
    fileprivate func needMonitor() { cluster.ceph?.monitors.stopRefusal = "not enough monitors would be available" }
}
