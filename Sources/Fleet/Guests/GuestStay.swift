/// A guest as it was before its node was rebooted: what has to be so again afterwards.
public struct GuestStay: Hashable, Sendable, Codable {
    public var kind: GuestFacts.Kind
    public var vm: VMID
    /// It ran. One that did not is here only because its start with the node is held off.
    public var ran: Bool
    /// `startup: order=`; nil = after all that have one.
    public var order: Int?
    /// For how many seconds the guests after it wait once it runs: `startup: up=`.
    public var delaySeconds: Int
    /// How long it may take to shut down.
    public var shutdownSeconds: Int
    /// It is stopped hard when it takes longer.
    public var isForced: Bool
    /// Its `onboot` as it was, where that is off meanwhile; nil = it stays as it is.
    public var heldOnboot: String?
    /// The member of its cluster that it is migrated to, and comes back from; nil = it is shut down and started again.
    public var target: String?
    /// Why it is shut down although it was to be migrated; nil = it was not, or it is.
    public var obstacle: String?
    /// It left in an earlier roll-out or try, and has not been seen back since; nil = it did not.
    public internal(set) var leftBefore: Bool?
    /// Seen to be as before: it runs, and starts with the node if it did.
    public internal(set) var isBack: Bool

    public init(
        kind: GuestFacts.Kind, vm: VMID, ran: Bool = true, order: Int? = nil, delaySeconds: Int = 0,
        shutdownSeconds: Int = EvacuationSettings.usualTimeoutSeconds, isForced: Bool = false,
        heldOnboot: String? = nil,
        target: String? = nil, obstacle: String? = nil
    ) {
        self.kind = kind
        self.vm = vm
        self.ran = ran
        self.order = order
        self.delaySeconds = delaySeconds
        self.shutdownSeconds = shutdownSeconds
        self.isForced = isForced
        self.heldOnboot = heldOnboot
        self.target = target
        self.obstacle = obstacle
        isBack = false
    }

    /// `VM 100`, `CT 101`
    public var title: String { kind.title(vm) }

    /// The command that starts it by hand.
    public var startCommand: String { "\(kind == .qemu ? "qm" : "pct") start \(vm)" }

    /// The same guest, with what is owed to it from before.
    func owing(_ earlier: GuestStay) -> GuestStay {
        var guest = self
        guest.ran = ran || earlier.ran
        guest.heldOnboot = earlier.heldOnboot ?? heldOnboot
        return guest
    }

    /// Those that are down meanwhile first, in start order; those that run elsewhere can wait.
    static func comesBackBefore(_ a: GuestStay, _ b: GuestStay) -> Bool {
        (a.target == nil ? 0 : 1, a.order ?? .max, a.vm) < (b.target == nil ? 0 : 1, b.order ?? .max, b.vm)
    }
}

extension GuestFacts.Kind {
    /// `VM 100`, `CT 101`
    public func title(_ vm: VMID) -> String { self == .qemu ? "VM \(vm)" : "CT \(vm)" }
}

extension [GuestStay] {
    /// In which order they go: first those that are migrated, one at a time, because that may fail while all others still
    /// run. Then those that are shut down: the last to start first, and equals together, as a node's own shutdown does it.
    /// Those that do not run are among the first of these.
    public var departures: [[GuestStay]] {
        let away = filter { $0.target != nil && $0.leftBefore != true }.map { [$0] }
        let staying = filter { $0.target == nil }
        let orders = Set(staying.map { $0.order ?? .max }).sorted(by: >)
        var groups = orders.map { order in staying.filter { $0.ran && ($0.order ?? .max) == order } }
            .filter { !$0.isEmpty }
        let others = staying.filter { !$0.ran }
        if groups.isEmpty { return away + (others.isEmpty ? [] : [others]) }
        groups[0] = others + groups[0]
        return away + groups
    }

    /// What is not known to be as before, and what to type; nil = everything is.
    public var remains: String? {
        let open = filter { !$0.isBack }
        let down = open.filter { $0.ran && $0.target == nil }
        let sentences = [
            down.isEmpty ? nil : "Not seen to run again: \(down.told { $0.startCommand }).",
            open.away.isEmpty
                ? nil
                : "Not seen to be back: \(open.away.told { "on \($0.target ?? "another member"): qm migrate \($0.vm) THIS-NODE --online" }).",
            open.held.isEmpty ? nil : "The start with the node may still be off: \(open.held).",
        ].compactMap(\.self)
        return sentences.isEmpty ? nil : sentences.joined(separator: " ")
    }

    private var away: [GuestStay] { filter { $0.target != nil } }

    private var held: String {
        compactMap { stay in stay.heldOnboot.map { "qm set \(stay.vm) --onboot \($0)" } }.joined(separator: "; ")
    }

    /// `VM 100, CT 101 (qm start 100; pct start 101)`
    private func told(_ command: (GuestStay) -> String) -> String {
        "\(map(\.title).joined(separator: ", ")) (\(map(command).joined(separator: "; ")))"
    }
}
