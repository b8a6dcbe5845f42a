internal import AsyncHTTPClient
internal import Engine
internal import Fleet
internal import Forms
internal import Foundation
internal import Store

/// Following a roll-out that the controller drives: what is shown is computed from its journal, as its driver does.
extension RemoteController {
    /// A driver takes its lease before anything else; the machine may be busy.
    private static let patience = Duration.seconds(15)

    func drive(
        _ id: RolloutID, _ drive: Drive, controls: AsyncStream<RolloutOrder>,
        events: AsyncStream<RolloutProgress>.Continuation
    ) async throws -> Fleet.Rollout {
        defer { events.finish() }
        let kept = try await rollout(id)
        if kept.stored.rollout.isEnded { return kept.stored.rollout }
        switch drive {
        case .begun: for effect in kept.stored.rollout.underWay { events.yield(.began(effect)) }
        case .resuming: try await client.post("rollouts/\(id)/resume")
        case .aborting: try await give(.abort, to: id)
        }
        let orders = Task { for await order in controls { await obey(order, id) } }
        defer { orders.cancel() }
        return try await follow(kept, events)
    }

    private func obey(_ order: RolloutOrder, _ id: RolloutID) async {
        do { try await give(order, to: id) } catch {
            for sentence in Failures.sentences(of: error) ?? ["\(error)"] { Progress.complain(sentence.printable) }
        }
    }

    /// Until nobody goes on with it. Streams end after a while, and are asked for again.
    private func follow(
        _ kept: KeptRollout, _ events: AsyncStream<RolloutProgress>.Continuation
    ) async throws -> Fleet.Rollout {
        let id = kept.stored.rollout.id
        var replay = RolloutReplay(kept.stored)
        var heard = ContinuousClock.now
        do {
            while true {
                var stream = try await client.events("rollouts/\(id)/events?form=kept&after=\(replay.lastEvent)")
                while let event = try await stream.next() {
                    if event.isSilence {
                        if heard.duration(to: .now) > Self.patience { try await requireDriver(of: id) }
                        continue
                    }
                    heard = .now
                    guard let progress = replay.take(try event.value()) else {
                        replay = RolloutReplay(try await rollout(id).stored)
                        break
                    }
                    for step in progress { events.yield(step) }
                    if replay.isSettled { return replay.rollout }
                }
            }
        } catch let error as FleetError where error.code == "controller-gone" {
            throw FleetError(
                "controller-gone", "The controller has ended while it drove \(id).",
                advice:
                    "What was ordered on the nodes goes on. Started again, it goes on by itself with what it had to leave at once; "
                    + "what it has parked goes on with: vfiofleet rollout resume \(id). Where it stands: vfiofleet rollout show \(id)."
            )
        }
    }

    /// The controller's log tells why nobody drives it. Fails with `rollout-idle`.
    private func requireDriver(of id: RolloutID) async throws {
        let kept = try await rollout(id)
        guard kept.holder == nil, !RolloutReplay(kept.stored).isSettled else { return }
        throw FleetError(
            "rollout-idle", "The controller drives \(id) no longer; its log tells why.",
            advice: "Go on with it: vfiofleet rollout resume \(id).")
    }
}
