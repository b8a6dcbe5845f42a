import Fleet

/// What becomes of a node on trial: confirmed, or back as it was.
extension NodeWorker {
    /// A boot that is not the one ordered has nothing to prove.
    func proveBoot() async throws(NodeFailure) -> Outcome {
        let report = try await session.use { node throws(NodeFailure) in try await node.guardReport() }
        guard report.rollout == token.rollout, report.phase == .reverting || report.phase == .reverted else {
            return try await prove(.boot)
        }
        return .failed(.init(.putBack(session.node.name, report)))
    }

    /// Services take a while after a boot. How long they may take, the node's guard decides.
    func confirm(_ boot: BootID, until deadline: Timestamp) async throws(NodeFailure) -> Outcome {
        while true {
            do throws(NodeFailure) {
                try await session.use { [token] node throws(NodeFailure) in try await node.confirm(boot, token) }
                return .done
            } catch {
                guard error.error.code == "services-not-back", driver.time.now() < deadline else { throw error }
            }
            try await wait()
        }
    }

    /// A node that answers is told to go back at once; one that does not goes back by itself.
    func awaitRevert(because problem: NodeProblem, until deadline: Timestamp) async throws(NodeFailure) -> Outcome {
        var last: NodeFailure?
        while true {
            await session.drop()
            do throws(NodeFailure) {
                if let outcome = try await lookAtGuard(problem) { return outcome }
                last = nil
            } catch {
                last = error
            }
            guard driver.time.now() < deadline else {
                return .failed(.init(.notPutBack(session.node.name, last?.error), isContactLost: true))
            }
            try await wait()
        }
    }

    /// Nil while the node is at it.
    private func lookAtGuard(_ problem: NodeProblem) async throws(NodeFailure) -> Outcome? {
        let name = session.node.name
        let report = try await session.use { node throws(NodeFailure) in try await node.guardReport() }
        guard report.rollout == token.rollout else { return .failed(.init(.noGuard(name))) }
        switch report.phase {
        case .none: return .failed(.init(.noGuard(name)))
        // It was told to reboot and may still do so.
        case .armed where problem.step == "await-return": return .failed(.init(.lost(name, nil)))
        case .armed, .waiting:
            _ = try await lock()
            let reason = "\(problem.error.code): \(problem.error.message)"
            let goesBack = try await session.use { [token] node throws(NodeFailure) in
                try await node.putBack(because: reason, token)
            }
            return goesBack ? nil : .failed(.init(.untouched(name)))
        case .confirmed:
            _ = try await lock()
            return report.boot.map { .seen($0) } ?? .failed(.init(.noGuard(name)))
        case .reverting: return report.failure.map { .failed(.init(.cannotPutBack(name, $0))) }
        case .reverted:
            // For the node's history; the node's own word is what counts.
            _ = try await observe()
            return .reverted(report)
        }
    }
}

extension FleetError {
    fileprivate static func putBack(_ node: NodeName, _ report: GuardReport) -> FleetError {
        FleetError(
            "node-put-back",
            "\(node) was not reached in its new boot and put itself back (\(report.reason ?? "it did not tell why")).",
            advice:
                "Something in the new settings, or near them, cut it off: look at what `plan` foresees for its network."
        )
    }

    fileprivate static func notPutBack(_ node: NodeName, _ last: FleetError?) -> FleetError {
        FleetError(
            "node-lost",
            "\(node) was not seen to put itself back either"
                + (last.map { "; the last try said: \($0.message)" } ?? "."),
            advice: "Look at its console; /var/lib/vfiofleet/guard/record there tells what it did.")
    }

    fileprivate static func untouched(_ node: NodeName) -> FleetError {
        FleetError("node-untouched", "Nothing on \(node) was changed yet.")
    }

    fileprivate static func noGuard(_ node: NodeName) -> FleetError {
        FleetError(
            "guard-missing", "\(node) has no guard of this roll-out any more, so it can't put itself back.",
            advice: "Somebody removed it. `vfiofleet undo \(node)` goes back.")
    }

    fileprivate static func cannotPutBack(_ node: NodeName, _ why: String) -> FleetError {
        FleetError(
            "put-back-failed", "\(node) could not put itself back: \(why)",
            advice:
                "Mend what it says. It tries again every minute and does not reboot by itself any more: reboot it when "
                + "/var/lib/vfiofleet/guard/record there ends with “staying”.")
    }
}
