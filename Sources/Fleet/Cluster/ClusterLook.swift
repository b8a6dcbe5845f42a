/// What a node told at one look of its place in the cluster, as far as a reboot of it concerns others.
public struct ClusterLook: Hashable, Sendable {
    /// Proxmox' name of the node: its host name up to the first dot.
    public var host: String
    /// Nil = the node is no Proxmox VE node.
    public var availability: HAStanding?
    /// Nil = nothing of Ceph is on the node that a reboot would stop.
    public var ceph: CephStanding?

    public init(host: String, availability: HAStanding? = nil, ceph: CephStanding? = nil) {
        self.host = host
        self.availability = availability
        self.ceph = ceph
    }
}

/// High availability as it concerns one node (`/cluster/ha/status/manager_status`).
public struct HAStanding: Hashable, Sendable {
    /// The mode that the node's local resource manager told last: `active`, `maintenance`, `restart`, `shutdown`; nil = it
    /// never told any.
    public var mode: String?
    /// The cluster's manager was asked to have the node in maintenance, or has it there.
    public var isMaintenanceAsked: Bool
    /// Services that the manager counts as active on the node, sorted: `vm:100`. Not those that are stopped, frozen or in
    /// error, as its own counting does it.
    public var activeServices: [String]
    /// The manager has services to look after, on this node or another one.
    public var isInUse: Bool

    public init(
        mode: String? = "active", isMaintenanceAsked: Bool = false, activeServices: [String] = [], isInUse: Bool = true
    ) {
        self.mode = mode
        self.isMaintenanceAsked = isMaintenanceAsked
        self.activeServices = activeServices
        self.isInUse = isInUse
    }

    public var isInMaintenance: Bool { mode == "maintenance" }
}

/// What of Ceph runs on a node, and what Ceph says of stopping it.
public struct CephStanding: Hashable, Sendable {
    public struct OSD: Hashable, Sendable {
        public var id: Int
        public var isUp: Bool
        /// The flag of this OSD alone, not the cluster's.
        public var hasNoout: Bool

        public init(id: Int, isUp: Bool = true, hasNoout: Bool = false) {
            self.id = id
            self.isUp = isUp
            self.hasNoout = hasNoout
        }
    }

    /// Daemons of one kind beside the OSDs.
    public struct Daemons: Hashable, Sendable {
        /// Their names, as Ceph has them: `pve1`.
        public var names: [String]
        /// Why they may not be stopped, in Ceph's words; nil = they may.
        public var stopRefusal: String?

        public init(_ names: [String] = [], stopRefusal: String? = nil) {
            self.names = names
            self.stopRefusal = stopRefusal
        }
    }

    public var osds: [OSD]
    /// Why the OSDs may not be stopped, in Ceph's words; nil = they may (`ceph osd ok-to-stop`).
    public var stopRefusal: String?
    /// `ceph mon ok-to-stop`: whether the others would still be a quorum.
    public var monitors: Daemons
    /// `ceph mds ok-to-stop`: whether a standby could take the place of each that is active.
    public var metadataServers: Daemons

    public init(
        osds: [OSD], stopRefusal: String? = nil, monitors: Daemons = .init(), metadataServers: Daemons = .init()
    ) {
        self.osds = osds
        self.stopRefusal = stopRefusal
        self.monitors = monitors
        self.metadataServers = metadataServers
    }
}
