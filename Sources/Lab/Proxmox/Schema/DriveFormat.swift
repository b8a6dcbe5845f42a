/// The options of disks (`qemu-server` 8.4, `Drive.pm`).
extension PropertyStringFormat {
    private static let commonDriveKeys: [String: PropertySchema] = [
        "file": .text(.volumeOrPath).byDefault.required,
        "media": .oneOf("cdrom", "disk"),
        "cache": .oneOf("none", "writethrough", "writeback", "unsafe", "directsync"),
        "format": .oneOf("raw", "qcow", "qed", "qcow2", "vmdk", "cloop"),
        "size": .matching(isDiskSize),
        "aio": .oneOf("native", "threads", "io_uring"),
        "discard": .oneOf("ignore", "on"),
        "detect_zeroes": .boolean, "backup": .boolean, "replicate": .boolean, "shared": .boolean,
        "snapshot": .boolean, "ro": .boolean, "ssd": .boolean, "iothread": .boolean,
        "queues": .integer(2), "serial": .text(), "import-from": .text(),
        "werror": .oneOf("enospc", "ignore", "report", "stop"), "rerror": .oneOf("ignore", "report", "stop"),
        "iops": .integer(0), "iops_rd": .integer(0), "iops_wr": .integer(0), "mbps": .number(0), "mbps_rd": .number(0),
        "mbps_wr": .number(0), "wwn": .matching { $0.wholeMatch(of: /0x[0-9a-fA-F]{16}/) != nil },
    ]

    static let drive: PropertyStringFormat = {
        var keys = commonDriveKeys
        keys["volume"] = PropertySchema(alias: "file")
        return PropertyStringFormat(keys: keys)
    }()

    static let efiDisk = PropertyStringFormat(keys: [
        "file": .text(.volumeOrPath).byDefault.required,
        "volume": PropertySchema(alias: "file"),
        "format": .oneOf("raw", "qcow", "qed", "qcow2", "vmdk", "cloop"),
        "efitype": .oneOf("2m", "4m"),
        "pre-enrolled-keys": .boolean,
        "ms-cert": .oneOf("2011", "2023", "2023k", "2023w"),
        "size": .matching(isDiskSize), "import-from": .text(),
    ])

    static let tpmState = PropertyStringFormat(keys: [
        "file": .text(.volumeOrPath).byDefault.required,
        "volume": PropertySchema(alias: "file"),
        "version": .oneOf("v1.2", "v2.0"),
        "size": .matching(isDiskSize), "import-from": .text(),
    ])

    static let unusedDisk = PropertyStringFormat(keys: [
        "file": .text(.volume).byDefault.required, "volume": PropertySchema(alias: "file"),
    ])

    private static func isDiskSize(_ text: String) -> Bool {
        text.wholeMatch(of: /\d+(\.\d+)?[KMGT]?/) != nil
    }
}
