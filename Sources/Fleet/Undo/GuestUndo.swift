/// How the guests' options go back: those that roll-outs set and that still are as they left them.
struct GuestUndo {
    private(set) var changes: [GuestChange] = []
    private(set) var reasons: [Reason] = []
    private let rollout: RolloutID?

    /// - Parameter rollout: only what this one did is taken back; nil = all.
    init(_ backups: [NodeBackup], _ facts: NodeFacts, of rollout: RolloutID?) {
        self.rollout = rollout
        var histories: [VMID: [String: ChangeHistory<String?>]] = [:]
        for backup in backups {
            for guest in backup.guests {
                for option in guest.options {
                    histories[guest.vm, default: [:]][option.key, default: .init()]
                        .append(backup.rollout, before: option.before, after: option.after)
                }
            }
        }
        guard !histories.isEmpty else { return }
        switch facts.guests {
        case .unknown(let why): reasons.append(.incomplete("Which guests are on the node", why))
        case .known(let guests):
            for (vm, options) in histories.sorted(by: { $0.key < $1.key }) {
                plan(vm, options, guests.first { $0.id == vm })
            }
        }
    }

    private mutating func plan(_ vm: VMID, _ histories: [String: ChangeHistory<String?>], _ guest: GuestFacts?) {
        guard let guest else {
            reasons.append(.warning(.guestAbsent, "VM \(vm) is not on this node any more, so its options stay."))
            return
        }
        switch guest.configuration {
        case .unknown(let why): reasons.append(.incomplete("The configuration of VM \(vm)", why))
        case .known(let text):
            let present = GuestConfiguration(text).effective
            let options = histories.keys.sorted(by: GuestOptions.precedes).compactMap { key in
                histories[key].flatMap { option(key, $0, present[key], vm) }
            }
            if !options.isEmpty { changes.append(GuestChange(vm: vm, options: options)) }
        }
    }

    /// Nil where it is as before, or as somebody else set it since.
    private mutating func option(
        _ key: String, _ history: ChangeHistory<String?>, _ present: String?, _ vm: VMID
    ) -> GuestChange.Option? {
        let origin = history.origin(of: present, before: rollout)
        if let last = history.inForce(present).last, last.after != present {
            let message =
                "\(key) of VM \(vm) was set to \(present ?? "nothing") after roll-out \(last.rollout), which had left it at "
                + "\(last.after ?? "nothing"): it stays."
            reasons.append(.warning(.guestOptionChangedSince, message))
        }
        // An empty value can't be set; for Proxmox it is the same as none.
        let after = origin?.isEmpty == true ? nil : origin
        return after == present ? nil : GuestChange.Option(key: key, before: present, after: after)
    }
}
