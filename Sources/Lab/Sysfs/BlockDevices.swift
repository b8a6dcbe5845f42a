import Fleet

/// The block devices that a boot finds: disks on the controllers that a driver serves, and on the root disk the
/// partitions and volumes that an installer made.
struct BlockDevices {
    struct Device {
        var name: String
        /// Its directory in `/sys`.
        var path: String
        /// `major:minor`
        var number: String
        var sectors: Int
        /// Of a partition, from 1.
        var partition: Int?
        /// The device-mapper name.
        var mapper: String?
        /// The partition that a volume lies on.
        var lower: Int?
        /// What udev tells of it, without `E:`.
        var records: [String] = []

        var isPartition: Bool { partition != nil }
    }

    private(set) var devices: [Device] = []
    private let setup: NodeSetup
    private let layout: SysfsLayout
    /// How many numbers of each major number are given out.
    private var taken: [Int: Int] = [:]

    init(_ hardware: Hardware, _ setup: NodeSetup, layout: SysfsLayout, isServed: (Hardware.Function) -> Bool) {
        self.setup = setup
        self.layout = layout
        for function in hardware.functions where isServed(function) {
            for (index, name) in function.diskNames.enumerated() { addDisk(name, index, function) }
        }
        if setup.root == .lvm { addVolumes() }
    }

    private mutating func addDisk(_ name: String, _ index: Int, _ function: Hardware.Function) {
        let (major, first) = numbers(name)
        let disk = Device(
            name: name, path: path(name, index, function), number: "\(major):\(first)", sectors: 976_773_168)
        devices.append(disk)
        guard setup.rootDisks.contains(name) else { return }
        for (index, kind) in setup.partitions.enumerated() {
            let own = partitionName(name, index + 1)
            devices.append(
                Device(
                    name: own, path: "\(disk.path)/\(own)", number: "\(major):\(first + index + 1)",
                    sectors: sectors(kind, of: disk), partition: index + 1, records: records(kind, on: name)))
        }
    }

    private func path(_ name: String, _ index: Int, _ function: Hardware.Function) -> String {
        let controller = layout.directory(of: function.address)
        // `nvme0n1` belongs to `nvme0`.
        if name.hasPrefix("nvme") {
            return "\(controller)/nvme/\(name.prefix(4) + name.dropFirst(4).prefix { $0.isNumber })/\(name)"
        }
        if name.hasPrefix("mmc") { return "\(controller)/mmc_host/mmc0/mmc0:0001/block/\(name)" }
        if name.hasPrefix("vd") { return "\(controller)/virtio\(index)/block/\(name)" }
        return "\(controller)/ata\(index + 1)/host\(index)/target\(index):0:0/\(index):0:0:0/block/\(name)"
    }

    /// Major number and first minor number of a disk (`Documentation/admin-guide/devices.txt`). virtio's major is the
    /// first free one from 254 down; NVMe takes its numbers one by one, which leaves the root disk's partitions room here.
    private mutating func numbers(_ disk: String) -> (major: Int, first: Int) {
        let (major, step) =
            switch disk.prefix(2) {
            case "sd": (8, 16)
            case "vd": (254, 16)
            case "mm": (179, 8)
            default: (259, setup.rootDisks.contains(disk) ? 1 + setup.partitions.count : 1)
            }
        defer { taken[major, default: 0] += step }
        return (major, taken[major] ?? 0)
    }

    private func sectors(_ kind: NodeSetup.Partition, of disk: Device) -> Int {
        switch kind {
        case .biosBoot: 2014
        case .esp: 2_097_152
        case .root: disk.sectors - 2_099_200
        }
    }

