import Crypto
import Fleet
import FoundationEssentials
import Remote

/// The order to write files: their paths as words, their digests and bytes as lines of standard input.
struct FileOrder {
    let changes: [FileChange]

    /// Refuses paths that the tool never writes: outside of `/etc`, inside of `/etc/pve`, not in their plainest form.
    init(_ changes: [FileChange]) throws(NodeFailure) {
        for change in changes where !Self.isAllowed(change.path) {
            throw .refused(.pathNotAllowed(change.path), nil)
        }
        guard Set(changes.map(\.path)).count == changes.count else { throw .refused(.pathTwice, nil) }
        self.changes = changes
    }

    var paths: [String] { changes.map(\.path) }

    /// `DIGEST-BEFORE DIGEST-AFTER MODE OWNER BASE64`, one line for each file.
    var input: [UInt8] {
        changes.map { change in
            let bytes = change.after.map { Data($0).base64EncodedString() } ?? ""
            let mode = change.after == nil ? nil : change.mode.map { String($0 & 0o7777, radix: 8) }
            let owner = change.after == nil ? nil : change.owner?.description
            return
                "\(Self.digest(change.before)) \(Self.digest(change.after)) \(mode ?? "-") \(owner ?? "-") \(bytes)\n"
        }.joined().utf8.map(\.self)
    }

    private static func digest(_ bytes: [UInt8]?) -> String {
        guard let bytes else { return "absent" }
        return SHA256.hash(data: bytes).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }

    private static func isAllowed(_ path: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count > 2, parts[0].isEmpty, parts[1] == "etc", parts[2] != "pve", path.utf8.count < 4000 else {
            return false
        }
        // The new file is written beside the old one, under a longer name.
        return parts.dropFirst().allSatisfy { !["", ".", ".."].contains($0) && $0.utf8.count <= 238 }
            && path.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
    }
}

extension FileOrder {
    /// Says how each file that the node found changed differs from what the plan saw.
    func explain(_ answer: [NodeAnswer.Field], _ error: FleetError) -> NodeFailure {
        var found: [(change: FileChange, now: [UInt8]?)] = []
        for field in answer {
            if field.name == "changed", let at = Int(field.text), changes.indices.contains(at - 1) {
                found.append((changes[at - 1], nil))
            } else if field.name == "found", !found.isEmpty {
                found[found.count - 1].now = field.value
            }
        }
        let differences = found.map { Self.difference($0.change, now: $0.now) }
        var error = error
        error.message = ([error.message] + differences).joined(separator: " ")
        let command = "tail -v -n +1 " + found.map { ShellQuoting.quote($0.change.path) }.joined(separator: " ")
        let contents = found.map { "==> \($0.change.path) <==\n" + String(decoding: $0.now ?? [], as: UTF8.self) }
        return .refused(error, Evidence(command: command, output: contents.joined(separator: "\n")))
    }

    private static func difference(_ change: FileChange, now: [UInt8]?) -> String {
        guard let now else { return "\(change.path) is gone." }
        guard let before = change.before else { return "\(change.path) exists now." }
        let old = lines(before)
        let new = lines(now)
        guard let at = (0..<max(old.count, new.count)).first(where: { line(old, $0) != line(new, $0) }) else {
            return "\(change.path) differs."
        }
        return "Line \(at + 1) of \(change.path) is \(line(new, at)), the plan saw \(line(old, at))."
    }

    private static func lines(_ bytes: [UInt8]) -> [String] {
        String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    private static func line(_ lines: [String], _ at: Int) -> String {
        lines.indices.contains(at) ? "“\(lines[at].printableLine)”" : "missing"
    }
}

extension FleetError {
    fileprivate static func pathNotAllowed(_ path: String) -> FleetError {
        FleetError(
            "path-not-allowed", "\(path.printableLine) is no file that may be written on a node.",
            advice: "Files are written below /etc, never in /etc/pve, by their plain absolute path.")
    }
    fileprivate static let pathTwice = FleetError(
        "order-malformed", "One order names the same file twice.", advice: "Join both changes into one.")
}
