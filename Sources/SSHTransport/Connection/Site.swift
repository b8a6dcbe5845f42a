import Fleet
import Remote

/// Which hop of which node a failure is about, for its sentence.
struct Site: Sendable {
    let node: NodeName
    let endpoint: Endpoint
    /// The endpoint is a jump host on the way to the node.
    let isJump: Bool

    /// `pve-01 (10.0.0.1:22)`, or `jump host 10.0.0.9:22`.
    var place: String {
        isJump ? "the jump host \(endpoint.description)" : "\(node) (\(endpoint.description))"
    }

    /// On a jump host, not reaching it or being refused there is `jump-failed`; what is about keys keeps its code, since
    /// its advice is the same.
    func failure(_ code: RemoteFailure.Code, _ message: String, advice: String) -> RemoteFailure {
        RemoteFailure(isJump && Self.isJumpFailure(code) ? .jumpFailed : code, node: node, message, advice: advice)
    }

    private static func isJumpFailure(_ code: RemoteFailure.Code) -> Bool {
        switch code {
        case .nameNotResolved, .connectionRefused, .unreachable, .connectTimedOut, .notSSH, .turnedAway,
            .handshakeTimedOut, .noCommonAlgorithm, .loginRefused, .loginTimedOut, .connectionLost, .protocolError:
            true
        default: false
        }
    }
}
