// What a fresh look says of a hold. Each answers nil when it is as it should be.

extension ClusterHold {
    /// Why the node may not be taken away from its cluster, though nothing of it was touched yet.
    /// - Parameter pinned: guests with a device of this node, or that get one: `vm:100`.
    public static func refusal(_ look: ClusterLook, pinned: [String]) -> FleetError? {
        let bound = look.availability?.activeServices.filter(pinned.contains) ?? []
        if !bound.isEmpty { return .pinnedServices(look.host, bound) }
        return look.stopRefusal
    }

    /// Whether the cluster is ready for the node to go.
    public func flaw(whileHeld look: ClusterLook) -> FleetError? {
        if let availability = look.availability, availability.isInUse || maintenance != .none {
            guard maintenance != .none, availability.isInMaintenance else {
                return .notInMaintenance(self, availability)
            }
            guard availability.activeServices.isEmpty else { return .servicesStay(self, availability) }
        } else if maintenance != .none {
            return .haGone(host)
        }
        let osds = look.ceph?.osds ?? []
        if osds.isEmpty, !(upOSDs.isEmpty && noout.isEmpty) { return .osdsGone(host) }
        if let refusal = look.stopRefusal { return refusal }
        let bare = osds.filter { !$0.hasNoout }.map(\.id)
        return bare.isEmpty ? nil : .nooutMissing(host, bare)
    }

    /// Whether OSDs that were up are up again.
    public func flaw(ofOSDs look: ClusterLook) -> FleetError? {
        let up = look.ceph?.osds.filter(\.isUp).map(\.id) ?? []
        let down = upOSDs.filter { !up.contains($0) }
        return down.isEmpty ? nil : .osdsDown(host, down)
    }

    /// Whether nothing that was set here is set any more.
    public func flaw(whenReleased look: ClusterLook) -> FleetError? {
        if maintenance == .set {
            guard let availability = look.availability else { return .haGone(host) }
            if availability.isInMaintenance || availability.isMaintenanceAsked { return .stillInMaintenance(self) }
        }
        guard !noout.isEmpty else { return nil }
        guard let osds = look.ceph?.osds, !osds.isEmpty else { return .osdsGone(host) }
        let left = osds.filter { $0.hasNoout && noout.contains($0.id) }.map(\.id)
        return left.isEmpty ? nil : .nooutLeft(self, left)
    }

    /// Whether everybody is back.
    public func flaw(whenHome look: ClusterLook) -> FleetError? {
        let here = look.availability?.activeServices ?? []
        let away = services.filter { !here.contains($0) }
        if !away.isEmpty { return .servicesAway(host, away) }
        return flaw(ofOSDs: look)
    }
}

extension ClusterLook {
    /// Why what of Ceph is on the node may not be stopped.
    fileprivate var stopRefusal: FleetError? {
        guard let ceph else { return nil }
        let (monitors, servers) = (ceph.monitors, ceph.metadataServers)
        return ceph.stopRefusal.map { .notOKToStop(host, ceph.osds.map(\.id), $0) }
            ?? monitors.stopRefusal.map { .monitorsNeeded(host, monitors.names, $0) }
            ?? servers.stopRefusal.map { .metadataServersNeeded(host, servers.names, $0) }
    }
}

extension [String] {
    /// `mon.pve1, mon.b`
    fileprivate func daemons(_ kind: String) -> String { map { "\(kind).\($0)" }.joined(separator: ", ") }
}

extension ClusterHold {
    /// The refusal of a reboot that nothing was prepared for.
    public static func flaw(withoutHold look: ClusterLook) -> FleetError? {
        guard let hold = ClusterHold(look) else { return look.stopRefusal }
        return FleetError(
            "cluster-changed-meanwhile",
            "\(look.host) is not rebooted: high availability or an OSD came to it after it was looked at first.",
            advice: hold.maintenance == .none
                ? "See `ceph osd tree`, then apply again." : "See `ha-manager status`, then apply again.")
    }
}

extension FleetError {
    fileprivate static func pinnedServices(_ host: String, _ services: [String]) -> FleetError {
        let list = services.joined(separator: ", ")
        let commands = services.map { "ha-manager set \($0) --state ignored" }
        return FleetError(
            "ha-service-pinned",
            "\(list) on \(host): managed by HA, and bound to the node by a passed-through device, so HA can't move it "
                + "away and the node's maintenance would never be reached.",
            advice:
                "Take it out of HA's hands for the reboot (\(commands.joined(separator: "; "))), apply again, and set "
                + "its state back afterwards (--state started).")
    }

