import Fleet
import Testing

/// Plans of a given shape, and a roll-out that answers its own effects.
struct RolloutFixture {
    var rollout: Rollout
    var time = Timestamp(milliseconds: 1_000_000)
    /// Effects that wait for an outcome, in the order in which they came.
    var waiting: [NodeEffect] = []
    var wakes: [Timestamp] = []
    /// `node action`, in the order in which they were ordered.
    var ordered: [String] = []

    init(
        _ plans: [NodePlan], _ settings: RolloutSettings = .init(), domains: [NodeName: [FailureDomain]] = [:],
        purpose: FleetPlan.Purpose = .apply
    ) throws {
        let digest = try #require(ContentDigest(bytes: [UInt8](repeating: 7, count: 32)))
        let plan = FleetPlan(
            purpose: purpose, playbook: Playbook(name: "gpu"),
            nodes: plans.map { .init(plan: $0, settings: NodeSettings(), facts: nil) })
        rollout = Rollout(
            id: try #require(RolloutID("r1")), of: plan, digest: digest, settings: settings,
            domains: domains)
    }

    /// Handles an event, checks what must hold, and notes the effects.
    @discardableResult
    mutating func handle(_ kind: RolloutEvent.Kind) -> Rollout.Transition {
        let before = rollout
        let transition = rollout.handle(RolloutEvent(at: time, kind))
        #expect(rollout.check() == [], "after \(kind)")
        switch transition {
        case .rejected: #expect(rollout == before)
        case .accepted(let effects):
            if kind == .resume { waiting = [] }
            for position in rollout.nodes.indices where rollout.nodes[position] != before.nodes[position] {
                #expect(rollout.changed.contains(position), "the store would miss \(rollout.nodes[position].node)")
            }
            for effect in effects { note(effect) }
        }
        return transition
    }

    private mutating func note(_ effect: RolloutEffect) {
        switch effect {
        case .node(let effect):
            waiting.append(effect)
            ordered.append("\(effect.id.node) \(effect.id.step)")
        case .wake(let time): wakes.append(time)
        }
    }

    /// Ends the effect that has waited longest.
    mutating func finishFirst(_ outcome: Outcome? = nil) {
        let effect = waiting.removeFirst()
        handle(.finished(effect.id, outcome ?? Self.success(effect)))
    }

    /// Lets everything succeed until nothing is left to do.
    mutating func runToEnd() {
        while !rollout.isEnded {
            if waiting.isEmpty {
                switch rollout.phase {
                case .pausing(let until), .waiting(let until): time = until
                default: return
                }
                handle(.tick)
            } else {
                finishFirst()
            }
        }
    }

    static func success(_ effect: NodeEffect) -> Outcome {
        switch effect.action {
        case .proveDisk, .recover: .seen(boot(1))
        case .awaitReturn: .seen(boot(2))
        case .noteGuests: .noted(stays)
        case .reviewDebt(let debt): .reviewed(DebtReview(stays: debt.stays, hold: debt.hold))
        case .awaitRevert: .reverted(GuardReport(phase: .reverted, boot: boot(3)))
        default: .done
        }
    }

    /// Two that start last, one that starts before them, and one that only starts with the node.
    static let stays = [
        GuestStay(kind: .qemu, vm: vm(201), order: 1), GuestStay(kind: .qemu, vm: vm(100)),
        GuestStay(kind: .lxc, vm: vm(202)), GuestStay(kind: .qemu, vm: vm(203), ran: false, heldOnboot: "1"),
    ]

    static func boot(_ number: Int) -> BootID {
        let digits = String(number)
        let id = "00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
        guard let boot = BootID(id) else { preconditionFailure("not a boot id: \(id)") }
        return boot
    }
}

func name(_ text: String) -> NodeName {
    guard let name = NodeName(text) else { preconditionFailure("not a node name: \(text)") }
    return name
}

func vm(_ number: UInt32) -> VMID {
    guard let vm = VMID(number: number) else { preconditionFailure("not a guest's number: \(number)") }
    return vm
}

/// The same plan, with its guests shut down for the reboot.
func evacuating(_ plan: NodePlan) -> NodePlan {
    var plan = plan
    plan.evacuation = []
    return plan
}

func change(
    _ node: String, files: Bool = true, commands: [NodeCommand] = [.updateGrub, .updateInitramfs], reboot: Bool = true,
    guests: [UInt32] = [100]
) -> NodePlan {
    NodePlan(
        node: name(node), verdict: .change,
        files: files ? [FileChange(path: "/etc/modules", before: nil, after: Array("vfio\n".utf8))] : [],
        commands: commands, reboot: reboot,
        guests: guests.compactMap(VMID.init(number:)).map { GuestChange(vm: $0, options: []) })
}

func failure(_ code: FleetError.Code = "rebuild-failed", contactLost: Bool = false) -> Outcome {
    .failed(.init(FleetError(code, "It failed."), isContactLost: contactLost))
}
