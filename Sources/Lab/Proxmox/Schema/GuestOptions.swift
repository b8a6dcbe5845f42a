/// All options of a guest's configuration, by name.
enum GuestOptions {
    static let schema: [String: PropertySchema] = {
        var all = scalars.merging(structured) { a, _ in a }
        for (prefix, count, schema) in numbered {
            for index in 0..<count { all["\(prefix)\(index)"] = schema }
        }
        return all
    }()

    static func exists(_ name: String) -> Bool { schema[name] != nil }

    /// How many drives of each bus there are (`Drive.pm`), in the order in which a guest's drives are visited.
    static let driveBuses: [(prefix: String, count: Int)] = [
        ("ide", 4), ("scsi", 31), ("virtio", 16), ("sata", 6), ("efidisk", 1), ("tpmstate", 1),
    ]

    static let driveNames: [String] = driveBuses.flatMap { bus in (0..<bus.count).map { "\(bus.prefix)\($0)" } }
    private static let driveNameSet = Set(driveNames)

    static func isDrive(_ name: String) -> Bool { driveNameSet.contains(name) }

    static func driveFormat(_ name: String) -> PropertyStringFormat {
        if name.hasPrefix("efidisk") { return .efiDisk }
        return name.hasPrefix("tpmstate") ? .tpmState : .drive
    }

    private static let numbered: [(String, Int, PropertySchema)] =
        [
            ("hostpci", PropertyStringFormat.hostPCICount, .properties(.hostPCI)),
            ("net", 32, .properties(.network)), ("usb", 14, .properties(.usb)),
            ("serial", 4, .matching { $0 == "socket" || $0.hasPrefix("/dev/") && $0.count > 5 }),
            ("parallel", 3, .matching { $0.wholeMatch(of: /\/dev\/parport\d+|\/dev\/usb\/lp\d+/) != nil }),
            ("numa", 8, .text()), ("ipconfig", 32, .text()), ("virtiofs", 10, .text()),
            ("unused", 256, .properties(.unusedDisk)),
        ] + driveBuses.map { ($0.prefix, $0.count, .properties(driveFormat($0.prefix))) }

    private static let scalars: [String: PropertySchema] = [
        "onboot": .boolean, "autostart": .boolean, "reboot": .boolean, "numa": .boolean, "keephugepages": .boolean,
        "acpi": .boolean, "kvm": .boolean, "tdf": .boolean, "localtime": .boolean, "freeze": .boolean,
        "template": .boolean, "tablet": .boolean, "protection": .boolean, "ciupgrade": .boolean,
        "cpulimit": .number(0, 128), "migrate_downtime": .number(0),
        "cpuunits": .integer(1, 262144), "balloon": .integer(0), "shares": .integer(0, 50000), "smp": .integer(1),
        "sockets": .integer(1), "cores": .integer(1), "vcpus": .integer(1), "migrate_speed": .integer(0),
        "snaptime": .integer(0),
        "lock": .oneOf(
            "backup", "clone", "create", "migrate", "rollback", "snapshot", "snapshot-delete", "suspending", "suspended"
        ),
        "scsihw": .oneOf("lsi", "lsi53c810", "virtio-scsi-pci", "virtio-scsi-single", "megasas", "pvscsi"),
        "ostype": .oneOf(
            "other", "wxp", "w2k", "w2k3", "w2k8", "wvista", "win7", "win8", "win10", "win11", "l24", "l26", "solaris"),
        "hugepages": .oneOf("any", "2", "1024"),
        "arch": .oneOf("x86_64", "aarch64"),
        "bios": .oneOf("seabios", "ovmf"),
        "citype": .oneOf("configdrive2", "nocloud", "opennebula"),
        "keyboard": .oneOf(
            "de", "de-ch", "da", "en-gb", "en-us", "es", "fi", "fr", "fr-be", "fr-ca", "fr-ch", "hu", "is", "it", "ja",
            "lt", "mk", "nl", "no", "pl", "pt", "pt-br", "sv", "sl", "tr"),
    ]

    private static let structured: [String: PropertySchema] = [
        "memory": .properties(.memory), "cpu": .properties(.cpu), "machine": .properties(.machine),
        "runningmachine": .properties(.machine), "vga": .properties(.display), "agent": .properties(.agent),
        "boot": .properties(.boot), "watchdog": .properties(.watchdog), "rng0": .properties(.randomSource),
        "audio0": .properties(.audio), "ivshmem": .properties(.sharedMemory), "meta": .properties(.meta),
        "smbios1": PropertySchema.properties(.smbios).changed { $0.maximumLength = 512 },
        "hotplug": .text(.hotplug), "name": .text(.dnsName), "tags": .text(.tags), "startup": .text(.startup),
        "bootdisk": .text(.bootDisk), "cdrom": .properties(.drive), "hookscript": .text(.volume),
        "vmstate": .text(.volume), "vmstatestorage": .text(.storage), "parent": .text(.configID),
        "description": PropertySchema(maximumLength: 8192), "args": .text(), "affinity": .text(),
        "amd-sev": .text(), "spice_enhancements": .text(), "runningcpu": .text(), "cicustom": .text(),
        "ciuser": .text(), "cipassword": .text(), "searchdomain": .text(), "nameserver": .text(), "sshkeys": .text(),
        "vmgenid": .matching {
            $0.wholeMatch(of: /[a-fA-F0-9]{8}(-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}|[01]/) != nil
        },
        "startdate": .matching {
            $0.wholeMatch(of: /now|\d{4}-\d{1,2}-\d{1,2}(T\d{1,2}:\d{1,2}:\d{1,2})?/) != nil
        },
    ]
}
