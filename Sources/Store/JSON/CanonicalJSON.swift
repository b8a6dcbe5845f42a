/// Writes values as JSON with sorted keys, byte for byte as `JSONEncoder` does with `.sortedKeys` and
/// `.withoutEscapingSlashes`, in a fraction of its time: that is most of what keeping the plan of a large fleet costs.
///
/// Made for the domain's types: no key twice in an object, and no dates, data or decimals, which `JSONEncoder` treats in
/// ways of its own.
enum CanonicalJSON {
    static func bytes(_ value: some Encodable) throws -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(4096)
        try JSONValueEncoder.value(of: value).write(to: &bytes)
        return bytes
    }

    static func text(_ value: some Encodable) throws -> String {
        String(decoding: try bytes(value), as: UTF8.self)
    }
}

/// A JSON value on its way to text.
enum JSONValue {
    case string(String)
    case integer(Int64)
    /// Any other number, `true`, `false` or `null`.
    case literal(String)
    case array(JSONArray)
    case object(JSONObject)
    /// What an encoder that was given away has been given by the time of writing.
    case later(JSONValueEncoder)

    func write(to bytes: inout [UInt8]) {
        switch self {
        case .string(let text): text.writeQuoted(to: &bytes)
        case .integer(let number): bytes += number.description.utf8
        case .literal(let text): bytes += text.utf8
        case .array(let array): array.write(to: &bytes)
        case .object(let object): object.write(to: &bytes)
        case .later(let encoder): encoder.result.write(to: &bytes)
        }
    }
}

final class JSONArray {
    var elements: [JSONValue] = []

    fileprivate func write(to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "["))
        var isFirst = true
        for element in elements {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            element.write(to: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
    }
}

final class JSONObject {
    var members: [(key: String, value: JSONValue)] = []

    init() { members.reserveCapacity(8) }

    fileprivate func write(to bytes: inout [UInt8]) {
        members.sort { $0.key < $1.key }
        bytes.append(UInt8(ascii: "{"))
        var isFirst = true
        for member in members {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            member.key.writeQuoted(to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            member.value.write(to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
    }
}

extension String {
    fileprivate func writeQuoted(to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        var text = self
        text.withUTF8 { utf8 in
            var start = 0
            for index in utf8.indices where Self.needsEscape(utf8[index]) {
                bytes += utf8[start..<index]
                bytes += Self.escape(utf8[index]).utf8
                start = index + 1
            }
            bytes += utf8[start...]
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private static func escape(_ byte: UInt8) -> String {
        switch byte {
        case UInt8(ascii: "\""): #"\""#
        case UInt8(ascii: "\\"): #"\\"#
        case 0x08: #"\b"#
        case 0x0c: #"\f"#
        case UInt8(ascii: "\n"): #"\n"#
        case UInt8(ascii: "\r"): #"\r"#
        case UInt8(ascii: "\t"): #"\t"#
        default: (byte < 0x10 ? #"\u000"# : #"\u00"#) + String(byte, radix: 16)
        }
    }
}
