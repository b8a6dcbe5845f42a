/// What the machine that the controller runs on is known by. A roll-out that reboots it ends the controller in the middle.
public struct ControllerIdentity: Hashable, Sendable {
    /// The kernel's boot: one that a node runs too is that node's own, or that of a container on it.
    public var bootID: BootID?
    /// Its firmware's (SMBIOS) system UUID, lower case; of a virtual machine what `smbios1` gives it.
    public var systemUUID: String?
    /// Of its network interfaces, lower case: `bc:24:11:0a:0b:0c`.
    public var hardwareAddresses: Set<String>

    public init(bootID: BootID? = nil, systemUUID: String? = nil, hardwareAddresses: Set<String> = []) {
        self.bootID = bootID
        self.systemUUID = systemUUID?.lowercased()
        self.hardwareAddresses = Set(hardwareAddresses.map { $0.lowercased() })
    }

    /// Where on a node the controller runs.
    public enum Place: Hashable, Sendable {
        case guest(GuestFacts.Kind, VMID)
        /// On the node itself, or in a container that can't be told from the others.
        case host

        /// `VM 105`, `the node itself, or a container on it`
        public var title: String {
            switch self {
            case .guest(let kind, let vm): kind.title(vm)
            case .host: "the node itself, or a container on it"
            }
        }
    }

    /// Nil = it is not on the node, as far as facts tell.
    public func place(on facts: NodeFacts) -> Place? {
        let guests = (facts.guests.value ?? []).filter { $0.state != .known(.stopped) }
        if let guest = guests.first(where: isGuest) { return .guest(guest.kind, guest.id) }
        guard let bootID, facts.bootID == .known(bootID) else { return nil }
        return .host
    }

    private func isGuest(_ guest: GuestFacts) -> Bool {
        guard systemUUID != nil || !hardwareAddresses.isEmpty, case .known(let text) = guest.configuration else {
            return false
        }
        return GuestConfiguration(text).effective.contains { key, value in
            let value = value.lowercased()
            if key == "smbios1" { return systemUUID.map { value.contains("uuid=\($0)") } ?? false }
            return key.hasPrefix("net") && hardwareAddresses.contains { value.contains($0) }
        }
    }
}

extension ControllerIdentity.Place {
    /// Why a node on which the controller runs is not rebooted.
    public func refusal(_ node: NodeName) -> FleetError {
        FleetError(
            "controller-on-node",
            "\(node) is not rebooted: this controller runs there (\(title)), and would end with it.",
            advice:
                "Run the controller elsewhere, or have its guest migrated (guests in the playbook), then apply again.")
    }
}

extension NodePlan {
    /// The same plan, kept from rebooting the node that the controller runs on. Where its guest goes away before, the node
    /// comes last.
    public func sparing(_ controller: ControllerIdentity, _ facts: NodeFacts) -> NodePlan {
        guard verdict == .change, reboot, let place = controller.place(on: facts) else { return self }
        if leaves(place, facts) {
            var plan = self
            let message =
                "This controller runs here (\(place.title)), and is migrated away before the reboot: the node comes last."
            plan.add([.warning(.controllerOnNode, message)])
            plan.hostsController = true
            return plan
        }
        let message =
            "This controller runs here (\(place.title)): the reboot would end it in the middle of the roll-out. Run it "
            + "elsewhere, or have its guest migrated before the reboot (guests in the playbook's rollout)."
        return NodePlan(
            node: node, verdict: .blocked, reasons: ([.blocker(.controllerOnNode, message)] + reasons).ordered,
            wanted: wanted, forecast: forecast)
    }

    /// It is migrated while it runs: by the plan, or by HA for the node's maintenance. Containers are restarted elsewhere.
    private func leaves(_ place: ControllerIdentity.Place, _ facts: NodeFacts) -> Bool {
        guard case .guest(.qemu, let vm) = place else { return false }
        if evacuation?.contains(where: { $0.vm == vm && $0.choice == .migrate }) == true { return true }
        let service = GuestFacts.Kind.serviceID(.qemu, vm)
        return HAResources(facts)[.qemu, vm]?.isStarted == true && !facts.pinnedServices(guests).contains(service)
    }
}
