import Fleet

extension FactsReader {
    mutating func readDevices() {
        let addresses = interfaceAddresses()
        facts.interfaces = fact("net") { content in
            guard let table = Table(content), let rows = table.rows() else { return nil }
            let (path, mac) = (table.column("path"), table.column("mac"))
            let (kind, lower) = (table.column("kind"), table.column("lower"))
            return rows.map { row in
                let name = row.bytes(0).text
                return NetworkInterface(
                    name: name, mac: row[mac].value.flatMap { $0.isEmpty ? nil : $0.text },
                    function: row[path].value.flatMap(SysfsPath.function),
                    lower: row[lower].value?.words.map(\.text) ?? [],
                    kind: row[kind].value.flatMap { NetworkInterface.Kind(rawValue: $0.text) } ?? .plain,
                    isVirtual: row[path].value == nil, addresses: addresses.map { $0[name] ?? [] })
            }
        }
        facts.blockDevices = blockDevices()
    }

    /// `eno1 192.0.2.1/24`, or with a peer's name `eno1@if2`; nil when the node could not list them.
    private func interfaceAddresses() -> [String: [String]]? {
        guard case .known(let frame) = answer.told("addresses") else { return nil }
        var addresses: [String: [String]] = [:]
        for line in frame.content.lines {
            guard let (name, address) = line.cut(at: UInt8(ascii: " ")) else { continue }
            let bare = name.prefix { $0 != UInt8(ascii: "@") }.text
            addresses[bare, default: []].append(address.prefix { $0 != UInt8(ascii: "/") }.text)
        }
        return addresses
    }

    private func blockDevices() -> Observed<[BlockDevice]> {
        let contents = BlockContents(answer.told("udev"))
        return fact("block") { content in
            guard let table = Table(content), let rows = table.rows() else { return nil }
            let (path, number) = (table.column("path"), table.column("number"))
            let (lower, mapper) = (table.column("lower"), table.column("mapper"))
            let paths = table.column("paths")
            let names = Set(rows.map { $0.bytes(0) })
            return rows.map { row in
                let own = row[path].value ?? []
                let above = own.dropLast(row.bytes(0).count + 1)
                let parent = above.lastIndex(of: UInt8(ascii: "/")).map { above[($0 + 1)...] } ?? []
                let several = row[paths].value?.words.compactMap(SysfsPath.function) ?? []
                var device = BlockDevice(
                    name: row.bytes(0).text, number: row[number].value?.text ?? "",
                    functions: several.isEmpty ? SysfsPath.function(of: own).map { [$0] } ?? [] : several,
                    disk: names.contains(parent) ? parent.text : nil,
                    lower: row[lower].value?.words.map(\.text) ?? [],
                    mapperName: row[mapper].value.map(\.text))
                contents.add(to: &device)
                return device
            }
        }
    }
}

/// What udev's database says about block devices: `/run/udev/data/b8:3:E:ID_FS_TYPE=LVM2_member`.
struct BlockContents {
    private var types: [Bytes: Bytes] = [:]
    private var uuids: [Bytes: Bytes] = [:]
    private var partitions: [Bytes: Bytes] = [:]
    private var partitionUUIDs: [Bytes: Bytes] = [:]

    init(_ frame: Observed<Answer.Frame>) {
        guard case .known(let frame) = frame else { return }
        for line in frame.content.lines {
            guard let rest = line.dropping("/run/udev/data/b"), let (number, setting) = rest.cut(at: ":E:ID_")
            else { continue }
            if let type = setting.dropping("FS_TYPE=") { types[number] = type }
            if let uuid = setting.dropping("FS_UUID=") { uuids[number] = uuid }
            if let type = setting.dropping("PART_ENTRY_TYPE=") { partitions[number] = type }
            if let uuid = setting.dropping("PART_ENTRY_UUID=") { partitionUUIDs[number] = uuid }
        }
    }

    func add(to device: inout BlockDevice) {
        let number = Array(device.number.utf8)[...]
        device.content = types[number].map(\.text)
        device.uuid = uuids[number].map { $0.text.lowercased() }
        device.partitionUUID = partitionUUIDs[number].map { $0.text.lowercased() }
        // The partition type of an ESP in a GPT, and in an MBR (UEFI specification, EFI System Partition).
        device.isESP =
            partitions[number].map {
                $0.equals("c12a7328-f81f-11d2-ba4b-00a0c93ec93b") || $0.equals("0xef")
            } ?? false
    }
}
