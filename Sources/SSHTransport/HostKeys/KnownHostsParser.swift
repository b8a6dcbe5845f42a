import FoundationEssentials

extension KnownHosts {
    /// Reads files in order; a later one adds to an earlier one.
    init(files: [(path: String, text: String)]) {
        var lines: [Line] = []
        var names: [String?] = []
        for (path, text) in files {
            for (index, raw) in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
                .enumerated()
            {
                guard let (line, name) = Self.parse(Substring(raw), file: path, number: index + 1) else { continue }
                lines.append(line)
                names.append(name)
            }
        }
        self.init(lines, exactNames: names)
    }

    /// The line, and its name when it is for exactly one.
    private static func parse(_ text: Substring, file: String, number: Int) -> (Line, String?)? {
        var fields = text.split { $0 == " " || $0 == "\t" || $0 == "\r" || $0 == "\r\n" }[...]
        guard let first = fields.first, !first.hasPrefix("#") else { return nil }
        var marker = Line.Marker.none
        if first.hasPrefix("@") {
            guard first == "@revoked" else { return nil }
            marker = .revoked
            fields = fields.dropFirst()
        }
        guard fields.count >= 3, let hosts = hosts(fields[fields.startIndex]) else { return nil }
        let key = HostKey(type: String(fields[fields.startIndex + 1]), base64: String(fields[fields.startIndex + 2]))
        guard Data(base64Encoded: key.base64) != nil else { return nil }
        let line = Line(marker: marker, hosts: hosts, key: key, file: file, number: number)
        return (line, exactName(fields[fields.startIndex]))
    }

    private static func hosts(_ field: Substring) -> Hosts? {
        guard field.hasPrefix("|") else {
            return .patterns(field.split(separator: ",").map { HostPattern($0) })
        }
        let parts = field.split(separator: "|", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[1] == "1", let salt = Data(base64Encoded: String(parts[2])),
            let digest = Data(base64Encoded: String(parts[3])), digest.count == 20
        else { return nil }
        return .hashed(salt: Array(salt), digest: Array(digest))
    }

    private static func exactName(_ field: Substring) -> String? {
        field.contains { "|,*?!".contains($0) } ? nil : field.lowercased()
    }
}
