internal import ArgumentParser
internal import Fleet
internal import Forms
internal import Store

struct RolloutSkip: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "skip", abstract: "Leave nodes out of a roll-out that has not come to them yet.",
        discussion: """
            Such nodes stay as they are; a later apply plans them anew. Works while the roll-out runs, here or elsewhere, \
            and while it is suspended.

            Example:
              vfiofleet rollout skip 'pve[07-08]'
            """)

    @OptionGroup var target: RolloutNodes
    @OptionGroup(title: "Who does it") var who: ControllerOptions
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let controller = try await context.controller(who)
        let (stored, wanted) = try await target.resolve(with: controller)
        let id = stored.id
        let waiting = wanted.filter { stored[$0]?.state == .queued }
        for node in waiting { try await controller.give(.skip(node), to: id) }
        if !waiting.isEmpty { context.console.writeLine("to be skipped: \(NameSet.fold(waiting))") }
        let others = wanted.filter { !waiting.contains($0) }
        if !others.isEmpty {
            context.console.complain(
                "\(NameSet.fold(others)): not skipped, because \(id) does not hold them back any more or never had them."
            )
        }
        return others.isEmpty ? .good : .failed
    }
}
