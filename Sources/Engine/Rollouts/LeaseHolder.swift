public import Fleet
import Foundation
public import Store

/// Names this process so that another one on the same machine can tell whether it still runs.
public struct LeaseHolder: Hashable, Sendable, CustomStringConvertible {
    /// `alice@controller, process 4711 started at 123456 in boot 1234…`
    public let description: String

    private static let throughService = " through the service"

    /// `actor`: who acts, for a person: `alice@controller`. `throughService`: the service goes on with it by itself.
    public init(actor: String, throughService: Bool = false) {
        let pid = ProcessInfo.processInfo.processIdentifier
        let who = actor + (throughService ? Self.throughService : "")
        description = "\(who), \(Self.identity(of: pid) ?? "process \(pid)")"
    }

    /// Who acted, where that was through a service; nil = it was not.
    static func actorThroughService(_ holder: String) -> String? {
        guard let process = holder.range(of: ", process ", options: .backwards)?.lowerBound,
            holder[..<process].hasSuffix(throughService)
        else { return nil }
        return String(holder[..<process].dropLast(throughService.count))
    }

    /// For processes that can't be looked for.
    public init(description: String) { self.description = description }

    /// Whether the process it names is known to have ended: it ran in this boot of this machine, and runs no more.
    public static func isGone(_ holder: String) -> Bool {
        guard let at = holder.range(of: ", process ", options: .backwards)?.upperBound else { return false }
        let identity = "process " + holder[at...]
        guard let boot = bootID(), identity.hasSuffix(" in boot \(boot)"),
            let pid = Int32(holder[at...].prefix { $0.isNumber })
        else { return false }
        return Self.identity(of: pid) != identity
    }

    /// The start time (field 22 of `/proc/PID/stat`) tells a process from a later one with the same number.
    private static func identity(of pid: Int32) -> String? {
        guard let boot = bootID(), let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let afterName = stat.range(of: ") ", options: .backwards)?.upperBound
        else { return nil }
        let fields = stat[afterName...].split(separator: " ")
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
        return "process \(pid) started at \(fields[19]) in boot \(boot)"
    }

    private static func bootID() -> String? {
        (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8))?
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

extension Lease {
    /// It has not run out, and its holder is not known to have ended.
    func isHeld(at time: Timestamp) -> Bool { expiresAt > time && !LeaseHolder.isGone(holder) }
}

extension StoredRollout {
    /// It was begun and is to go on, and nobody drives it: its driver was killed, or has lost its database.
    public func isAbandoned(at time: Timestamp) -> Bool {
        switch rollout.phase {
        case .ready, .suspended, .ended: false
        case .running, .pausing, .waiting, .draining, .stopping: lease?.isHeld(at: time) != true
        }
    }
}
