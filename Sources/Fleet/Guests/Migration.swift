/// What a node's cluster told of moving guests away from the node, at one look.
public struct MigrationLook: Hashable, Sendable {
    /// Another member that answers.
    public struct Member: Hashable, Sendable {
        /// Proxmox' name of the node.
        public var name: String
        /// In bytes.
        public var freeMemory: Int

        public init(name: String, freeMemory: Int) {
            self.name = name
            self.freeMemory = freeMemory
        }
    }

    /// What Proxmox says of one guest (`GET /nodes/NODE/qemu/VMID/migrate`).
    public struct Guest: Hashable, Sendable {
        public var vm: VMID
        /// Nil = Proxmox named none; older versions do that only for guests that do not run.
        public var allowedNodes: [String]?
        public var refusedNodes: [String]
        /// Volumes on storages that other members do not have.
        public var localDisks: [String]
        /// Options that name something of the node: `hostpci0`.
        public var localResources: [String]

        public init(
            vm: VMID, allowedNodes: [String]? = nil, refusedNodes: [String] = [], localDisks: [String] = [],
            localResources: [String] = []
        ) {
            self.vm = vm
            self.allowedNodes = allowedNodes
            self.refusedNodes = refusedNodes
            self.localDisks = localDisks
            self.localResources = localResources
        }
    }

    public var members: [Member]
    public var guests: [Guest]

    public init(members: [Member], guests: [Guest]) {
        self.members = members
        self.guests = guests
    }
}

/// Where a guest of the cluster is, at one look.
public struct GuestPlace: Hashable, Sendable {
    public var vm: VMID
    /// The member that holds its configuration; nil = none does.
    public var host: String?
    public var runs: Bool

    public init(vm: VMID, host: String?, runs: Bool) {
        self.vm = vm
        self.host = host
        self.runs = runs
    }
}

/// What else of a node's cluster the same roll-out has in hand.
public struct ClusterNeighbours: Hashable, Sendable {
    /// Nodes that are under way, or may be begun before this one has ended: no guest goes to these.
    public var nodes: [NodeName]
    /// Guests that are away from a node under way, and go home when it is back.
    public var travellers: [VMID]

    public init(nodes: [NodeName] = [], travellers: [VMID] = []) {
        self.nodes = nodes
        self.travellers = travellers
    }
}

/// Gives each guest a member that can take it: the one with the most memory left, the largest guest first.
struct MigrationTargets {
    private var free: [String: Int]
    private let look: MigrationLook

    /// `avoiding`: names of members that are no target now.
    init(_ look: MigrationLook, avoiding: Set<String>) {
        self.look = look
        let members = look.members.filter { !avoiding.contains($0.name) }
        free = Dictionary(members.map { ($0.name, $0.freeMemory) }, uniquingKeysWith: min)
    }

    enum Choice {
        case member(String)
        /// Why no member can take it, as part of a sentence.
        case none(String)
    }

    mutating func choose(_ vm: VMID, memory: Int) -> Choice {
        guard let guest = look.guests.first(where: { $0.vm == vm }) else { return .none("Proxmox tells nothing of it") }
        if !guest.localResources.isEmpty {
            return .none("it has something of this node (\(guest.localResources.joined(separator: ", ")))")
        }
        if !guest.localDisks.isEmpty {
            return .none("it has disks that only this node has (\(guest.localDisks.joined(separator: ", ")))")
        }
        guard !free.isEmpty else { return .none("no other member of its cluster is online and left alone meanwhile") }
        let allowed = free.filter { name, _ in
            !guest.refusedNodes.contains(name) && guest.allowedNodes?.contains(name) != false
        }
        guard !allowed.isEmpty else {
            return .none("Proxmox lets it go to none of \(free.keys.sorted().joined(separator: ", "))")
        }
        let best = allowed.max { ($0.value, $1.key) < ($1.value, $0.key) }
        guard let best, best.value >= memory else {
            let megabytes = memory >> 20
            return .none("none of \(allowed.keys.sorted().joined(separator: ", ")) has \(megabytes) MiB of memory free")
        }
        free[best.key] = best.value - memory
        return .member(best.key)
    }
}

extension [String: String] {
    /// What keeps a guest with these options on its node, as far as its configuration tells: `hostpci0`. As
    /// `PVE::QemuServer::check_local_resources` has it.
    var boundToNode: [String] {
        filter { key, value in
            let kind = key.prefix { !$0.isNumber }
            return switch kind {
            case "hostpci", "parallel", "ivshmem": true
            case "usb": !value.hasPrefix("spice") && !value.contains("host=spice")
            case "serial": value != "socket"
            default: false
            }
        }.keys.sorted()
    }

    /// In bytes; 512 MiB where it is not said, as Proxmox has it.
    var guestMemory: Int {
        let text = self["memory"].flatMap { PropertyString($0, defaultKey: "current")["current"] }
        return (text.flatMap { Int($0) } ?? 512) << 20
    }
}
