/// What is set in the cluster while one of its nodes is away, and has to be put back: in the journal before it is set.
public struct ClusterHold: Hashable, Sendable, Codable {
    public enum Maintenance: String, Hashable, Sendable, Codable {
        /// High availability looks after nothing here.
        case none
        /// It was off, and is set for the reboot.
        case set
        /// It was on before, and stays on.
        case kept
    }

    /// The node's name in the cluster.
    public var host: String
    public var maintenance: Maintenance
    /// Services that leave the node for its maintenance and come back afterwards, sorted: `vm:100`.
    public var services: [String]
    /// OSDs for which `noout` is set; those that had it are not among them.
    public var noout: [Int]
    /// The node's OSDs that were up.
    public var upOSDs: [Int]
    /// It may have been set: the order was about to be given.
    public internal(set) var isBegun = false
    /// A fresh look showed that nothing of it is set any more.
    public internal(set) var isReleased = false
    /// A fresh look showed its services back and its OSDs up.
    public internal(set) var isHome = false

    public init(
        host: String, maintenance: Maintenance = .none, services: [String] = [], noout: [Int] = [], upOSDs: [Int] = []
    ) {
        self.host = host
        self.maintenance = maintenance
        self.services = services
        self.noout = noout
        self.upOSDs = upOSDs
    }

    /// What a reboot needs after this look; nil = nothing.
    public init?(_ look: ClusterLook) {
        let availability = look.availability
        let isOn = availability.map { $0.isInMaintenance || $0.isMaintenanceAsked } ?? false
        let osds = look.ceph?.osds ?? []
        guard isOn || availability?.isInUse == true || !osds.isEmpty else { return nil }
        self.init(
            host: look.host, maintenance: isOn ? .kept : availability?.isInUse == true ? .set : .none,
            services: isOn ? [] : availability?.activeServices ?? [],
            noout: osds.filter { !$0.hasNoout }.map(\.id), upOSDs: osds.filter(\.isUp).map(\.id))
    }

    /// What an earlier try may have set is this one's to put back, whatever a look shows now.
    func adding(_ seen: ClusterHold) -> ClusterHold {
        var all = seen
        if isBegun, !isReleased {
            if maintenance == .set { all.maintenance = .set }
            all.noout = Set(noout + seen.noout).sorted()
            all.isBegun = true
        }
        if isBegun, !isHome {
            all.services = Set(services + seen.services).sorted()
            all.upOSDs = Set(upOSDs + seen.upOSDs).sorted()
        }
        return all
    }

    /// Something of it may be set and nobody has seen it gone.
    public var isOpen: Bool { isBegun && !isReleased }
    /// Somebody went away for it and has not been seen back.
    public var isAwaited: Bool { isBegun && !isHome && !(services.isEmpty && upOSDs.isEmpty) }

    /// Nobody has to be waited for.
    var isSettled: Bool { !isBegun || (isReleased && !isAwaited) }

    /// What is not known to be as before, and what to type; nil = everything is.
    public var remains: String? {
        var sentences: [String] = []
        if isOpen, maintenance == .set {
            sentences.append("HA maintenance may still be on: \(maintenanceCommand(isOn: false)).")
        }
        if isOpen, !noout.isEmpty { sentences.append("noout may still be set: \(nooutCommand(isOn: false)).") }
        if isAwaited, !services.isEmpty {
            sentences.append("Not seen back on \(host): \(services.joined(separator: ", ")) (ha-manager status).")
        }
        return sentences.isEmpty ? nil : sentences.joined(separator: " ")
    }

    /// The command that does it by hand.
    public func maintenanceCommand(isOn: Bool) -> String {
        "ha-manager crm-command node-maintenance \(isOn ? "enable" : "disable") \(host)"
    }

    public func nooutCommand(isOn: Bool) -> String {
        "ceph osd \(isOn ? "" : "un")set-group noout " + noout.map { "osd.\($0)" }.joined(separator: " ")
    }
}

extension [Int] {
    /// `osd.0, osd.3`
    var osdNames: String { map { "osd.\($0)" }.joined(separator: ", ") }
}
