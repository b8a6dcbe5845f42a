/// The cluster as corosync's configuration tells it; who is online comes from `/etc/pve/.members`.
struct ClusterMembership {
    struct Member: Equatable {
        var name = ""
        var id = 0
        var votes = 1
        var address = ""
    }

    let node: ProxmoxNode

    static let path = "/etc/pve/corosync.conf"

    /// Nil on a node that is in no cluster.
    private var text: String? { node.files.text(Self.path) }

    var members: [Member] {
        var members: [Member] = []
        for line in (text ?? "").split(separator: "\n") {
            let words = line.split { $0 == " " || $0 == "\t" || $0 == ":" }
            if words.first == "node", words.last == "{" { members.append(Member()) }
            guard words.count == 2, let value = words.last.map(String.init), !members.isEmpty else { continue }
            let last = members.count - 1
            switch words[0] {
            case "name": members[last].name = value
            case "nodeid": members[last].id = Int(value) ?? 0
            case "quorum_votes": members[last].votes = Int(value) ?? 1
            case "ring0_addr": members[last].address = value
            default: break
            }
        }
        return members.sorted { $0.id < $1.id }
    }

    func setting(_ name: String) -> String? {
        let line = text?.split(separator: "\n").first { $0.drop { $0 == " " }.hasPrefix(name + ":") }
        return line?.split(separator: ":", maxSplits: 1).last.map { String($0.drop { $0 == " " }) }
    }

    var isCluster: Bool { text != nil }

    func isOnline(_ name: String) -> Bool {
        guard let state = node.files.text("/etc/pve/.members"), let range = state.firstRange(of: "\"\(name)\"") else {
            return true
        }
        let entry = state[range.upperBound...].prefix { $0 != "}" }
        return entry.replacing(" ", with: "").contains("\"online\":0") == false
    }

    var expectedVotes: Int { members.map(\.votes).reduce(0, +) }
    var presentVotes: Int { members.filter { isOnline($0.name) }.map(\.votes).reduce(0, +) }
    var quorum: Int { expectedVotes / 2 + 1 }
    var isQuorate: Bool { !isCluster || presentVotes >= quorum }

    var status: JSON {
        var rows: [JSON] = []
        if isCluster {
            rows.append(
                .object([
                    "type": .string("cluster"), "id": .string("cluster"),
                    "name": .string(setting("cluster_name") ?? ""),
                    "version": .number(setting("config_version").flatMap { Int($0) } ?? 1),
                    "nodes": .number(members.count), "quorate": .number(isQuorate ? 1 : 0),
                ]))
        }
        let known = isCluster ? members : [Member(name: node.name, id: 0, votes: 1, address: "")]
        return .array(
            rows
                + known.map { member in
                    .object([
                        "type": .string("node"), "id": .string("node/\(member.name)"), "name": .string(member.name),
                        "ip": .string(member.address), "level": .string(""), "nodeid": .number(member.id),
                        "local": .number(member.name == node.name ? 1 : 0),
                        "online": .number(isOnline(member.name) ? 1 : 0),
                    ])
                })
    }
}