    private func records(_ kind: NodeSetup.Partition, on disk: String) -> [String] {
        switch kind {
        case .biosBoot: ["ID_PART_ENTRY_TYPE=21686148-6449-6e6f-744e-656564454649"]
        // The other leg's is there, and nobody has set it up (`proxmox-boot-tool init`).
        case .esp where disk != setup.rootDisk: ["ID_PART_ENTRY_TYPE=c12a7328-f81f-11d2-ba4b-00a0c93ec93b"]
        case .esp:
            [
                "ID_FS_TYPE=vfat", "ID_FS_UUID=\(setup.espUUID)",
                "ID_PART_ENTRY_TYPE=c12a7328-f81f-11d2-ba4b-00a0c93ec93b",
            ]
        case .root:
            switch setup.root {
            case .ext4: ["ID_FS_TYPE=ext4", "ID_FS_UUID=\(setup.rootUUID)"]
            case .lvm: ["ID_FS_TYPE=LVM2_member", "ID_FS_UUID=3bVxlF-0dSe-Tc4q-WwQx-Xn7k-2mGf-Pq91Zb"]
            case .zfs: ["ID_FS_TYPE=zfs_member", "ID_FS_UUID=11208351924718345121"]
            }
        }
    }

    private mutating func addVolumes() {
        guard devices.contains(where: \.isPartition) else { return }
        for (number, name, type) in [(0, "pve-swap", "swap"), (1, "pve-root", "ext4")] {
            devices.append(
                Device(
                    name: "dm-\(number)", path: "/devices/virtual/block/dm-\(number)", number: "252:\(number)",
                    sectors: 16_777_216, mapper: name, lower: setup.rootPartition, records: ["ID_FS_TYPE=\(type)"]))
        }
    }
}

extension BlockDevices {
    /// udev's database, as files of `/run/udev/data`.
    var udevDatabase: [(name: String, text: String)] {
        devices.map { device in
            let records = device.records.map { "E:\($0)\n" }.joined()
            return ("b\(device.number)", "S:disk/by-id/lab-\(device.name)\nI:1500000\n\(records)G:systemd\nV:1\n")
        }
    }
}

extension BootSysfs {
    func writeDisks() throws(LabError) {
        for device in blockDevices.devices {
            try writeBlock(device)
            if let number = device.partition {
                try files.make("\(device.path)/partition", "\(number)\n", mode: 0o444)
                continue
            }
            try files.relate("/block", device.name, to: device.path)
            if let mapper = device.mapper { try writeVolume(device, mapper) } else { try writeDisk(device) }
        }
    }

    var blockDevices: BlockDevices { BlockDevices(hardware, setup, layout: layout, isServed: isServed) }

    private func writeBlock(_ device: BlockDevices.Device) throws(LabError) {
        let kind = device.isPartition ? "partition" : "disk"
        try files.make("\(device.path)/dev", device.number + "\n", mode: 0o444)
        try files.make("\(device.path)/size", "\(device.sectors)\n", mode: 0o444)
        try files.make("\(device.path)/uevent", "DEVNAME=\(device.name)\nDEVTYPE=\(kind)\n", mode: 0o444)
        try files.relate(device.path, "subsystem", to: "/class/block")
        try files.relate("/class/block", device.name, to: device.path)
    }

    private func writeDisk(_ device: BlockDevices.Device) throws(LabError) {
        let above = device.path.split(separator: "/").dropLast(device.path.contains("/block/") ? 2 : 1)
        try files.relate(device.path, "device", to: "/" + above.joined(separator: "/"))
        try files.make("\(device.path)/queue/rotational", "0\n", mode: 0o444)
    }

    private func writeVolume(_ device: BlockDevices.Device, _ mapper: String) throws(LabError) {
        try files.make("\(device.path)/dm/name", mapper + "\n", mode: 0o444)
        guard let lower = blockDevices.devices.first(where: { $0.partition == device.lower }) else { return }
        try files.relate("\(device.path)/slaves", lower.name, to: lower.path)
        try files.relate("\(lower.path)/holders", device.name, to: device.path)
    }
}

/// `sda3`, `nvme0n1p3`
func partitionName(_ disk: String, _ number: Int) -> String {
    disk.last?.isNumber == true ? "\(disk)p\(number)" : "\(disk)\(number)"
}
