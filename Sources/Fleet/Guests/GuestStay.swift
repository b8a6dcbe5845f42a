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
    /// Seen to be as before: it runs, and starts with the node if it did.
    public internal(set) var isBack: Bool

    public init(
        kind: GuestFacts.Kind, vm: VMID, ran: Bool = true, order: Int? = nil, delaySeconds: Int = 0,
        shutdownSeconds: Int = EvacuationSettings.usualTimeoutSeconds, isForced: Bool = false, heldOnboot: String? = nil
    ) {
        self.kind = kind
        self.vm = vm
        self.ran = ran
        self.order = order
        self.delaySeconds = delaySeconds
        self.shutdownSeconds = shutdownSeconds
        self.isForced = isForced
        self.heldOnboot = heldOnboot
        isBack = false
    }

    /// `VM 100`, `CT 101`
    public var title: String { kind.title(vm) }

    /// The command that starts it by hand.
    public var startCommand: String { "\(kind == .qemu ? "qm" : "pct") start \(vm)" }
}

extension GuestFacts.Kind {
    /// `VM 100`, `CT 101`
    public func title(_ vm: VMID) -> String { self == .qemu ? "VM \(vm)" : "CT \(vm)" }
}

extension [GuestStay] {
    /// In which order they are shut down: those that start last go first, and equals go together, as a node's own
    /// shutdown does it. Those that do not run are among the first.
    public var departures: [[GuestStay]] {
        let orders = Set(map { $0.order ?? .max }).sorted(by: >)
        var groups = orders.map { order in filter { $0.ran && ($0.order ?? .max) == order } }.filter { !$0.isEmpty }
        let others = filter { !$0.ran }
        if groups.isEmpty { return others.isEmpty ? [] : [others] }
        groups[0] = others + groups[0]
        return groups
    }

    /// What is not known to be as before, and what to type; nil = everything is.
    public var remains: String? {
        let down = filter { $0.ran && !$0.isBack }
        let held = filter { $0.heldOnboot != nil && !$0.isBack }
        var sentences: [String] = []
        if !down.isEmpty {
            sentences.append(
                "Not seen to run again: \(down.map(\.title).joined(separator: ", ")) "
                    + "(\(down.map(\.startCommand).joined(separator: "; "))).")
        }
        if !held.isEmpty {
            let commands = held.map { "qm set \($0.vm) --onboot \($0.heldOnboot ?? "1")" }
            sentences.append("The start with the node may still be off: \(commands.joined(separator: "; ")).")
        }
        return sentences.isEmpty ? nil : sentences.joined(separator: " ")
    }
}
