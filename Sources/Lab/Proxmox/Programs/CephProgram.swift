/// `ceph`, as far as a reboot asks it: which OSDs there are, flags of single ones, and whether OSDs, monitors and metadata
/// servers may stop.
///
/// The cluster is what this node's files tell, below `/var/lib/ceph/lab`:
/// - `flags`: a line `ID FLAG` for each flag of an OSD;
/// - `down`: the OSDs that are not up, a number each;
/// - `foreign`: OSDs of other nodes;
/// - `not-ok`: how many placement groups would go offline if any OSD stopped;
/// - `mons`, `mons-down`: monitors of other nodes, those in quorum and those that are not, a name each;
/// - `mds-active`, `mds-standby`: names of metadata servers that are, on any node; `mds-degraded`: a file system is;
/// - `unreachable`: no monitor answers.
///
/// The node's own OSDs and monitors have their folders in `/var/lib/ceph/osd` and `/var/lib/ceph/mon`.
struct CephProgram {
    let node: ProxmoxNode

    private static let lab = "/var/lib/ceph/lab"

    func run(_ arguments: [String], _ console: inout Console) throws {
        if node.files.exists("\(Self.lab)/unreachable") {
            throw ProxmoxFailure("[errno 110] RADOS timed out (error connecting to the cluster)\n", exitCode: 1)
        }
        var words = arguments
        let format = words.firstIndex { ["-f", "--format"].contains($0) }
        let isJSON = format.map { words.indices.contains($0 + 1) && words[$0 + 1].hasPrefix("json") } ?? false
        if let format { words.removeSubrange(format..<min(format + 2, words.count)) }
        switch (words.first, words.dropFirst().first) {
        case ("osd", "ls"): for id in all { console.print("\(id)\n") }
        case ("osd", "dump") where isJSON: console.print("\n\(dump.compact)\n")
        case ("osd", "ok-to-stop"): try judge(Array(words.dropFirst(2)), &console)
        case ("mon", "ok-to-stop"): try judgeMonitors(Array(words.dropFirst(2)), &console)
        case ("mds", "ok-to-stop"): try judgeMetadataServers(Array(words.dropFirst(2)), &console)
        case ("osd", "set-group"), ("osd", "unset-group"): try flag(words)
        default: throw ProxmoxFailure("no valid command found\nError EINVAL: invalid command\n", exitCode: 22)
        }
    }

    private func words(_ name: String) -> [String] {
        (node.files.text("\(Self.lab)/\(name)") ?? "").split { $0 == "\n" || $0 == " " }.map(String.init)
    }

    private func numbers(_ name: String) -> [Int] { words(name).compactMap { Int($0) } }

    private var own: [Int] {
        node.files.list("/var/lib/ceph/osd").compactMap { $0.split(separator: "-").last.flatMap { Int($0) } }
    }

    private var all: [Int] { Set(own + numbers("foreign")).sorted() }

