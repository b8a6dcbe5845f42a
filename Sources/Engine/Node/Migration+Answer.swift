import Fleet

extension MigrationLook {
    /// From what `guests-look.sh` told. A member that does not answer is none to go to; a guest about which Proxmox could not
    /// be asked is a refusal (`migration-unknown`).
    init(_ answer: NodeAnswer, _ guests: [VMID]) throws(NodeFailure) {
        guard let cluster: [ClusterEntry] = answer.json("cluster") else {
            throw .unknown(.migrationUnknown, answer, "cluster")
        }
        let away = cluster.filter { $0.type == "node" && $0.online == false }.map(\.name)
        let names = answer.fields.filter { $0.name == "member" }.map(\.text).filter { !away.contains($0) }
        let members = names.compactMap { name -> Member? in
            guard answer.text("member-\(name)-status") == "0", let status: Status = answer.json("member-\(name)") else {
                return nil
            }
            return Member(name: name, freeMemory: max(0, status.memory.total - status.memory.used))
        }
        self.init(
            members: members, guests: try guests.map { vm throws(NodeFailure) in try Guest(answer, vm) })
    }

    /// An entry of `/cluster/status`.
    private struct ClusterEntry: Decodable {
        var type: String
        var name: String
        var online: Bool?

        private enum Key: CodingKey { case type, name, online }

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: Key.self)
            type = try values.decode(String.self, forKey: .type)
            name = try values.decode(String.self, forKey: .name)
            online = (try? values.decode(Int.self, forKey: .online)).map { $0 != 0 }
        }
    }

    /// `/nodes/NODE/status`
    private struct Status: Decodable {
        struct Memory: Decodable {
            /// In bytes.
            var total: Int
            var used: Int
        }

        var memory: Memory
    }
}

extension MigrationLook.Guest {
    fileprivate init(_ answer: NodeAnswer, _ vm: VMID) throws(NodeFailure) {
        let name = "guest-\(vm)"
        guard answer.text("\(name)-status") == "0", let report: Report = answer.json(name) else {
            throw .unknown(.migrationUnknown, answer, name)
        }
        self.init(
            vm: vm, allowedNodes: report.allowedNodes, refusedNodes: report.refusedNodes?.keys ?? [],
            localDisks: report.localDisks.map { $0.volid ?? $0.drivename ?? "a disk" },
            localResources: report.localResources + (report.mappedResources ?? []))
    }

    /// `GET /nodes/NODE/qemu/VMID/migrate`
    private struct Report: Decodable {
        struct Disk: Decodable {
            var volid: String?
            var drivename: String?
        }

        var allowedNodes: [String]?
        var refusedNodes: Names?
        var localDisks: [Disk]
        var localResources: [String]
        /// Devices of mappings: some may be migrated, and Proxmox refuses the others.
        var mappedResources: [String]?

        private enum CodingKeys: String, CodingKey {
            case allowedNodes = "allowed_nodes"
            case refusedNodes = "not_allowed_nodes"
            case localDisks = "local_disks"
            case localResources = "local_resources"
            case mappedResources = "mapped-resources"
        }
    }

    /// Only the keys of an object count; Perl writes an empty one as a list now and then.
    private struct Names: Decodable {
        var keys: [String]

        private struct Key: CodingKey {
            var stringValue: String
            var intValue: Int? { nil }
            init?(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        init(from decoder: any Decoder) throws {
            keys = (try? decoder.container(keyedBy: Key.self).allKeys.map(\.stringValue)) ?? []
        }
    }
}

extension GuestPlace {
    init(_ answer: NodeAnswer, _ vm: VMID) throws(NodeFailure) {
        guard answer.text("mounted") == "yes", let place = answer.text("place-\(vm)") else {
            throw .unknown(.placeUnknown, answer, "place-\(vm)")
        }
        guard !place.isEmpty else {
            self.init(vm: vm, host: nil, runs: false)
            return
        }
        let name = "state-\(vm)"
        guard answer.text("\(name)-status") == "0", let state: State = answer.json(name) else {
            throw .unknown(.placeUnknown, answer, name)
        }
        self.init(vm: vm, host: place, runs: state.status == "running")
    }

    /// `/nodes/NODE/qemu/VMID/status/current`
    private struct State: Decodable {
        var status: String
    }
}

extension FleetError {
    fileprivate static let migrationUnknown = FleetError(
        "migration-unknown", "The node could not tell where its guests may be migrated to, so none is.",
        advice: "Look on the node: pvesh get /cluster/status; pvesh get /nodes/$(hostname)/qemu/VMID/migrate.")
    fileprivate static let placeUnknown = FleetError(
        "guest-place-unknown", "The node could not tell where a guest of its cluster is, or whether it runs.",
        advice: "Look on the node: pvecm status; pvesh get /cluster/resources --type vm.")
}
