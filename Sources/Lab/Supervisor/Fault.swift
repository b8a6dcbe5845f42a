import Fleet

/// What can be made to go wrong on a node.
public enum Fault: Hashable, Sendable {
    /// The next reboot ends in silence.
    case neverReturns
    /// The next boot comes up without a network: nothing reaches the node, and all else runs.
    case bootsWithoutNetwork
    /// Reboots take that many seconds more.
    case returnsLate(Double)
    /// `reboot` fails with a message.
    case refusesReboot
    /// `reboot` exits 0 and nothing happens.
    case ignoresReboot
    /// The root file system has no byte left.
    case diskFull
    case readOnlyRoot
    /// `update-initramfs` exits 1.
    case updateInitramfsFails
    /// `update-initramfs` exits 0 and writes nothing.
    case updateInitramfsLies
    /// Each login waits that many seconds.
    case sshdSlow(Double)
    /// sshd takes connections and says nothing.
    case sshdSilent
    /// A session ends without a word after that many bytes of output.
    case cutAfter(Int)
    /// The management card is gone: nothing answers, now and after reboots.
    case cardLost
    /// The guest of that number does not heed that it is asked to shut down.
    case guestStaysUp(UInt32)
    /// The guest of that number can't be migrated from this node.
    case migrationFails(UInt32)
    /// The same, but `qm migrate` exits 0.
    case migrationLies(UInt32)

    public static let words = [
        "never-returns", "boots-without-network", "returns-late=SECONDS", "refuses-reboot", "ignores-reboot",
        "disk-full", "read-only-root",
        "update-initramfs-fails", "update-initramfs-lies", "sshd-slow=SECONDS", "sshd-silent", "cut-after=BYTES",
        "card-lost", "guest-stays-up=VMID", "migration-fails=VMID", "migration-lies=VMID",
    ]

    /// Nil when the text is none of `words`.
    public init?(_ text: String) {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        let value = parts.count > 1 ? parts[1] : ""
        switch (parts.first, parts.count) {
        case ("never-returns", 1): self = .neverReturns
        case ("boots-without-network", 1): self = .bootsWithoutNetwork
        case ("refuses-reboot", 1): self = .refusesReboot
        case ("ignores-reboot", 1): self = .ignoresReboot
        case ("disk-full", 1): self = .diskFull
        case ("read-only-root", 1): self = .readOnlyRoot
        case ("update-initramfs-fails", 1): self = .updateInitramfsFails
        case ("update-initramfs-lies", 1): self = .updateInitramfsLies
        case ("sshd-silent", 1): self = .sshdSilent
        case ("card-lost", 1): self = .cardLost
        case ("guest-stays-up", 2), ("migration-fails", 2), ("migration-lies", 2):
            guard let number = VMID(value)?.number else { return nil }
            switch parts[0] {
            case "migration-fails": self = .migrationFails(number)
            case "migration-lies": self = .migrationLies(number)
            default: self = .guestStaysUp(number)
            }
        case ("returns-late", 2):
            guard let seconds = Double(value), (0...86400).contains(seconds) else { return nil }
            self = .returnsLate(seconds)
        case ("sshd-slow", 2):
            guard let seconds = Double(value), (0...3600).contains(seconds) else { return nil }
            self = .sshdSlow(seconds)
        case ("cut-after", 2):
            guard let bytes = Int(value), bytes >= 0 else { return nil }
            self = .cutAfter(bytes)
        default: return nil
        }
    }
}

extension Fault: CustomStringConvertible {
    public var description: String {
        switch self {
        case .neverReturns: "never-returns"
        case .bootsWithoutNetwork: "boots-without-network"
        case .returnsLate(let seconds): "returns-late=\(seconds)"
        case .refusesReboot: "refuses-reboot"
        case .ignoresReboot: "ignores-reboot"
        case .diskFull: "disk-full"
        case .readOnlyRoot: "read-only-root"
        case .updateInitramfsFails: "update-initramfs-fails"
        case .updateInitramfsLies: "update-initramfs-lies"
        case .sshdSlow(let seconds): "sshd-slow=\(seconds)"
        case .sshdSilent: "sshd-silent"
        case .cutAfter(let bytes): "cut-after=\(bytes)"
        case .cardLost: "card-lost"
        case .guestStaysUp(let number): "guest-stays-up=\(number)"
        case .migrationFails(let number): "migration-fails=\(number)"
        case .migrationLies(let number): "migration-lies=\(number)"
        }
    }

    /// The kind, as the name of the file that tells the node's own programs.
    var word: String { String(description.prefix { $0 != "=" }) }
    var value: String { String(description.drop { $0 != "=" }.dropFirst()) }
}
