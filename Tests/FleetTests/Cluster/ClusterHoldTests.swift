import Fleet
import Testing

@Suite("What a node's cluster needs around its reboot")
struct ClusterHoldTests {
    private func look(_ availability: HAStanding? = nil, _ osds: [CephStanding.OSD] = [], stop: String? = nil)
        -> ClusterLook
    {
        ClusterLook(
            host: "pve1", availability: availability,
            ceph: osds.isEmpty ? nil : CephStanding(osds: osds, stopRefusal: stop))
    }

    @Test func whereNothingIsInUseNothingIsSet() {
        #expect(ClusterHold(look()) == nil)
        #expect(ClusterHold(look(HAStanding(mode: nil, isInUse: false))) == nil)
        #expect(ClusterHold.flaw(withoutHold: look()) == nil)
        #expect(ClusterHold.flaw(withoutHold: look(HAStanding()))?.code == "cluster-changed-meanwhile")
    }

    @Test func whatWasSetBeforeStays() throws {
        let on = try #require(ClusterHold(look(HAStanding(mode: "maintenance", isMaintenanceAsked: true))))
        #expect(on.maintenance == .kept)
        // Asked for a moment ago, and the node has not heard of it yet.
        #expect(ClusterHold(look(HAStanding(isMaintenanceAsked: true)))?.maintenance == .kept)
        let osds = [CephStanding.OSD(id: 3, hasNoout: true), .init(id: 4), .init(id: 5, isUp: false)]
        let flags = try #require(ClusterHold(look(nil, osds)))
        #expect(flags.maintenance == .none && flags.noout == [4, 5] && flags.upOSDs == [3, 4])
        #expect(flags.nooutCommand(isOn: true) == "ceph osd set-group noout osd.4 osd.5")
        // 3 had it before: that it has it still is no flaw.
        #expect(flags.flaw(whenReleased: look(nil, osds)) == nil)
        let left = [CephStanding.OSD(id: 3), .init(id: 4, hasNoout: true), .init(id: 5)]
        #expect(flags.flaw(whenReleased: look(nil, left))?.code == "ceph-noout-left-on")
    }

    /// High availability is in use elsewhere in the cluster: it could give this node a service meanwhile.
    @Test func anIdleNodeIsPutIntoMaintenanceToo() {
        #expect(ClusterHold(look(HAStanding()))?.maintenance == .set)
    }

    @Test func onlyAnEmptyNodeInMaintenanceIsReady() throws {
        let hold = try #require(ClusterHold(look(HAStanding(activeServices: ["vm:100"]))))
        #expect(hold.services == ["vm:100"])
        #expect(hold.flaw(whileHeld: look(HAStanding()))?.code == "ha-maintenance-not-reached")
        // Reads "maintenance" at once, long before the services have left.
        let busy = HAStanding(mode: "maintenance", isMaintenanceAsked: true, activeServices: ["vm:100"])
        #expect(hold.flaw(whileHeld: look(busy))?.code == "ha-services-stay")
        #expect(hold.flaw(whileHeld: look())?.code == "ha-unknown")
        let empty = HAStanding(mode: "maintenance", isMaintenanceAsked: true)
        #expect(hold.flaw(whileHeld: look(empty)) == nil)
        #expect(hold.flaw(whenReleased: look(empty))?.code == "ha-maintenance-left-on")
        #expect(hold.flaw(whenReleased: look(HAStanding(isMaintenanceAsked: true)))?.code == "ha-maintenance-left-on")
        #expect(hold.flaw(whenReleased: look(HAStanding())) == nil)
        #expect(hold.flaw(whenHome: look(HAStanding()))?.code == "ha-services-not-back")
        #expect(hold.flaw(whenHome: look(HAStanding(activeServices: ["vm:100"]))) == nil)
    }

    @Test func cephMustBearItAndKeepItsData() throws {
        let osds = [CephStanding.OSD(id: 0), .init(id: 1)]
        let refusal = ClusterHold.refusal(look(nil, osds, stop: "5 PGs would become offline"), pinned: [])
        #expect(refusal?.code == "ceph-not-ok-to-stop" && refusal?.message.contains("osd.0, osd.1") == true)
        let hold = try #require(ClusterHold(look(nil, osds)))
        #expect(hold.flaw(whileHeld: look(nil, osds))?.code == "ceph-noout-not-set")
        let flagged = osds.map { CephStanding.OSD(id: $0.id, hasNoout: true) }
        #expect(hold.flaw(whileHeld: look(nil, flagged)) == nil)
        #expect(hold.flaw(whileHeld: look(nil, flagged, stop: "no"))?.code == "ceph-not-ok-to-stop")
        #expect(hold.flaw(whileHeld: look())?.code == "ceph-unknown")
        let half = [CephStanding.OSD(id: 0), .init(id: 1, isUp: false)]
        #expect(hold.flaw(ofOSDs: look(nil, half))?.message.hasPrefix("osd.1 of pve1") == true)
    }

    /// Also where there are no OSDs, so that nothing has to be set.
    @Test func monitorsAndMetadataServersMustBeSpared() throws {
        func look(_ osds: [CephStanding.OSD], mon: String?, mds: String?) -> ClusterLook {
            ClusterLook(
                host: "pve1",
                ceph: CephStanding(
                    osds: osds, monitors: .init(["pve1"], stopRefusal: mon),
                    metadataServers: .init(["pve1", "b"], stopRefusal: mds)))
        }
        #expect(ClusterHold(look([], mon: nil, mds: nil)) == nil)
        #expect(ClusterHold.flaw(withoutHold: look([], mon: nil, mds: nil)) == nil)
        for osds in [[], [CephStanding.OSD(id: 0, hasNoout: true)]] {
            let (mon, mds) = (look(osds, mon: "no quorum", mds: "x"), look(osds, mon: nil, mds: "no standby"))
            #expect(ClusterHold.refusal(mon, pinned: [])?.code == "ceph-mon-not-ok-to-stop")
            #expect(ClusterHold.refusal(mds, pinned: [])?.code == "ceph-mds-not-ok-to-stop")
            #expect(ClusterHold.refusal(mds, pinned: [])?.message.contains("mds.pve1, mds.b: no standby") == true)
            let hold = ClusterHold(mon)
            let last = hold.map { $0.flaw(whileHeld: mon) } ?? ClusterHold.flaw(withoutHold: mon)
            #expect((hold == nil) == osds.isEmpty && last?.code == "ceph-mon-not-ok-to-stop")
        }
        let hold = try #require(ClusterHold(look([.init(id: 0, hasNoout: true)], mon: nil, mds: nil)))
        #expect(hold.flaw(whileHeld: look([], mon: nil, mds: nil))?.code == "ceph-unknown")
    }

    @Test func aServiceBoundToTheNodeIsRefused() {
        let seen = look(HAStanding(activeServices: ["ct:101", "vm:100"]))
        let refusal = ClusterHold.refusal(seen, pinned: ["vm:100", "vm:200"])
        #expect(refusal?.code == "ha-service-pinned")
        #expect(refusal?.advice?.contains("ha-manager set vm:100 --state ignored") == true)
        #expect(ClusterHold.refusal(seen, pinned: ["vm:200"]) == nil)
    }
}
