extension GuestConfig {
    /// The file's bytes: descriptions first in each section, keys sorted, sections in a fixed order.
    var serialized: [UInt8] {
        var text = Self.text(main, isPending: false)
        if !pending.isEmpty { text += "\n[PENDING]\n" + Self.text(pending, isPending: true) }
        for (name, section) in special.sorted(by: { $0.key < $1.key }) where name != "cloudinit" || hasCloudInit {
            text += "\n[special:\(name)]\n" + Self.text(section, isPending: false)
        }
        for (name, section) in snapshots.sorted(by: { $0.key < $1.key }) {
            text += "\n[\(name)]\n" + Self.text(section, isPending: false)
        }
        return perlBytes(text)
    }

    private static func text(_ section: Section, isPending: Bool) -> String {
        var text = ""
        if let description = section["description"] {
            if description.isEmpty && isPending { text += "#\n" }
            var lines = description.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
            while lines.last?.isEmpty == true { lines.removeLast() }
            for line in lines { text += "#\(percentEncoded(String(line)))\n" }
        }
        for (key, value) in section.sorted(by: { $0.key < $1.key }) where key != "description" {
            text += "\(key): \(value)\n"
        }
        return text
    }

    private var hasCloudInit: Bool {
        GuestOptions.driveNames.contains {
            main[$0]?.contains("vm-") == true && main[$0]?.contains("cloudinit") == true
        }
    }
}
