/// `/etc/pve/qemu-server/ID.conf` as qemu-server's own parser reads it (`PVE::QemuServer::parse_vm_config`).
public struct GuestConfiguration: Hashable, Sendable {
    public struct Section: Hashable, Sendable {
        /// The last occurrence of a key counts.
        public var options: [String: String] = [:]
        /// Only in `[PENDING]`: keys that go away when the pending changes are applied.
        public var deletions: Set<String> = []
    }

    /// What the running guest was started with, or a stopped one will start with once pending changes are applied.
    public var current = Section()
    /// Changes that wait for the guest to stop.
    public var pending: Section?
    /// Snapshots by name.
    public var snapshots: [String: Section] = [:]

    /// Reads everything; lines that Proxmox would not understand are left out, as it does.
    public init(_ text: String) {
        var place = Place.main
        for line in text.split(whereSeparator: \.isNewline) {
            guard !line.hasPrefix("#") else { continue }
            if let section = Self.sectionName(line) {
                place = Place(section)
                begin(place)
            } else if let (key, value) = Self.option(line) {
                store(key, value, in: place)
            }
        }
    }

    /// The options with pending changes applied: what `qm config` shows.
    public var effective: [String: String] {
        guard let pending else { return current.options }
        return current.options.filter { !pending.deletions.contains($0.key) }
            .merging(pending.options) { _, new in new }
    }

    private enum Place {
        case main
        case pending
        case snapshot(String)
        /// `[special:…]`, and sections that Proxmox skips.
        case ignored

        init(_ name: Substring) {
            if name.lowercased() == "pending" {
                self = .pending
            } else {
                self = Self.isSnapshotName(name) ? .snapshot(String(name)) : .ignored
            }
        }

        private static func isSnapshotName(_ name: Substring) -> Bool {
            guard let first = name.utf8.first, Byte.isNameStart(first), first != Byte.underscore else { return false }
            return name.utf8.count > 1 && name.utf8.allSatisfy { Byte.isName($0) || $0 == Byte.hyphen }
        }
    }

    private mutating func begin(_ place: Place) {
        switch place {
        case .pending: pending = pending ?? Section()
        case .snapshot(let name): snapshots[name] = snapshots[name] ?? Section()
        case .main, .ignored: break
        }
    }

    private mutating func store(_ key: Substring, _ value: Substring, in place: Place) {
        switch place {
        case .main: current.options[String(key)] = String(value)
        case .pending where key == "delete":
            let names = value.split { $0 == "," || $0 == " " || $0 == ";" }
            pending?.deletions.formUnion(names.map { String($0.drop { $0 == "!" }) })
        case .pending: pending?.options[String(key)] = String(value)
        case .snapshot(let name): snapshots[name]?.options[String(key)] = String(value)
        case .ignored: break
        }
    }

    /// `[NAME]`, with blanks after it.
    private static func sectionName(_ line: Substring) -> Substring? {
        guard line.hasPrefix("["), let end = line.firstIndex(of: "]"),
            line[line.index(after: end)...].allSatisfy({ $0 == " " || $0 == "\t" })
        else { return nil }
        return line[line.index(after: line.startIndex)..<end]
    }

    /// `key: value`; `key:value` is valid too, and blanks around the value do not count.
    static func option(_ line: Substring) -> (key: Substring, value: Substring)? {
        guard let colon = line.firstIndex(of: ":") else { return nil }
        let key = line[..<colon]
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        guard let first = key.utf8.first, letters.contains(first),
            key.utf8.allSatisfy({
                letters.contains($0) || Byte.isDigit($0) || $0 == Byte.underscore || $0 == Byte.hyphen
            })
        else { return nil }
        return (key, line[line.index(after: colon)...].trimmedBlanks)
    }
}

extension Substring {
    var trimmedBlanks: Substring {
        let blank = { (character: Character) in character == " " || character == "\t" || character == "\r" }
        var text = drop(while: blank)
        while let last = text.last, blank(last) { text = text.dropLast() }
        return text
    }
}