    fileprivate static func monitorsNeeded(_ host: String, _ names: [String], _ words: String) -> FleetError {
        FleetError(
            "ceph-mon-not-ok-to-stop",
            "\(host) is not taken away: Ceph's other monitors would be no quorum without \(names.daemons("mon")): \(words)",
            advice:
                "See `ceph mon stat` and `ceph quorum_status`; when enough monitors are in quorum, apply again. One "
                + "monitor alone can never be spared: add others on other nodes first.")
    }

    fileprivate static func metadataServersNeeded(_ host: String, _ names: [String], _ words: String) -> FleetError {
        FleetError(
            "ceph-mds-not-ok-to-stop",
            "\(host) is not taken away: a file system would be without its metadata server \(names.daemons("mds")): \(words)",
            advice: "See `ceph fs status`; when a standby on another node can take over (ceph mds stat), apply again.")
    }

    fileprivate static func notOKToStop(_ host: String, _ osds: [Int], _ words: String) -> FleetError {
        FleetError(
            "ceph-not-ok-to-stop", "\(host) is not taken away: Ceph does not bear that \(osds.osdNames) stop: \(words)",
            advice: "See `ceph -s` and `ceph health detail`; when all data is whole again, apply again.")
    }

    fileprivate static func notInMaintenance(_ hold: ClusterHold, _ seen: HAStanding) -> FleetError {
        FleetError(
            "ha-maintenance-not-reached",
            "\(hold.host) is not in HA maintenance: its local resource manager is in the mode \(seen.mode ?? "unknown").",
            advice: "See `ha-manager status` and `systemctl status pve-ha-lrm pve-ha-crm` there, then apply again.")
    }

    fileprivate static func servicesStay(_ hold: ClusterHold, _ seen: HAStanding) -> FleetError {
        FleetError(
            "ha-services-stay",
            "HA has not moved \(seen.activeServices.joined(separator: ", ")) away from \(hold.host).",
            advice:
                "See `ha-manager status` and the tasks of these guests: no other node may be allowed, or able, to run "
                + "them. Move or stop them by hand, then apply again.")
    }

    fileprivate static func haGone(_ host: String) -> FleetError {
        FleetError(
            "ha-unknown", "\(host) does not tell of high availability any more, and it did before.",
            advice: "Look on the node: pvesh get /cluster/ha/status/manager_status.")
    }

    fileprivate static func osdsGone(_ host: String) -> FleetError {
        FleetError(
            "ceph-unknown", "\(host) does not tell of its OSDs any more, and it did before.",
            advice: "Look on the node: ls /var/lib/ceph/osd; ceph osd tree.")
    }

    fileprivate static func nooutMissing(_ host: String, _ osds: [Int]) -> FleetError {
        FleetError(
            "ceph-noout-not-set",
            "noout is not set for \(osds.osdNames) of \(host), so Ceph would move its data away.",
            advice: "Find out who takes it off (ceph osd dump | grep noout), then apply again.")
    }

    fileprivate static func osdsDown(_ host: String, _ osds: [Int]) -> FleetError {
        FleetError(
            "ceph-osds-not-up", "\(osds.osdNames) of \(host): up before the reboot, and not again.",
            advice: "See `systemctl status ceph-osd@\(osds.first ?? 0)` there and `ceph osd tree`.")
    }

    fileprivate static func stillInMaintenance(_ hold: ClusterHold) -> FleetError {
        FleetError(
            "ha-maintenance-left-on", "\(hold.host) was told to leave HA maintenance and is still in it.",
            advice: "See `ha-manager status`; by hand: \(hold.maintenanceCommand(isOn: false)).")
    }

    fileprivate static func nooutLeft(_ hold: ClusterHold, _ osds: [Int]) -> FleetError {
        FleetError(
            "ceph-noout-left-on", "noout was taken off \(osds.osdNames) of \(hold.host) and is still set.",
            advice: "See `ceph osd dump`; by hand: \(hold.nooutCommand(isOn: false)).")
    }

    fileprivate static func servicesAway(_ host: String, _ services: [String]) -> FleetError {
        FleetError(
            "ha-services-not-back",
            "\(services.joined(separator: ", ")): HA moved it away from \(host) and has not brought it back.",
            advice: "See `ha-manager status`; to move one by hand: ha-manager migrate \(services[0]) \(host).")
    }
}
