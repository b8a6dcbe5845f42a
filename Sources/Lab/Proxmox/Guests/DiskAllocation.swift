/// Makes the volumes that `STORAGE:SIZE` in a drive option asks for.
struct DiskAllocation {
    let node: ProxmoxNode
    let vmid: String
    let storages: Storages

    init(node: ProxmoxNode, vmid: String) {
        self.node = node
        self.vmid = vmid
        storages = Storages.load(node.files)
    }

    /// The option as it is stored: a new volume where one was asked for, the value as it is otherwise.
    func stored(_ option: String, _ value: String, _ console: inout Console) throws -> String {
        let format = GuestOptions.driveFormat(option)
        var parts: PropertyString
        do { parts = try format.parse(value) } catch { throw ProxmoxFailure(error.reason) }
        guard let match = parts["file"]?.wholeMatch(of: /([^\/:\s]+):(\d+(?:\.\d+)?)/) else {
            try assertExists(parts["file"] ?? "none", parts)
            return format.print(parts)
        }
        let storage = String(match.1)
        guard let kind = storages.storages[storage]?.kind else {
            throw ProxmoxFailure("storage '\(storage)' does not exist")
        }
        let size = bytes(option, Double(match.2) ?? 0, parts, kind)
        let (volume, name) = nextVolume(storage, kind, parts["format"] ?? "raw")
        try allocate(volume, name, size, kind, &console)
        if option.hasPrefix("efidisk") { reportCopy(size, &console) }
        parts["file"] = volume
        parts["format"] = nil
        parts["size"] = sizeText(size)
        if parts.isSet("pre-enrolled-keys") { parts["ms-cert"] = parts["ms-cert"] ?? "2023k" }
        let result = format.print(parts)
        console.print("\(option): successfully created disk '\(result)'\n")
        return result
    }

    private func assertExists(_ file: String, _ parts: PropertyString) throws {
        guard file != "none", file != "cdrom", !file.hasPrefix("/") else { return }
        let path = try storages.path(file)
        let isDirectory = ["dir", "nfs", "cifs", "btrfs"].contains(storages.storage(of: file)?.storage.kind)
        if isDirectory && !node.files.exists(path) { throw ProxmoxFailure("volume '\(file)' does not exist") }
    }

    private func bytes(_ option: String, _ gigabytes: Double, _ parts: PropertyString, _ kind: String) -> Int {
        var size = Int(exactly: (min(gigabytes, 1_048_576) * 1_073_741_824).rounded()) ?? 0
        if option.hasPrefix("efidisk") { size = EFIVariables.size(isLarge: parts["efitype"] == "4m") }
        if option.hasPrefix("tpmstate") { size = 4_194_304 }
        let extent = 4_194_304
        return kind.hasPrefix("lvm") ? (size + extent - 1) / extent * extent : size
    }

    private func nextVolume(_ storage: String, _ kind: String, _ format: String) -> (String, String) {
        let isFile = !["lvm", "lvmthin", "zfspool", "rbd"].contains(kind)
        for index in 0... {
            let name = "vm-\(vmid)-disk-\(index)" + (isFile ? ".\(format)" : "")
            let volume = isFile ? "\(storage):\(vmid)/\(name)" : "\(storage):\(name)"
            let marker = isFile ? (try? storages.path(volume)) : nil
            let isTaken = marker.map(node.files.exists) ?? isReferenced(volume)
            if !isTaken && !(isFile && hasSibling(volume, index)) { return (volume, name) }
        }
        return ("", "")
    }

    /// Numbers are not used twice, whatever the format.
    private func hasSibling(_ volume: String, _ index: Int) -> Bool {
        guard let path = try? storages.path(volume), let end = path.lastIndex(of: "/") else { return false }
        return node.files.list(String(path[..<end])).contains { $0.hasPrefix("vm-\(vmid)-disk-\(index).") }
    }

    private func isReferenced(_ volume: String) -> Bool {
        GuestStore(node: node).vmids.contains { other in
            let text = node.files.text(GuestStore(node: node).path(other)) ?? ""
            return text.contains(volume + ",") || text.contains(volume + "\n")
        }
    }

    private func allocate(_ volume: String, _ name: String, _ size: Int, _ kind: String, _ console: inout Console)
        throws
    {
        guard !["lvm", "lvmthin", "zfspool", "rbd"].contains(kind) else {
            if kind.hasPrefix("lvm") { console.print("  Logical volume \"\(name)\" created.\n") }
            return
        }
        let path = try storages.path(volume)
        let isRaw = storages.format(volume) == "raw"
        let options =
            isRaw
            ? "fmt=raw size=\(size) preallocation=off"
            : "fmt=qcow2 cluster_size=65536 extended_l2=off preallocation=metadata compression_type=zlib size=\(size) "
                + "lazy_refcounts=off refcount_bits=16"
        console.print("Formatting '\(path)', \(options)\n")
        node.files.makeDirectories(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
        try node.files.makeSparse(path, size: isRaw ? size : 196_608)
    }

    private func reportCopy(_ size: Int, _ console: inout Console) {
        let total = size >= 1_048_576 ? "\(size / 1_048_576).0 MiB" : "\(size / 1024).0 KiB"
        console.print("transferred 0.0 B of \(total) (0.00%)\n")
        for _ in 0..<2 { console.print("transferred \(total) of \(total) (100.00%)\n") }
    }

    private func sizeText(_ size: Int) -> String {
        for (unit, factor) in [("T", 1 << 40), ("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10)]
        where size >= factor && size % factor == 0 {
            return "\(size / factor)\(unit)"
        }
        return String(size)
    }

    /// Removes the volume of a drive option, if it is this guest's own.
    func free(_ option: String, _ value: String) {
        guard let parts = try? GuestOptions.driveFormat(option).parse(value), parts["media"] != "cdrom",
            let file = parts["file"], file.contains("vm-\(vmid)-"), !file.hasPrefix("/"),
            let path = try? storages.path(file)
        else { return }
        node.files.remove(path)
    }
}
