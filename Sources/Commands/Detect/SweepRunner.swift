internal import Engine
internal import Fleet
internal import Forms

/// How commands look at nodes: with live progress, and until Ctrl-C.
struct SweepRunner {
    var console: Console
    var controller: any Controller

    /// Looks at nodes. Interrupted, it gives back what was seen until then. `showing`: what each node is; the nodes that could
    /// not be observed are said in any case.
    func detect(_ selector: String?, showing: Bool) async throws -> (SweepDocument, wasInterrupted: Bool) {
        try await run(showing: showing) { [controller] in try await controller.detect(selector, telling: $0) }
    }

    /// A fresh look at each node against what the playbook asks. Fails with `CancellationError` when interrupted.
    func verify(_ file: PlaybookFile) async throws -> [NodeCompliance] {
        try await whole { [controller] in try await controller.verify(file, telling: $0) }
    }

    /// A plan from a fresh look, so that nobody approves what is no longer so. Fails with `CancellationError` when interrupted.
    func plan(_ wish: PlanWish) async throws -> (plan: FleetPlan, digest: ContentDigest) {
        try await whole { [controller] in
            let made = try await controller.plan(wish, telling: $0)
            return (plan: made.plan, digest: made.digest)
        }
    }

    private func whole<Value: Sendable>(
        _ body: @escaping @Sendable (LookListener) async throws -> Value
    ) async throws -> Value {
        let (value, wasInterrupted) = try await run(showing: false, body)
        if wasInterrupted { throw CancellationError() }
        return value
    }

    private func run<Value: Sendable>(
        showing: Bool, _ body: @escaping @Sendable (LookListener) async throws -> Value
    ) async throws -> (Value, wasInterrupted: Bool) {
        let progress = console.progress(of: 0)
        let showing = showing && !console.isQuiet
        let listener = LookListener { nodes in
            await progress.begin(nodes)
        } looked: { event in
            if let error = event.error {
                await progress.finish(event.node, error.description, .bad, evenIfQuiet: true)
            } else {
                await progress.finish(event.node, showing ? event.words : nil, .good)
            }
        }
        return try await progress.interruptible { try await progress.followed { try await body(listener) } }
    }
}
