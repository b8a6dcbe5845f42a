internal import Foundation

/// Takes the passwords of guests out of whatever a page or the API is about to tell. Proxmox keeps a hash of them in guests'
/// configurations (`cipassword`), which the probe reads with everything else; no viewer needs it.
enum Redaction {
    private static let key = Array("cipassword:".utf8)
    private static let hidden = Array(" (hidden)".utf8)

    /// Up to the end of the line, as a text, in JSON (`\n`, `"`) or in HTML.
    static func hide(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.firstRange(of: key) != nil else { return bytes }
        var result: [UInt8] = []
        var rest = bytes[...]
        while let found = rest.firstRange(of: key) {
            result += rest[..<found.upperBound] + hidden
            rest = rest[found.upperBound...].drop { !ends.contains($0) }
        }
        return result + rest
    }

    private static let ends = Set("\n\r\\\"<".utf8)
}
