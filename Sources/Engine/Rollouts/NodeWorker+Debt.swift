import Fleet

/// What earlier roll-outs took away from the node and have not given back.
extension NodeWorker {
    /// What is still owed, by a fresh look at the node, at the places of its guests and at its cluster.
    func review(_ debt: NodeDebt) async throws(NodeFailure) -> Outcome {
        let report = try await session.use { node throws(NodeFailure) in try await node.guardReport() }
        // It would reboot the node under the guests that are started.
        if report.rollout != token.rollout, [.waiting, .reverting].contains(report.phase) {
            return .failed(.init(.onTrial(session.node.name, report)))
        }
        let facts = try await observe()
        let places = try await places(ofUnseen: debt.stays, facts)
        let look = debt.hold == nil ? nil : try await waitForCluster { _ in nil }
        return .reviewed(debt.review(facts, places: places, look: look))
    }

    /// Right after a boot a node may tell of no guest, and its cluster can't be asked for a while.
    private func places(
        ofUnseen guests: [GuestStay], _ facts: NodeFacts
    ) async throws(NodeFailure) -> [GuestPlace] {
        let unseen = guests.filter { facts.state(of: $0) == nil }.map(\.vm)
        guard !unseen.isEmpty else { return [] }
        return try await patiently(["guest-place-unknown"]) { () throws(NodeFailure) in try await places(of: unseen) }
    }
}

extension FleetError {
    /// The code that the node itself refuses another guard with.
    fileprivate static func onTrial(_ node: NodeName, _ report: GuardReport) -> FleetError {
        FleetError(
            "node-on-trial",
            "\(node) is about to put back what the roll-out \(report.rollout?.description ?? "before") changed, and reboots for it.",
            advice: "Wait until it is back, then try again; see /var/lib/vfiofleet/guard/record on the node.")
    }
}
