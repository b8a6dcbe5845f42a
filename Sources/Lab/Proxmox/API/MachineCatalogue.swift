/// The machine types that the API offers.
enum MachineCatalogue {
    private static let newestFirst = [
        "10.1", "10.0", "9.2", "9.1", "9.0", "8.2", "8.1", "8.0", "7.2", "7.1", "7.0", "6.2", "6.1", "6.0", "5.2",
        "5.1",
        "5.0", "4.2", "4.1", "4.0", "3.1", "3.0", "2.9", "2.8", "2.7", "2.6", "2.5", "2.4", "2.12", "2.11", "2.10",
    ]

    private static let changes = [
        "4.1+pve1": "Introduction of pveX versioning, no changes.",
        "4.1+pve2": "Increases the number of SCSI drives supported.",
        "9.2+pve1": "Disables S3/S4 power states by default.",
        "10.0+pve1": "Set host_mtu vNIC option even with default value for migration compat.",
    ]

    static func entries(release: ProxmoxRelease) -> [JSON] {
        let installed = MachineVersion(release.qemu) ?? MachineVersion(major: 9, minor: 2)
        let versions = newestFirst.filter { version in
            MachineVersion(version).map { installed.isAtLeast($0.major, $0.minor) } == true
        }
        return ["q35", "i440fx"].flatMap { type in versions.flatMap { revisions($0) }.map { entry(type, $0) } }
    }

    private static func revisions(_ version: String) -> [String] {
        let highest = MachineVersion(version)?.withHighestRevision.revision ?? 0
        return stride(from: highest, to: 0, by: -1).map { "\(version)+pve\($0)" } + [version]
    }

    private static func entry(_ type: String, _ version: String) -> JSON {
        var fields: [String: JSON] = [
            "id": .string("pc-\(type)-\(version)"), "type": .string(type), "version": .string(version),
        ]
        fields["changes"] = changes[version].map(JSON.string)
        return .object(fields)
    }
}