    private var flags: [Int: [String]] {
        var flags: [Int: [String]] = [:]
        for line in (node.files.text("\(Self.lab)/flags") ?? "").split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            guard words.count == 2, let id = Int(words[0]) else { continue }
            flags[id, default: []].append(words[1])
        }
        return flags
    }

    private var dump: JSON {
        let (flags, down) = (flags, numbers("down"))
        let osds = all.map { id in
            let isUp = !down.contains(id)
            let state = ["exists"] + (isUp ? ["up"] : []) + (flags[id] ?? [])
            return JSON.object([
                "osd": .number(id), "up": .number(isUp ? 1 : 0), "in": .number(1), "weight": .number(1),
                "state": .array(state.map(JSON.string)),
            ])
        }
        return .object(["epoch": .number(1), "flags": .string("sortbitwise,recovery_deletes"), "osds": .array(osds)])
    }

    private func ids(_ words: [String]) throws -> [Int] {
        try words.map { word in
            let text = word.hasPrefix("osd.") ? String(word.dropFirst(4)) : word
            guard let id = Int(text) else {
                throw ProxmoxFailure("Error EINVAL: invalid osd id \(word)\n", exitCode: 22)
            }
            guard all.contains(id) else {
                throw ProxmoxFailure("Error ENOENT: osd.\(id) does not exist\n", exitCode: 2)
            }
            return id
        }
    }

    /// Since Ceph 16 it answers in JSON, whether it refuses or not.
    private func judge(_ words: [String], _ console: inout Console) throws {
        let ids = try ids(words)
        let offline = numbers("not-ok").first ?? 0
        let report: JSON = .object([
            "ok_to_stop": .string(""), "osds": .array(ids.map(JSON.number)), "num_ok_pgs": .number(33),
            "num_not_ok_pgs": .number(offline),
        ])
        // The lab's JSON knows no truth values.
        console.print(
            "\n" + report.compact.replacing("\"ok_to_stop\":\"\"", with: "\"ok_to_stop\":\(offline == 0)") + "\n")
        guard offline > 0 else { return }
        throw ProxmoxFailure(
            "Error EBUSY: unsafe to stop osd(s) at this time (\(offline) PGs are or would become offline)\n",
            exitCode: 16)
    }

    /// It answers on standard error, and by its exit status. Names it does not know are no reason to refuse.
    private func judgeMonitors(_ names: [String], _ console: inout Console) throws {
        let own = node.files.list("/var/lib/ceph/mon").map { String($0.drop { $0 != "-" }.dropFirst()) }
        let quorum = Set(own + words("mons"))
        let unknown = names.filter { !quorum.contains($0) && !words("mons-down").contains($0) }
        guard unknown.isEmpty else {
            return console.warn("invalid mon(s) specified: [\(unknown.joined(separator: ","))]\n")
        }
        let left = quorum.subtracting(names).sorted().joined(separator: ",")
        let needed = (quorum.count + words("mons-down").count) / 2 + 1
        guard quorum.subtracting(names).count >= needed else {
            throw ProxmoxFailure(
                "Error EBUSY: not enough monitors would be available (\(left)) after stopping mons "
                    + "[\(names.joined(separator: ","))]\n", exitCode: 16)
        }
        console.warn("quorum should be preserved (\(left)) after stopping [\(names.joined(separator: ","))]\n")
    }

    private func judgeMetadataServers(_ names: [String], _ console: inout Console) throws {
        if node.files.exists("\(Self.lab)/mds-degraded") {
            throw ProxmoxFailure("Error EBUSY: one or more filesystems is currently degraded\n", exitCode: 16)
        }
        let active = words("mds-active").filter(names.contains)
        let standby = words("mds-standby").filter { !names.contains($0) }
        guard active.count <= standby.count else {
            throw ProxmoxFailure(
                "Error EBUSY: insufficient standby MDS daemons to stop active gids \(active.joined(separator: ","))\n",
                exitCode: 16)
        }
        console.warn("should be safe to stop [\(names.joined(separator: ","))]\n")
    }

    private func flag(_ words: [String]) throws {
        guard words.count > 3 else { throw ProxmoxFailure("Error EINVAL: invalid command\n", exitCode: 22) }
        guard ["noup", "nodown", "noin", "noout"].contains(words[2]) else {
            throw ProxmoxFailure(
                "Error EINVAL: flag '\(words[2])' is not supported\n", exitCode: 22)
        }
        var flags = flags
        for id in try ids(Array(words.dropFirst(3))) {
            flags[id, default: []].removeAll { $0 == words[2] }
            if words[1] == "set-group" { flags[id, default: []].append(words[2]) }
        }
        let lines = flags.sorted { $0.key < $1.key }.flatMap { id, names in names.map { "\(id) \($0)\n" } }
        node.files.makeDirectories(Self.lab)
        try node.files.replace("\(Self.lab)/flags", with: Array(lines.joined().utf8))
    }
}
