import Engine
import Fleet

extension FencingToken {
    static func test(_ number: UInt64 = 7, _ rollout: String = "rollout-a") throws -> FencingToken {
        FencingToken(number: number, rollout: try RolloutID(lossless: rollout))
    }
}

extension RolloutID {
    fileprivate init(lossless text: String) throws {
        guard let id = RolloutID(text) else { throw InvalidTestValue(text: text) }
        self = id
    }
}

struct InvalidTestValue: Error { var text: String }

extension FileChange {
    static func text(_ path: String, _ before: String?, _ after: String?) -> FileChange {
        FileChange(path: path, before: before.map { Array($0.utf8) }, after: after.map { Array($0.utf8) })
    }
}

extension NodeBackup {
    /// What it notes about bytes.
    var changes: [FileChange] {
        files.map { FileChange(path: $0.path, before: $0.before.bytes, after: $0.after.bytes) }
    }
}

/// What an operation refused with; nil when it did not.
func refusal(_ operation: () async throws(NodeFailure) -> Void) async -> (error: FleetError, evidence: Evidence?)? {
    do {
        try await operation()
    } catch {
        if case .refused(let error, let evidence) = error { return (error, evidence) }
        return (FleetError("remote", "\(error)"), nil)
    }
    return nil
}
