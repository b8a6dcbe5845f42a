internal import Engine
internal import Fleet

/// A sweep's progress for a person.
struct SweepView {
    var total: Int
    var console: Console
    /// Only failures are said.
    var isSilent: Bool

    func follow(_ body: (AsyncStream<SweepEvent>.Continuation) async throws -> SweepSummary) async throws
        -> SweepSummary
    {
        let (events, continuation) = AsyncStream.makeStream(of: SweepEvent.self)
        let progress = Progress(total: total, terminal: terminal) { text in console.writeError(text) }
        let watcher = Task {
            for await event in events { await show(event, progress) }
            await progress.end()
        }
        defer { continuation.finish() }
        do {
            let summary = try await body(continuation)
            continuation.finish()
            await watcher.value
            return summary
        } catch {
            continuation.finish()
            await watcher.value
            throw error
        }
    }

    private var terminal: Terminal { console.terminal }

    private func show(_ event: SweepEvent, _ progress: Progress) async {
        switch event {
        case .started: break
        case .observed(let node, let facts):
            if !isSilent { await progress.update(node, Self.line(facts), .good, isLast: true) }
        case .failed(let node, let error):
            let advice = error.advice.map { " \($0)" } ?? ""
            console.terminal.isQuiet || isSilent
                ? console.complain("\(node): \(error.message)\(advice) [\(error.code)]".printable)
                : await progress.update(node, "\(error.message)\(advice) [\(error.code)]", .bad, isLast: true)
        }
    }

    private static func line(_ facts: NodeFacts) -> String {
        let version = facts.proxmox.version.value.flatMap(\.self).map { "Proxmox VE \($0)" } ?? "no Proxmox VE"
        let loader = facts.boot.loader.value.map { "\($0.rawValue)" } ?? "boot loader unknown"
        let iommu = facts.iommu.isOn.value.map { $0 ? "IOMMU on" : "IOMMU off" } ?? "IOMMU unknown"
        let functions = facts.functions.value ?? []
        let cards = functions.count { $0.class.isDisplay || $0.class.isAccelerator }
        let findings = facts.findings.summary.map { ", \($0)" } ?? ""
        return "\(version), \(loader), \(iommu), \(functions.count) functions, \(cards) GPUs\(findings)"
    }
}
