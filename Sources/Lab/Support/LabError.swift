import Glibc

/// Why the lab could not do something, with what would mend it.
public struct LabError: Error, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// A call to the system failed.
        case system
        /// A program that the lab needs failed or is missing.
        case program
        /// The directory already holds a lab, or holds none.
        case directory
        /// The lab does not answer.
        case supervisor
        /// An unknown node or fault, or a set-up that makes no sense.
        case invalid
        /// A node did not come up.
        case boot
    }

    public let code: Code
    public let description: String

    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    /// The failure of the call that just set `errno`.
    static func system(_ call: String, _ subject: String) -> LabError {
        let reason = String(cString: strerror(errno))
        return LabError(.system, "\(call) \(subject): \(reason)")
    }
}
