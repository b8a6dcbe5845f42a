public import Fleet

/// What the planner makes of one wish on one machine, for every way in which the machine's description can be read.
///
/// A description leaves open what a look at the node would tell: which display the firmware chose, or whether it offers
/// the IOMMU that is off. Each way is planned; what holds for the wish is the worst of them.
public struct PlannedWish: Sendable {
    /// One way to read the description.
    public struct Reading: Sendable {
        /// What it takes for given, as a node's name: `console-0e-00-0`; `as-described` where nothing is open.
        public var name: NodeName
        public var setup: NodeSetup
    }

    public struct Outcome: Sendable {
        public var reading: Reading
        public var facts: NodeFacts
        public var settings: NodeSettings
        public var plan: NodePlan

        public var verdict: Judgement.Verdict {
            let blockers = plan.reasons.filter { $0.severity == .blocker }.map(\.code.rawValue)
            if blockers.isEmpty { return .go }
            let accepted: Set = ["group-sibling-not-accepted", "virtual-functions-lost"]
            return blockers.allSatisfy(accepted.contains) ? .acceptSiblings : .blocked
        }
    }

    public let wish: Judgement.Wish
    public let outcomes: [Outcome]

    public init(_ wish: Judgement.Wish, on machine: MachineDescription) throws {
        self.wish = wish
        let settings = try NodeSettings(wish, on: machine)
        outcomes = try Reading.all(of: machine).map { reading in
            let facts = NodeFacts(machine, reading.setup)
            let plan = Planner.plan(node: reading.name, facts: facts, settings: settings)
            return Outcome(reading: reading, facts: facts, settings: settings, plan: plan)
        }
    }

    public var verdict: Judgement.Verdict { outcomes.map(\.verdict).max() ?? .blocked }
    /// Of every reading.
    public var reasons: [Reason] { outcomes.flatMap(\.plan.reasons) }
}

extension PlannedWish.Reading {
    static func all(of machine: MachineDescription) throws -> [Self] {
        let consoles = MachineUses(machine).console.map { Optional($0) }
        let tables = machine.iommu == .off ? [true, false] : [true]
        var readings: [Self] = []
        for console in consoles.isEmpty ? [nil] : consoles {
            for hasTable in tables {
                var setup = NodeSetup(cautiously: machine)
                setup.console = console
                setup.hasIOMMUTable = hasTable
                let place = console.map { "console-" + $0.short.map { $0.isHexDigit ? String($0) : "-" }.joined() }
                let words = [
                    consoles.count > 1 ? place : nil, tables.count > 1 ? (hasTable ? "vtd-offered" : "no-vtd") : nil,
                ].compactMap(\.self)
                let name = words.isEmpty ? "as-described" : words.joined(separator: ".")
                guard let name = NodeName(name) else { throw TestSupportError("“\(name)” is no node's name.") }
                readings.append(Self(name: name, setup: setup))
            }
        }
        return readings
    }
}

extension NodeSetup {
    /// A node that tells all there is to tell, and a host that uses everything it may be using.
    public init(cautiously machine: MachineDescription) {
        self.init()
        uses = .cautious
        isTalkative = true
        guests = [100: "boot: \nmemory: 8192\nname: first\nscsihw: virtio-scsi-single\n"]
        let own = (machine.kernelCommandLine ?? "quiet").split(separator: " ").filter { token in
            !["BOOT_IMAGE=", "root=", "initrd="].contains { token.hasPrefix($0) } && token != "ro"
        }
        arguments = own.joined(separator: " ")
    }
}

extension NodeSettings {
    /// As the guide has them: the wish's functions go to VM 100.
    public init(_ wish: Judgement.Wish, on machine: MachineDescription) throws {
        guard let vm = VMID(number: 100) else { throw TestSupportError("100 is no guest's number.") }
        var requests = DeviceRequest.all(for: wish, on: machine)
        var guest = GuestRequest(vm: vm, options: ["bios": "ovmf", "machine": "q35", "cpu": "host,hidden=1"])
        guest.devices = requests.map { request in
            let isDisplay = machine.functions.contains { function in
                request.match == .slot(function.address.slot) && function.class.isVGA
            }
            return .init(device: request.name, firstFunctionOptions: isDisplay ? ["pcie=1", "x-vga=1"] : ["pcie=1"])
        }
        if wish.codes.contains(where: { $0.code == "no-gpu-for-guests" }) {
            requests.append(DeviceRequest(name: "any-gpu", match: .kind(.init(category: .display))))
        }
        self.init(devices: requests, guests: [guest])
    }
}

extension DeviceRequest {
    /// One for each slot, with the functions that are wanted; “all functions” where that means the same.
    public static func all(for wish: Judgement.Wish, on machine: MachineDescription) -> [DeviceRequest] {
        let virtual = machine.relations.compactMap { relation in
            if case .virtualFunction(let address, of: _) = relation { address } else { nil }
        }
        let slots = wish.addresses.reduce(into: [PCISlot]()) { if !$0.contains($1.slot) { $0.append($1.slot) } }
        return slots.enumerated().map { position, slot in
            let wanted = wish.addresses.filter { $0.slot == slot }
            let whole = machine.functions.filter {
                $0.address.slot == slot && !$0.class.isPCIBridge && !virtual.contains($0.address)
            }
            let isWhole = Set(wanted) == Set(whole.map(\.address))
            return DeviceRequest(
                name: slots.count == 1 ? "device" : "device-\(position + 1)", match: .slot(slot),
                functions: isWhole ? nil : wanted.map(\.function).sorted())
        }
    }
}
