internal import Engine
internal import Fleet
internal import Forms
internal import Store

/// How commands look at nodes: with live progress, and until Ctrl-C.
struct SweepRunner {
    var context: Context
    var store: Store
    var ssh: SSHOptions

    /// Looks at all of `nodes`. Interrupted, it gives back what was seen until then. `showing`: what each node is; the
    /// nodes that could not be observed are said in any case.
    func run(_ nodes: [Node], showing: Bool) async throws -> (summary: SweepSummary, wasInterrupted: Bool) {
        let progress = context.console.progress(of: nodes.count, awaiting: nodes.map(\.name))
        let showing = showing && !context.console.isQuiet
        let show: @Sendable (SweepEvent, Progress) async -> Void = { event, progress in
            switch event {
            case .started: break
            case .observed(let node, let observation):
                await progress.finish(node, showing ? Self.line(observation.facts) : nil, .good)
            case .failed(let node, let error):
                await progress.finish(node, error.description, .bad, evenIfQuiet: true)
            }
        }
        let (summary, wasInterrupted) = try await progress.interruptible { [sweep] in
            try await progress.follow(showing: show) { try await sweep.run(nodes, events: $0) }
        }
        return (summary, wasInterrupted)
    }

    /// A fresh look at each target against what the playbook asks. Fails with `CancellationError` when interrupted.
    func verify(_ targets: [PlaybookTargets.Target]) async throws -> [NodeCompliance] {
        let progress = context.console.progress(of: targets.count, awaiting: targets.map(\.node.name))
        let service = VerifyService(sweep: sweep, judge: DomainJudge())
        let show: @Sendable (VerifyEvent, Progress) async -> Void = { event, progress in
            let (node, failure) = (event.verification.compliance.node, event.verification.failure)
            await progress.finish(node, failure?.description, .bad, evenIfQuiet: true)
        }
        let (verifications, wasInterrupted) = try await progress.interruptible {
            try await progress.follow(showing: show) { try await service.verify(targets, events: $0) }
        }
        if wasInterrupted { throw CancellationError() }
        return verifications.map(\.compliance)
    }

    private var sweep: Sweep {
        Sweep(store: store, opener: ssh.opener(asking: context.console.canAsk), parallelism: ssh.parallel)
    }

    private static func line(_ facts: NodeFacts) -> String {
        let version = facts.proxmox.version.value.flatMap(\.self).map { "Proxmox VE \($0)" } ?? "no Proxmox VE"
        let loader = facts.boot.loader.value.map { "\($0.rawValue)" } ?? "boot loader unknown"
        let iommu = facts.iommu.isOn.value.map { $0 ? "IOMMU on" : "IOMMU off" } ?? "IOMMU unknown"
        let functions = facts.functions.value ?? []
        let cards = functions.count { $0.class.isDisplay || $0.class.isAccelerator }
        let findings = facts.findings.summary.map { ", \($0)" } ?? ""
        return "\(version), \(loader), \(iommu), \(functions.count) functions, "
            + "\(cards) GPU\(cards == 1 ? "" : "s")\(findings)"
    }
}
