/// What a node will be after its next boot if its plan is carried out. Made before, kept with the plan, and held against
/// what the node shows afterwards (`misses`).
public struct Forecast: Hashable, Sendable, Codable {
    /// Functions that are wanted, or whose driver changes or can't be foreseen. The others stay on their driver.
    public var drivers: [Driver]
    /// Network interfaces that sit on a PCI function, by name.
    public var interfaces: [Interface]
    public var console: Console
    /// Guests that start with the node and take PCI devices.
    public var guests: [Guest]
    /// Nil when no guest with devices starts with the node, or the node's memory is not known.
    public var memory: Memory?
    /// The kernel the boot entries start by default, where that is not the running one.
    public var otherKernel: String?
    /// What could not be foreseen and why, in words.
    public var unknowns: [String]
    public var risk: Risk

    /// Which driver a function is on.
    public struct Driver: Hashable, Sendable, Codable {
        public var address: PCIAddress
        public var name: String?
        /// Nil = none.
        public var now: ModuleName?
        /// What it may be on: one driver (null = none) where that is certain, several where they race, none of these
        /// where nothing is known.
        public var then: [ModuleName?]
        public var because: String
    }

    /// What becomes of an interface's name.
    public struct Interface: Hashable, Sendable, Codable {
        public enum Fate: String, Hashable, Sendable, Codable {
            case stays
            /// Its card goes to guests.
            case vanishes
            /// Udev gives it `newName`.
            case renamed
            /// It may get another name.
            case uncertain
        }

        public var name: String
        public var function: PCIAddress
        /// Nil = not known.
        public var mac: String?
        public var fate: Fate
        public var newName: String?
        /// The name is bound to the card's MAC address.
        public var isPinned: Bool
        /// What the host needs it for: `default-route`, `corosync`, …; empty = nothing that is known.
        public var needs: [HostUse.Purpose]
        public var because: String
    }

    /// Where a person at the machine sees its screen.
    public struct Console: Hashable, Sendable, Codable {
        public enum Fate: String, Hashable, Sendable, Codable {
            case stays
            case lost
            /// No display is known.
            case none
            case unknown
        }

        /// The display the firmware chose.
        public var function: PCIAddress?
        public var fate: Fate
        public var because: String
    }

    public struct Guest: Hashable, Sendable, Codable {
        public var vm: VMID
        /// Every function Proxmox takes from the host when the guest starts: its devices and their groups. Only its
        /// devices where the groups are not known.
        public var takes: [PCIAddress]
        public var areGroupsKnown: Bool
    }

    /// MiB. A guest with PCI devices pins all its memory, and ballooning gives nothing back.
    public struct Memory: Hashable, Sendable, Codable {
        public var pinned: UInt64
        public var total: UInt64
    }
}

extension Forecast {
    /// Nil for a plan without a reboot: nothing of this changes then.
    init?(_ plan: NodePlan, _ situation: Situation, _ boot: NextBoot, _ commandLine: NextCommandLine) {
        guard plan.reboot else { return nil }
        let facts = situation.facts
        let kernel = NextKernel(facts)
        let taken = Set(situation.binding.functions.map(\.address)).union(boot.taken)
        drivers = boot.drivers
        let names = InterfaceNames(
            facts, files: boot.files, changes: plan.files, taken: taken, returning: boot.returning,
            hasOtherKernel: kernel.other != nil, commandLine)
        interfaces = names.forecasts
        console = Console(situation, taken: taken)
        let guests = StartingGuests(situation)
        self.guests = guests.forecasts
        memory = guests.memory
        otherKernel = kernel.other
        unknowns = boot.unknowns + kernel.unknowns + guests.unknowns + names.unknowns
        if case .unknown(let why) = facts.interfaces {
            unknowns.append("The network interfaces' names: \(why.detail)")
        }
        risk = Risk(score: 0, reasons: [])
        risk = RiskAssessment(plan, situation, self, commandLine).risk
    }
}

/// Which kernel the next boot starts.
struct NextKernel {
    var other: String?
    var unknowns: [String] = []

    init(_ facts: NodeFacts) {
        guard let release = BootChoice(facts).release else {
            unknowns = ["Which kernel the next boot starts: the boot entries are not known."]
            return
        }
        if let running = facts.kernelRelease.value, running != release { other = release }
    }
}

extension Forecast.Console {
    /// `taken` = the functions that go to guests.
    init(_ situation: Situation, taken wanted: Set<PCIAddress>) {
        let functions = situation.index.functions
        guard let display = functions.firmwareDisplay else {
            let isBlind = functions.contains { $0.class.isDisplay }
            self.init(
                function: nil, fate: isBlind ? .unknown : .none,
                because: isBlind ? "The node does not tell which display its firmware chose." : "There is no display.")
            return
        }
        guard wanted.contains(display.address) else {
            self.init(function: display.address, fate: .stays, because: "\(display.words) stays with the host.")
            return
        }
        if let other = functions.first(where: { $0.isManagementDisplay && !wanted.contains($0.address) }) {
            self.init(
                function: other.address, fate: .stays, because: "\(other.words) of the management controller is left.")
        } else {
            self.init(
                function: display.address, fate: .lost,
                because: "\(display.words) goes to guests: the screen freezes early in the boot.")
        }
    }
}
