import Crypto

/// Reads a configuration file as `PVE::QemuServer::parse_vm_config` does. It never fails: what can't be read is
/// reported and lost.
struct GuestConfigParser {
    private enum Place {
        case main, pending, skipped
        case special(String)
        case snapshot(String)
    }

    private let vmid: String
    private var config = GuestConfig()
    private var place = Place.main
    private var description: String?
    private var hasPending = false
    private(set) var warnings: [String] = []

    private init(vmid: String) { self.vmid = vmid }

    static func parse(_ bytes: [UInt8], vmid: String) -> (config: GuestConfig, warnings: [String]) {
        var parser = Self(vmid: vmid)
        for line in bytes.split(separator: UInt8(ascii: "\n")) where !line.allSatisfy(isSpace) { parser.read(line) }
        parser.finishDescription()
        parser.config.main["snapstate"] = nil
        parser.config.digest = Insecure.SHA1.hash(data: bytes).map(hexByte).joined()
        return (parser.config, parser.warnings)
    }

    private mutating func read(_ line: ArraySlice<UInt8>) {
        if let name = sectionName(line) {
            finishDescription()
            open(name)
            return
        }
        if case .skipped = place { return }
        if line.first == UInt8(ascii: "#") {
            description = (description ?? "") + percentDecoded(line.dropFirst()) + "\n"
        } else {
            readSetting(line)
        }
    }

    private func sectionName(_ line: ArraySlice<UInt8>) -> String? {
        let line = trimmedEnd(line)
        guard line.first == UInt8(ascii: "["), line.last == UInt8(ascii: "]"), line.count > 1 else { return nil }
        let name = line.dropFirst().dropLast()
        return name.contains(UInt8(ascii: "]")) ? nil : latin1(name)
    }

    private mutating func open(_ name: String) {
        if name.lowercased() == "pending" {
            if hasPending { warn("duplicate section: pending") }
            hasPending = true
            config.pending = [:]
            place = .pending
        } else if let match = name.wholeMatch(of: /special:(cloudinit|fleecing)/.ignoresCase()) {
            openSpecial(String(match.1))
        } else if name.wholeMatch(of: /[a-z][a-z0-9_\-]+/.ignoresCase()) != nil {
            if config.snapshots[name] != nil { warn("duplicate snapshot section: \(name)") }
            config.snapshots[name] = [:]
            place = .snapshot(name)
        } else {
            warn("skipping unknown section: '\(name)'")
            place = .skipped
        }
    }

    private mutating func openSpecial(_ name: String) {
        if config.special[name] != nil { warn("duplicate special section: \(name)") }
        config.special[name] = [:]
        place = .special(name)
    }

    private mutating func finishDescription() {
        guard let text = description else { return }
        description = nil
        store("description", String(trimmedTail(text)))
    }

    private func trimmedTail(_ text: String) -> String {
        var scalars = text.unicodeScalars[...]
        while let last = scalars.last, isSpace(last) { scalars = scalars.dropLast() }
        return String(scalars)
    }

    private mutating func store(_ key: String, _ value: String) {
        switch place {
        case .main: config.main[key] = value
        case .pending: config.pending[key] = value
        case .special(let name): config.special[name]?[key] = value
        case .snapshot(let name): config.snapshots[name]?[key] = value
        case .skipped: break
        }
    }

    private mutating func warn(_ text: String) { warnings.append("vm \(vmid) - \(text)") }
}

// MARK: - Settings

extension GuestConfigParser {
    private mutating func readSetting(_ line: ArraySlice<UInt8>) {
        guard let (key, value) = keyAndValue(line) else {
            if latin1(line).contains(/snapstate:\s*(prepare|delete)\s*$/) {
                store("snapstate", latin1(line).contains("prepare") ? "prepare" : "delete")
            } else {
                warn("unable to parse config: \(latin1(line))")
            }
            return
        }
        switch key {
        case "description": description = (description ?? "") + percentDecoded(ArraySlice(value.utf8Bytes))
        case "snapstate" where value == "prepare" || value == "delete": store("snapstate", value)
        case "delete": storeDeletion(value)
        default: storeChecked(key, value)
        }
    }

    /// `key: value`, blanks around the value eaten. A value of blanks alone is its last blank.
    private func keyAndValue(_ line: ArraySlice<UInt8>) -> (String, String)? {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), isKey(line[..<colon]) else { return nil }
        let rest = line[(colon + 1)...]
        guard let last = rest.last else { return nil }
        let value = trimmedEnd(rest.drop(while: isSpace))
        return (latin1(line[..<colon]), latin1(value.isEmpty ? [last] : value))
    }

    /// `[a-z][a-z_-]*[0-9]*`
    private func isKey(_ bytes: ArraySlice<UInt8>) -> Bool {
        let letters = bytes.prefix { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || $0 == 0x5f || $0 == 0x2d }
        let digits = bytes[letters.endIndex...]
        return letters.first.map { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) } == true
            && digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    private mutating func storeDeletion(_ value: String) {
        if case .pending = place {
            store("delete", value)
        } else {
            warn("property 'delete' is only allowed in [PENDING]")
        }
    }

    private mutating func storeChecked(_ key: String, _ value: String) {
        if case .special("cloudinit") = place {
            store(key, value)
            return
        }
        if case .special = place, key == "fleecing-images" {
            store(key, value)
            return
        }
        switch GuestConfig.stored(key, value) {
        case .success(let value): store(key == "cdrom" ? "ide2" : key, value)
        case .failure(let problem): warn("unable to parse value of '\(key)' - \(problem.reason)")
        }
    }
}

extension GuestConfig {
    /// A value as the file keeps it, or why it can't be there. Only types and formats are looked at here; a pattern or
    /// an enumeration is checked where a value is set.
    static func stored(_ key: String, _ value: String) -> Result<String, PropertyStringFailure> {
        guard let schema = GuestOptions.schema[key] else { return .failure(.init(reason: "unknown setting '\(key)'")) }
        switch schema.kind {
        case .boolean:
            if let boolean = perlBoolean(value) { return .success(boolean ? "1" : "0") }
        case .integer:
            if value.wholeMatch(of: /\d+/) != nil { return .success(Int(value).map(String.init) ?? value) }
        case .number:
            if value.wholeMatch(of: /\d+(\.\d+)?/) != nil { return .success(value) }
        case .string, .array: return storedText(key, value, schema)
        }
        return .failure(.init(reason: "type check ('\(schema.kind.rawValue)') failed - got '\(value)'"))
    }

    private static func storedText(
        _ key: String, _ value: String, _ schema: PropertySchema
    ) -> Result<String, PropertyStringFailure> {
        if let reason = schema.formatProblem(value, path: "") { return .failure(.init(reason: reason)) }
        if ["ide", "scsi", "virtio", "sata"].contains(where: { key.hasPrefix($0) }), GuestOptions.isDrive(key),
            let drive = try? PropertyStringFormat.drive.parse(value)
        {
            return .success(PropertyStringFormat.drive.print(drive))
        }
        if schema.format == nil, value.count > 1, value.hasPrefix("\""), value.hasSuffix("\"") {
            return .success(String(value.dropFirst().dropLast()))
        }
        return .success(value)
    }
}

extension String {
    /// The bytes that `latin1` was made from.
    fileprivate var utf8Bytes: [UInt8] { perlBytes(self) }
}
