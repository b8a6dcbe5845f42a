import Crypto

/// The cluster's PCI resource mappings: `/etc/pve/mapping/pci.cfg`.
struct PCIMappings: Equatable {
    struct Mapping: Equatable {
        /// Property strings as they were given: alternatives in order.
        var maps: [String] = []
        var description: String?
        /// `mdev`, `live-migration-capable`, as they stand in the file
        var flags: [String: String] = [:]
    }

    static let path = "/etc/pve/mapping/pci.cfg"
    private static let flagNames = ["live-migration-capable", "mdev"]

    var mappings: [String: Mapping] = [:]
    /// The order of the sections in the file.
    var order: [String] = []
    var digest = Self.digest([])

    static func load(_ files: NodeFiles) -> Self {
        parse(files.bytes(path) ?? [])
    }

    /// Sections are an identifier on its own line, their settings are indented; what is neither is skipped.
    static func parse(_ bytes: [UInt8]) -> Self {
        var result = Self()
        result.digest = digest(bytes)
        var current: String?
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            let text = String(decoding: trimmedEnd(line), as: UTF8.self)
            if text.isEmpty {
                current = nil
            } else if let match = text.wholeMatch(of: /\s+(\S+)(\s+(.*))?/), let current {
                result.mappings[current]?.set(String(match.1), match.3.map(String.init) ?? "1")
            } else if text.wholeMatch(of: /[A-Za-z][A-Za-z0-9_\-]+/) != nil {
                result.add(text, Mapping())
                current = text
            }
        }
        return result
    }

    mutating func add(_ id: String, _ mapping: Mapping) {
        if mappings.updateValue(mapping, forKey: id) == nil { order.append(id) }
    }

    mutating func remove(_ id: String) {
        mappings[id] = nil
        order.removeAll { $0 == id }
    }

    var serialized: [UInt8] {
        var text = ""
        for id in order {
            guard let mapping = mappings[id] else { continue }
            text += id + "\n"
            for map in mapping.maps { text += "\tmap \(map)\n" }
            if let description = mapping.description { text += "\tdescription \(description)\n" }
            for (name, value) in mapping.flags.sorted(by: { $0.key < $1.key }) { text += "\t\(name) \(value)\n" }
            text += "\n"
        }
        return Array(text.utf8)
    }

    func save(_ files: NodeFiles) throws {
        files.makeDirectories("/etc/pve/mapping")
        try files.replace(Self.path, with: serialized)
    }

    private static func digest(_ bytes: [UInt8]) -> String { Insecure.SHA1.hash(data: bytes).map(hexByte).joined() }
}

extension PCIMappings.Mapping {
    fileprivate mutating func set(_ key: String, _ value: String) {
        switch key {
        case "map": maps.append(value)
        case "description": description = value
        default: flags[key] = value
        }
    }

    /// The alternatives on one node, parsed.
    func alternatives(on node: String) -> [PropertyString] {
        maps.compactMap { try? PropertyStringFormat.mapping.parse($0) }.filter { $0["node"] == node }
    }

    /// What differs between an alternative and the hardware; nil where it is valid.
    ///
    /// Identifiers are compared for every path, the group for the first one only (`PVE::Mapping::PCI::assert_valid`).
    func problem(id name: String, _ map: PropertyString, _ inventory: PCIInventory) -> String? {
        for (index, path) in (map["path"] ?? "").split(separator: ";").enumerated() {
            let address = path.contains(".") ? String(path) : path + ".0"
            guard let function = inventory.function(at: address) else { return "pci device '\(address)' not found" }
            let expected: [(String, String?, String?)] = [
                ("id", function.ids, map["id"]),
                ("iommugroup", function.group.map(String.init), map["iommugroup"]),
                ("mdev", function.hasMediatedDevices ? "1" : "0", flags["mdev"] == "1" ? "1" : "0"),
                ("subsystem-id", function.subsystemIDs, map["subsystem-id"]),
            ]
            for (property, found, configured) in expected where index == 0 || property != "iommugroup" {
                if let problem = Self.difference(property, found, configured, name, address) { return problem }
            }
        }
        return nil
    }

    private static func difference(
        _ property: String, _ found: String?, _ configured: String?, _ name: String, _ address: String
    ) -> String? {
        switch (found, configured) {
        case (nil, nil): nil
        case (.some, nil): "missing expected property '\(property)' for device '\(address)'"
        case (nil, .some): "unexpected property '\(property)' configured for device '\(address)'"
        case (let found?, let configured?):
            found == configured ? nil : "'\(property)' does not match for '\(name)' (\(found) != \(configured))"
        }
    }
}
