import Crypto
import FoundationEssentials

/// The lines of known_hosts files (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"): plain, with patterns, or hashed.
///
/// `@cert-authority` lines are ignored, since libssh can't check host certificates; so are lines that make no sense,
/// as OpenSSH does.
struct KnownHosts: Sendable {
    struct Line: Hashable, Sendable {
        enum Marker: Hashable, Sendable { case none, revoked }

        var marker: Marker
        var hosts: Hosts
        var key: HostKey
        var file: String
        var number: Int
    }

    enum Hosts: Hashable, Sendable {
        case patterns([HostPattern])
        case hashed(salt: [UInt8], digest: [UInt8])

        func matches(_ name: String) -> Bool {
            switch self {
            case .patterns(let patterns): HostPattern.list(patterns, matches: name)
            case .hashed(let salt, let digest): HostKeyHash.digest(of: name, salt: salt) == digest
            }
        }
    }

    private(set) var lines: [Line]
    /// Lines by the one name they are for, which is what most lines are.
    private var exact: [String: [Int]] = [:]
    private var others: [Int] = []

    init(_ lines: [Line] = [], exactNames: [String?] = []) {
        self.lines = lines
        for (index, name) in exactNames.enumerated() {
            if let name { exact[name, default: []].append(index) } else { others.append(index) }
        }
    }

    /// What is recorded about `host`.
    func lines(for host: KnownHostName) -> [Line] {
        let name = host.text
        let found = (exact[name] ?? []) + others.filter { lines[$0].hosts.matches(name) }
        return found.sorted().map { lines[$0] }
    }

    func verdict(on key: HostKey, from host: KnownHostName) -> HostKeyVerdict {
        let lines = lines(for: host)
        let same = lines.filter { $0.key == key }
        if same.contains(where: { $0.marker == .revoked }) { return .revoked }
        if !same.isEmpty { return .known }
        let recorded = lines.filter { $0.marker == .none }
        if recorded.isEmpty { return .unknown }
        let closest = recorded.first { $0.key.type == key.type } ?? recorded[0]
        return .changed(recorded: closest.key, file: closest.file, line: closest.number)
    }
}

/// What the known_hosts files say about a key that a server showed.
public enum HostKeyVerdict: Hashable, Sendable {
    case known, unknown, revoked
    /// The host is recorded, with other keys only. The one of the same type, or the first.
    case changed(recorded: HostKey, file: String, line: Int)
}

/// A host as known_hosts names it: `host`, or `[host]:port` when the port is not 22.
public struct KnownHostName: Hashable, Sendable {
    public var text: String

    public init(host: String, port: UInt16) {
        text = port == 22 ? host.lowercased() : "[\(host.lowercased())]:\(port)"
    }
}

enum HostKeyHash {
    /// HMAC-SHA1 of the name, keyed with the salt: how `ssh-keygen -H` hides names.
    static func digest(of name: String, salt: [UInt8]) -> [UInt8] {
        Array(HMAC<Insecure.SHA1>.authenticationCode(for: Array(name.utf8), using: SymmetricKey(data: salt)))
    }

    /// The field that stands for `name`, with a fresh salt.
    static func field(for name: String) -> String {
        let salt = (0..<20).map { _ in UInt8.random(in: .min ... .max) }
        return "|1|\(Data(salt).base64EncodedString())|\(Data(digest(of: name, salt: salt)).base64EncodedString())"
    }
}
