internal import Fleet
internal import Forms
internal import Store

/// The same for a person.
struct StandingView {
    var standing: NodeStanding
    /// With the guard's whole record.
    var isVerbose: Bool

    func write(to console: Console) {
        let lines = rollout + debt + self.guard + lock
        guard !lines.isEmpty else { return }
        console.writeLine()
        console.writeLine(console.terminal.styled("Roll-outs", .bold))
        for (text, style) in lines { console.writeLine("  " + console.terminal.styled(text.printableLine, style)) }
    }

    private typealias Line = (text: String, style: Style)

    private var rollout: [Line] {
        guard let last = standing.lastRollout else { return [] }
        let isGood = last.error == nil
        let step = last.step.map { " at \($0)" } ?? ""
        let title = "\(last.state)\(step) in roll-out \(last.id) of \(last.createdAt)"
        guard let error = last.error else { return [(title, .plain)] }
        let advice = error.advice.map { " \($0)" } ?? ""
        return [(title, isGood ? .plain : .bad), ("\(error.message)\(advice) [\(error.code)]", .plain)]
    }

    private var debt: [Line] {
        standing.debt.map {
            [("owed by roll-out \($0.rollout): \($0.remains) The next roll-out over the node gives it back.", .warning)]
        } ?? []
    }

    private var `guard`: [Line] {
        guard let report = standing.changeGuard else { return [] }
        let style: Style = [.waiting, .reverting].contains(report.phase) ? .warning : .plain
        let failure = report.failure.map { [("It could not: \($0)", Style.bad)] } ?? []
        let record = report.record.map { entry in
            ("\(entry.at)  \(entry.uptime) s after the boot  \(entry.word) \(entry.text)", Style.dim)
        }
        let isTelling = isVerbose || ![.armed, .confirmed, .none].contains(report.phase)
        return [("guard: \(report.state)", style)] + failure + (isTelling ? record : [])
    }

    private var lock: [Line] {
        guard let lock = standing.lock else { return [] }
        let by = lock.by.map { " by \($0)" } ?? ""
        let since = lock.since.map { " since \($0)" } ?? ""
        return [("locked for roll-out \(lock.rollout?.description ?? "unknown")\(by)\(since)", .warning)]
    }
}

extension GuardReport {
    /// How far it is, as a sentence without its subject.
    fileprivate var state: String {
        let whose = rollout.map { " of roll-out \($0)" } ?? ""
        let within = withinSeconds.map { " within \($0) s of the boot" } ?? ""
        return switch phase {
        case .none: "nothing is guarded"
        case .armed: "set up for the changes\(whose); the next boot must be confirmed\(within)"
        case .waiting: "waits for the confirmation of the changes\(whose)\(within), or puts the node back"
        case .confirmed: "the changes\(whose) were confirmed"
        case .reverting:
            "puts back what roll-out \(rollout?.description ?? "unknown") changed: \(reason ?? "it did not tell why")"
        case .reverted: phrase
        }
    }
}
