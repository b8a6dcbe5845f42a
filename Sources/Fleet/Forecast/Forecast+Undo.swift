extension Forecast {
    /// For the way back: nothing is wanted, and guests have given their devices up before the boot. Nil without a reboot.
    ///
    /// `losses` = what would take the host's network or storage from it.
    static func undoing(_ plan: NodePlan, _ facts: NodeFacts) -> (forecast: Forecast?, losses: [Reason]) {
        guard plan.reboot else { return (nil, []) }
        let nothing = NodeSettings(kernel: KernelSettings(intel: [], amd: [], all: []))
        let situation = Situation(facts.setting(plan.guests), nothing)
        let commandLine = NextCommandLine(
            facts, files: NodeFiles(facts).facts(after: plan.files), wanted: [],
            isGenerated: plan.commands.contains { $0 != .updateInitramfs })
        let boot = NextBoot(situation, plan.files, commandLine)
        let losses = boot.losses + StartingGuests(situation).losses(situation)
        return (Forecast(plan, situation, boot, commandLine), losses)
    }
}

extension NodeFacts {
    /// With these guests' options as they will be.
    fileprivate func setting(_ changes: [GuestChange]) -> NodeFacts {
        guard !changes.isEmpty else { return self }
        var facts = self
        facts.guests = guests.map { guests in
            guests.map { guest in
                let options = changes.filter { $0.vm == guest.id }.flatMap(\.options)
                guard !options.isEmpty, case .known(let text) = guest.configuration else { return guest }
                var guest = guest
                var values = GuestConfiguration(text).effective
                for option in options { values[option.key] = option.after }
                guest.configuration = .known(values.map { "\($0.key): \($0.value)\n" }.sorted().joined())
                return guest
            }
        }
        return facts
    }
}
