package import Fleet

extension NodeWork {
    /// What a step does, as the command line says while it does it; `name`: as `NodeStep.name` has it.
    package func phrase(ofStep name: String) -> String {
        // Those that there are several of have their number at the end.
        let number = name.split(separator: "-").last.flatMap { Int($0) }
        let index = (number ?? 1) - 1
        switch number == nil ? name : name.withoutNumber {
        case "lock", "relock": return NodeEffect.Action.lock.phrase
        case "check": return NodeEffect.Action.check.phrase
        case "arm": return NodeEffect.Action.arm(withinSeconds: 0).phrase
        case "hold-cluster": return "telling the cluster that it goes away"
        case "note-guests": return "noting which guests run"
        case "evacuate": return "moving guests away"
        case "write": return NodeEffect.Action.write.phrase
        case "rebuild" where commands.indices.contains(index): return NodeEffect.Action.run(commands[index]).phrase
        case "prove-disk": return NodeEffect.Action.proveDisk(nil).phrase
        case "reboot": return "rebooting"
        case "await-return": return "waiting for a new boot id"
        case "prove-boot": return NodeEffect.Action.proveBoot.phrase
        case "confirm": return "confirming the new settings"
        case "await-revert": return "waiting until it has put itself back"
        case "set-guest" where guests.indices.contains(index): return NodeEffect.Action.setGuest(guests[index]).phrase
        case "read-back": return NodeEffect.Action.readBack.phrase
        case "release-cluster": return "putting back what was set in the cluster"
        case "await-home": return "waiting for what the cluster had moved away"
        case "return": return "bringing a guest back"
        case "unlock": return NodeEffect.Action.unlock.phrase
        case let step where step.hasPrefix("recover-"): return "looking where it stands"
        default: return name
        }
    }
}

extension String {
    /// `rebuild` of `rebuild-2`
    fileprivate var withoutNumber: String { String(self[..<(lastIndex(of: "-") ?? endIndex)]) }
}

extension RolloutEvent.Kind {
    /// `phrase` with what the step does instead of its name.
    package func sentence(of work: NodeWork?) -> String {
        guard let effect, let work else { return phrase }
        let start = "\(effect.node): \(effect.step) "
        guard phrase.hasPrefix(start) else { return phrase }
        return "\(effect.node): \(work.phrase(ofStep: effect.step)): \(phrase.dropFirst(start.count))"
    }
}
