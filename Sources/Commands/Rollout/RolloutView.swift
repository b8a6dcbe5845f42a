internal import Engine
internal import Fleet
internal import Forms

/// A roll-out's progress for a person, and its end in a few lines.
enum RolloutView {
    static func show(_ event: RolloutProgress, _ progress: Progress) async {
        switch event {
        case .began(let effect): await progress.update(effect.id.node, effect.action.phrase)
        case .event(let event, let phase, let changed):
            switch event.kind {
            case .refused, .elsewhere, .owed: await progress.say(event.kind.phrase, .warning, evenIfQuiet: true)
            default: break
            }
            for node in changed {
                guard case .ended(let result) = node.state else { continue }
                await progress.finish(node.node, result.phrase, result.style)
            }
            switch phase {
            case .pausing: await progress.say("pause before the next batch", .dim)
            case .waiting: await progress.say(phase.phrase, .warning)
            default: break
            }
        case .estimate(let seconds): await progress.expect(seconds.map { "\(about(seconds: $0)) left" })
        case .settled: break
        }
    }

    /// What became of every node, for standard output.
    static func summary(of rollout: Fleet.Rollout, _ terminal: Terminal) -> String {
        let ended = Dictionary(grouping: rollout.nodes, by: \.state.word)
        let lines = ended.sorted { $0.key < $1.key }.map { word, nodes in
            "\(nodes.count) \(word): \(NameSet.fold(nodes.map(\.node)))\n"
        }
        return problems(of: rollout, terminal) + debts(of: rollout, terminal) + reverts(of: rollout, terminal)
            + misses(of: rollout, terminal)
            + lines.joined() + others(of: rollout, terminal)
            + "rollout \(rollout.id): \(rollout.phase.phrase)\n"
    }

    private static func others(of rollout: Fleet.Rollout, _ terminal: Terminal) -> String {
        guard !rollout.isEnded, !rollout.elsewhere.isEmpty else { return "" }
        return terminal.styled(rollout.elsewhere.phrase.printable, .warning) + "\n"
    }

    /// A problem's own words name what it left.
    private static func debts(of rollout: Fleet.Rollout, _ terminal: Terminal) -> String {
        rollout.nodes.filter { $0.state.result?.problem == nil }.compactMap { $0.debt }.map {
            terminal.styled($0.phrase.printable, .warning) + "\n"
        }.joined()
    }

    private static func reverts(of rollout: Fleet.Rollout, _ terminal: Terminal) -> String {
        rollout.nodes.compactMap { node in
            node.revert.map { terminal.styled("\(node.node) \($0.phrase)".printable, .warning) + "\n" }
        }.joined()
    }

    private static func misses(of rollout: Fleet.Rollout, _ terminal: Terminal) -> String {
        rollout.nodes.flatMap { node in
            (node.misses ?? []).map {
                terminal.styled("\(node.node) came up otherwise than foreseen: \($0.phrase)".printable, .warning) + "\n"
            }
        }.joined()
    }

    private static func problems(of rollout: Fleet.Rollout, _ terminal: Terminal) -> String {
        rollout.nodes.compactMap { node -> String? in
            guard let problem = node.state.result?.problem else { return nil }
            let lock = problem.leftLocked ? " Its lock could not be given back." : ""
            let advice = problem.error.advice.map { " \($0)" } ?? ""
            let text =
                "\(node.node) at \(problem.step): \(problem.error.message)\(advice)\(lock) [\(problem.error.code)]"
            return terminal.styled(text.printable, .bad) + "\n"
        }.joined()
    }
}
