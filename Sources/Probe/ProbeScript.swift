/// The remote detection script.
public enum ProbeScript {
    /// The script itself: to be handed to a POSIX shell's standard input.
    public static var text: [UInt8] { PackageResources.probe_sh }

    /// How thorough a look is.
    public enum Depth: Sendable {
        case full
        /// Leaves the contents of the initramfs images out, which take about half a second each.
        case quick
    }

    /// The command whose standard input is `text`: one round trip, nothing written on the node.
    ///
    /// `nonce` must be fresh and random for each run, so that no file on the node can pretend to be a part of the
    /// answer. Characters that are neither ASCII letters nor digits are left out, and so the command needs no quotes.
    public static func command(nonce: String, depth: Depth = .full) -> String {
        let safe = String(nonce.filter { $0.isASCII && ($0.isLetter || $0.isNumber) }.prefix(64))
        return depth == .quick ? "sh -s -- \(safe) quick" : "sh -s -- \(safe)"
    }
}
