import Fleet

/// What a node's programs must know and no file of a real node tells, as `key=value` lines in `/run/lab/node`.
struct NodeFacts: Sendable {
    static let path = "/run/lab/node"

    private var values: [String: String] = [:]

    /// - Parameter running: the kernel that was booted; nil = the newest one.
    init(_ setup: NodeSetup, _ hardware: Hardware? = nil, running: String? = nil) {
        values = [
            "name": setup.hostName, "version": setup.proxmoxVersion, "release": running ?? setup.kernelRelease,
            "loader": setup.loader.rawValue, "root": setup.root.rawValue, "firmware": setup.firmware.rawValue,
            "secureboot": setup.secureBoot ? "1" : "0", "disk": setup.rootDisk ?? "", "rootuuid": setup.rootUUID,
            "rootarguments": setup.rootArguments, "esp": setup.espUUID, "partitions": "\(setup.partitions.count)",
            "otherloader": setup.otherLoader?.rawValue ?? "",
            "vdevs": setup.rootDisks.map { partitionName($0, setup.rootPartition) }.joined(separator: " "),
        ]
        let controller = setup.rootDisk.flatMap { disk in
            hardware?.functions.first { $0.diskNames.contains(disk) }
        }
        values["rootmodule"] = controller?.drivers.first?.module.normalized
    }

    init(_ files: NodeFiles) {
        for line in (files.text(Self.path) ?? "").split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1)
            values[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
        }
    }

    var text: String { values.sorted { $0.key < $1.key }.map { "\($0)=\($1)\n" }.joined() }

    var name: String { values["name"] ?? "node" }
    var proxmoxVersion: String { values["version"] ?? "" }
    var release: String { values["release"] ?? "" }
    var loader: NodeSetup.Loader { NodeSetup.Loader(rawValue: values["loader"] ?? "") ?? .grub }
    var root: NodeSetup.Root { NodeSetup.Root(rawValue: values["root"] ?? "") ?? .lvm }
    var isUEFI: Bool { values["firmware"] == "uefi" }
    var isSecureBoot: Bool { values["secureboot"] == "1" }
    /// The disk below the root file system; empty = none.
    var rootDisk: String { values["disk"] ?? "" }
    /// The module that serves it; nil = none, or not known.
    var rootModule: ModuleName? { values["rootmodule"].flatMap { ModuleName($0) } }
    var rootUUID: String { values["rootuuid"] ?? "" }
    var rootArguments: String { values["rootarguments"] ?? "" }
    var espUUID: String { values["esp"] ?? "" }
    /// What GRUB puts before `/boot` on ZFS.
    var bootPrefix: String { root == .zfs ? "/ROOT/pve-1@" : "" }
    var espPath: String { "/.esp/\(espUUID)" }
}
