/// Names given to MAC addresses: by systemd's `.link` files, and by udev rules.
struct NamePins {
    struct Pin: Hashable {
        var mac: String
        var name: String
        var path: String
    }

    private let pins: [Pin]

    static let directories = [
        "/etc/systemd/network/", "/run/systemd/network/", "/usr/local/lib/systemd/network/",
    ]
    static let rules = "/etc/udev/rules.d/"

    init(_ files: [String: Observed<FileContent>]) {
        var links: [(name: Substring, path: String, text: String)] = []
        var rules: [Pin] = []
        for (path, content) in files {
            guard let content = content.value, content.exists else { continue }
            if path.hasSuffix(".link"), let directory = Self.directories.first(where: path.hasPrefix) {
                links.append((path.dropFirst(directory.count), path, content.text))
            } else if path.hasPrefix(Self.rules) {
                rules += Self.pins(inRules: content.text, path)
            }
        }
        // The first file in the order of names counts, whichever directory it is in.
        let ordered = links.sorted { Array($0.name.utf8).lexicographicallyPrecedes(Array($1.name.utf8)) }
        pins = rules.sorted { $0.path < $1.path } + ordered.flatMap { Self.pins(inLink: $0.text, $0.path) }
    }

    /// Whether systemd makes names of its own at all; a link of its last file to nowhere is the usual way to keep it from that.
    static func hasPolicy(_ files: [String: Observed<FileContent>]) -> Bool {
        let content = files["/etc/systemd/network/99-default.link"]?.value
        return content?.exists != true || content?.linkTarget != "/dev/null" && content?.bytes?.isEmpty == false
    }

    /// What files that change hold as they are.
    init(before changes: [FileChange]) {
        self.init(
            Dictionary(changes.map { ($0.path, .known(FileContent(bytes: $0.before))) }) { first, _ in first })
    }

    func pin(of interface: NetworkInterface) -> Pin? {
        guard let mac = interface.mac?.asciiLowercased else { return nil }
        return pins.first { $0.mac == mac }
    }

    private static func pins(inLink text: String, _ path: String) -> [Pin] {
        var section: Substring = ""
        var macs: [String] = []
        var name: String?
        for line in text.split(whereSeparator: \.isNewline).map({ $0.trimmedBlanks }) where !line.hasPrefix("#") {
            if line.hasPrefix("[") {
                section = line
            } else if let (key, value) = line.cut("=") {
                switch (section, key) {
                case ("[Match]", "MACAddress"), ("[Match]", "PermanentMACAddress"):
                    macs += value.split(separator: " ").map { String($0).asciiLowercased }
                case ("[Link]", "Name"): name = String(value)
                default: break
                }
            }
        }
        return name.map { name in macs.map { Pin(mac: $0, name: name, path: path) } } ?? []
    }

    /// `SUBSYSTEM=="net", …, ATTR{address}=="00:11:22:33:44:55", …, NAME="eth0"`
    private static func pins(inRules text: String, _ path: String) -> [Pin] {
        text.split(whereSeparator: \.isNewline).filter { !$0.trimmedBlanks.hasPrefix("#") }.compactMap { line in
            let parts = line.split(separator: ",").map(\.trimmedBlanks)
            func value(_ prefix: String) -> String? {
                parts.first { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count).filter { $0 != "\"" }) }
            }
            guard let mac = value("ATTR{address}=="), let name = value("NAME=") else { return nil }
            return Pin(mac: mac.asciiLowercased, name: name, path: path)
        }
    }
}

extension Substring {
    /// What is before and after the first separator, without blanks around.
    func cut(_ separator: Character) -> (Substring, Substring)? {
        firstIndex(of: separator).map { (self[..<$0].trimmedBlanks, self[index(after: $0)...].trimmedBlanks) }
    }
}
