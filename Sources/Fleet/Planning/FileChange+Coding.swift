// Stored plans hold whole files: as text where they are text, which a person can read and a parser reads fast.

extension FileChange {
    private enum Key: String, CodingKey {
        case path
        case before
        case after
        case mode
        case owner
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        path = try container.decode(String.self, forKey: .path)
        before = try container.decodeIfPresent(CodedBytes.self, forKey: .before)?.bytes
        after = try container.decodeIfPresent(CodedBytes.self, forKey: .after)?.bytes
        mode = try container.decodeIfPresent(UInt16.self, forKey: .mode)
        owner = try container.decodeIfPresent(FileOwner.self, forKey: .owner)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(path, forKey: .path)
        try container.encodeIfPresent(before.map(CodedBytes.init(bytes:)), forKey: .before)
        try container.encodeIfPresent(after.map(CodedBytes.init(bytes:)), forKey: .after)
        try container.encodeIfPresent(mode, forKey: .mode)
        try container.encodeIfPresent(owner, forKey: .owner)
    }
}

/// `{"text": …}`, or `{"bytes": […]}` for what is not UTF-8.
private struct CodedBytes: Codable {
    var bytes: [UInt8]

    private enum Key: String, CodingKey {
        case text
        case bytes
    }

    init(bytes: [UInt8]) { self.bytes = bytes }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        if let text = try container.decodeIfPresent(String.self, forKey: .text) {
            bytes = Array(text.utf8)
        } else {
            bytes = try container.decode([UInt8].self, forKey: .bytes)
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        if let text = String(validating: bytes, as: UTF8.self) {
            try container.encode(text, forKey: .text)
        } else {
            try container.encode(bytes, forKey: .bytes)
        }
    }
}
