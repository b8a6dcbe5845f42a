/// The cluster's storages: `/etc/pve/storage.cfg`, or the one directory that a new node has.
struct Storages {
    struct Storage: Equatable {
        let kind: String
        var options: [String: String] = [:]
    }

    private(set) var storages: [String: Storage] = [:]

    static func load(_ files: NodeFiles) -> Self {
        var result = parse(files.text("/etc/pve/storage.cfg") ?? "")
        if result.storages["local"] == nil {
            result.storages["local"] = Storage(kind: "dir", options: ["path": "/var/lib/vz"])
        }
        return result
    }

    static func parse(_ text: String) -> Self {
        var result = Self()
        var current: String?
        for line in text.split(separator: "\n") {
            if let match = line.wholeMatch(of: /([a-z]+):\s*(\S+)\s*/) {
                current = String(match.2)
                result.storages[String(match.2)] = Storage(kind: String(match.1))
            } else if let match = line.wholeMatch(of: /\s+(\S+)(\s+(.*?))?\s*/), let current {
                result.storages[current]?.options[String(match.1)] = match.3.map(String.init) ?? "1"
            }
        }
        return result
    }

    var names: [String] { storages.keys.sorted() }

    func storage(of volume: String) -> (storage: Storage, name: String)? {
        let parts = volume.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2, let storage = storages[parts[0]] else { return nil }
        return (storage, parts[1])
    }

    /// Where QEMU finds a volume; a path stands for itself.
    func path(_ volume: String) throws -> String {
        if volume.hasPrefix("/") { return volume }
        guard let (storage, name) = storage(of: volume) else {
            throw ProxmoxFailure("storage '\(volume.prefix { $0 != ":" })' does not exist")
        }
        switch storage.kind {
        case "lvm", "lvmthin": return "/dev/\(storage.options["vgname"] ?? "pve")/\(name)"
        case "zfspool": return "/dev/zvol/\(storage.options["pool"] ?? "rpool/data")/\(name)"
        default: return "\(storage.options["path"] ?? "/var/lib/vz")/\(directory(name))\(name)"
        }
    }

    private func directory(_ name: String) -> String {
        name.hasPrefix("iso/") ? "template/" : "images/"
    }

    func format(_ volume: String) -> String {
        guard let (storage, name) = storage(of: volume) else { return "raw" }
        if ["lvm", "lvmthin", "zfspool", "rbd"].contains(storage.kind) { return "raw" }
        let ending = name.split(separator: ".").last.map(String.init) ?? "raw"
        return ["qcow2", "vmdk"].contains(ending) ? ending : "raw"
    }

    /// Thick LVM can hang with io_uring.
    func asynchronousIO(_ volume: String, isDirect: Bool) -> String {
        if storage(of: volume)?.storage.kind != "lvm" { return "io_uring" }
        return isDirect ? "native" : "threads"
    }

    /// Whether a snapshot of the volume can be taken.
    func canSnapshot(_ volume: String) -> Bool {
        guard let storage = storage(of: volume)?.storage else { return false }
        return ["lvmthin", "zfspool", "rbd"].contains(storage.kind) || format(volume) == "qcow2"
    }
}
