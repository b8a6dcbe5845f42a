import Engine
import Fleet
import Remote

/// What controllers send to nodes.
extension Course {
    func connect(_ controller: SimulatedController, to node: NodeName) throws(NodeFailure) -> Int {
        guard controller.isAlive, !Task.isCancelled else { throw .unreachable(node, .cancelled) }
        let boot = fleet.with(node, isLook: true) { $0.answers(fleet.now) ? $0.boot : nil }
        guard let boot else { throw .unreachable(node, .connectTimedOut) }
        return boot
    }

    private struct Order: Sendable, CustomStringConvertible {
        let controller: Int
        let node: NodeName
        let word: String
        let code: String
        var description: String { "controller \(controller) to \(node): \(word), \(code)" }
    }

    /// Sends an order, or a look, and has it carried out when it arrives. It may get lost on the way, and so may its answer.
    func order<Value: Sendable>(
        _ word: String, _ line: SimulatedLine, isLook: Bool,
        _ body: @escaping (inout SimulatedMember, FleetModel) throws(FleetError) -> Value
    ) async throws(NodeFailure) -> Value {
        let (controller, node) = (line.controller, line.node)
        guard controller.isAlive, !Task.isCancelled else { throw .unreachable(node, .cancelled) }
        let loss = isGentle ? 2 : draw(0...79)
        let delay = draw(0...3)
        var result: Result<Value, NodeFailure>?
        let arrive = { [unowned self] in
            // What a dead controller had sent may still arrive; looks are its own.
            if !controller.isAlive, isLook || chance(2) { return }
            let outcome: Result<Value, NodeFailure> =
                loss == 0 ? .failure(.unreachable(node, .connectionLost)) : carryOut(line, isLook, body)
            note(Order(controller: controller.number, node: node, word: word, code: outcome.code))
            result = loss == 1 ? .failure(.unreachable(node, .connectionLost)) : outcome
        }
        if delay == 0 { arrive() } else { _ = await wait(controller, for: delay, arrive) }
        guard controller.isAlive, !Task.isCancelled, let result else { throw .unreachable(node, .cancelled) }
        return try result.get()
    }

    private func carryOut<Value: Sendable>(
        _ line: SimulatedLine, _ isLook: Bool, _ body: (inout SimulatedMember, FleetModel) throws(FleetError) -> Value
    ) -> Result<Value, NodeFailure> {
        do throws(NodeFailure) {
            return .success(
                try fleet.with(line.node, isLook: isLook) { member throws(NodeFailure) in
                    guard member.answers(fleet.now), member.boot == line.boot else {
                        throw .unreachable(line.node, .connectionLost)
                    }
                    do throws(FleetError) { return try body(&member, fleet) } catch { throw .refused(error, nil) }
                })
        } catch { return .failure(error) }
    }
}

extension NodeFailure {
    fileprivate static func unreachable(_ node: NodeName, _ code: RemoteFailure.Code) -> NodeFailure {
        .remote(RemoteFailure(code, node: node, "It was not reached.", advice: "Wait."))
    }
}

extension Result where Failure == NodeFailure {
    fileprivate var code: String {
        switch self {
        case .success: "done"
        case .failure(let failure): failure.error.code.rawValue
        }
    }
}
