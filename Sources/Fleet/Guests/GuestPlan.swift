/// The changes that bring the guests of a node to what the playbook asks for.
struct GuestPlan {
    private(set) var changes: [GuestChange] = []
    private(set) var reasons: [Reason] = []
    private let settings: NodeSettings
    private let devices: [ResolvedDevice]
    private let index: PCIIndex
    private let facts: NodeFacts
    private let mappings: ResourceMappings
    /// Guests that are shut down for the reboot start with what was set.
    private let reboots: Bool

    init(
        _ facts: NodeFacts, _ settings: NodeSettings, _ devices: [ResolvedDevice], in index: PCIIndex,
        reboots: Bool = false
    ) {
        self.reboots = reboots
        self.settings = settings
        self.devices = devices
        self.index = index
        self.facts = facts
        mappings = ResourceMappings(facts)
        guard !settings.guests.isEmpty else { return }
        switch facts.guests {
        case .unknown(let why): reasons.append(.incomplete("Which guests are on the node", why))
        case .known(let guests):
            for request in settings.guests { plan(request, among: guests) }
        }
    }

    private mutating func plan(_ request: GuestRequest, among guests: [GuestFacts]) {
        guard let guest = guests.first(where: { $0.id == request.vm }) else {
            // Numbers are unique in a cluster, so a guest is on one of its nodes only.
            reasons.append(.warning(.guestAbsent, "VM \(request.vm) is not on this node, so it gets no device here."))
            return
        }
        guard guest.kind == .qemu else {
            reasons.append(.blocker(.guestNotQEMU, "\(request.vm) is a container, and containers take no PCI devices."))
            return
        }
        switch guest.configuration {
        case .unknown(let why): reasons.append(.incomplete("The configuration of VM \(request.vm)", why))
        case .known(let text):
            let configuration = GuestConfiguration(text)
            plan(request, guest, configuration)
            judgeHolders(request, among: guests)
        }
    }

    private mutating func plan(_ request: GuestRequest, _ guest: GuestFacts, _ configuration: GuestConfiguration) {
        let existing = configuration.effective
        let before = reasons.count
        var options = optionChanges(request, existing)
        let after = existing.merging(request.options) { _, new in new }
        options += deviceChanges(request, existing, machine: after["machine"])
        judgePitfalls(request, after, options)
        guard !options.isEmpty else {
            if guest.state == .known(.running), configuration.pending != nil {
                let message =
                    "VM \(request.vm) runs without its pending changes; they take effect when it is stopped and started."
                reasons.append(.warning(.guestRestartNeeded, message))
            }
            return
        }
        if let lock = configuration.current.options["lock"] {
            reasons.append(
                .blocker(.guestLocked, "VM \(request.vm) is locked (\(lock)), and can't be changed until that ends."))
        }
        guard !reasons[before...].contains(where: { $0.severity == .blocker }) else { return }
        changes.append(GuestChange(vm: request.vm, options: options))
        explain(request.vm, options, guest, existing)
    }

    private mutating func optionChanges(_ request: GuestRequest, _ existing: [String: String]) -> [GuestChange.Option] {
        request.options.keys.sorted(by: GuestOptions.precedes).compactMap { key in
            guard let wanted = request.options[key] else { return nil }
            guard !GuestOptions.fulfils(key, existing[key], wanted) else {
                let message = "\(key) of VM \(request.vm) already is \(existing[key] ?? wanted)."
                reasons.append(.note(.guestOptionPresent, message))
                return nil
            }
            return GuestChange.Option(key: key, before: existing[key], after: wanted)
        }
    }

    private mutating func deviceChanges(
        _ request: GuestRequest, _ existing: [String: String], machine: String?
    ) -> [GuestChange.Option] {
        var layout = HostPCILayout(existing, in: index, mappings)
        for device in request.devices {
            guard let resolved = devices.first(where: { $0.request.name == device.device }) else {
                reportUnresolved(device.device, request.vm)
                continue
            }
            place(HostPCILayout.wanted(resolved, device, in: index), of: device.device, request.vm, machine, &layout)
        }
        return (0..<HostPCIEntry.limit).compactMap { number in
            let key = "hostpci\(number)"
            let after = layout.entries[number]?.text
            return existing[key] == after ? nil : GuestChange.Option(key: key, before: existing[key], after: after)
        }
    }

    private mutating func place(
        _ wanted: [HostPCILayout.Wanted], of device: String, _ vm: VMID, _ machine: String?,
        _ layout: inout HostPCILayout
    ) {
        if wanted.contains(where: \.needsPCIExpress), !GuestOptions.isQ35(machine) {
            let message =
                "pcie=1 needs the machine type q35, and VM \(vm) is \(machine ?? "i440fx"); set machine: q35 for it."
            reasons.append(.blocker(.guestNeedsQ35, message))
        }
        guard !layout.holds(wanted) else {
            reasons.append(.note(.guestDevicePresent, "VM \(vm) already has “\(device)”."))
            return
        }
        do {
            try layout.place(wanted)
        } catch {
            switch error {
            case .full:
                reasons.append(.blocker(.guestEntriesFull, "VM \(vm) has no free hostpci entry left for “\(device)”."))
            case .overlap(let entry):
                let message =
                    "hostpci\(entry.index) of VM \(vm) (\(entry.text)) takes functions of “\(device)” together with others; "
                    + "split or remove it."
                reasons.append(.blocker(.guestEntryOverlaps, message))
            }
        }
    }

    private mutating func reportUnresolved(_ name: String, _ vm: VMID) {
        if settings.devices.contains(where: { $0.name == name && $0.optional }) { return }
        guard !settings.devices.contains(where: { $0.name == name }) else { return }
        let message = "VM \(vm) asks for “\(name)”, and the playbook has no device of that name."
        reasons.append(.blocker(.guestDeviceUnknown, message))
    }

    private mutating func explain(
        _ vm: VMID, _ options: [GuestChange.Option], _ guest: GuestFacts, _ existing: [String: String]
    ) {
        let list = options.map { "\($0.key): \($0.after ?? "(removed)")" }.joined(separator: "; ")
        reasons.append(.note(.guestChanges, "VM \(vm) gets \(list)."))
        if guest.state == .known(.running), !(reboots && settings.evacuation?.choice(for: vm) == .shutdown) {
            let message =
                "VM \(vm) runs: the changes wait until it is stopped and started, not just rebooted from inside."
            reasons.append(.warning(.guestRestartNeeded, message))
        }
        if existing["onboot"].flatMap(PropertyString.boolean) == true {
            let message = "VM \(vm) starts with the node (onboot: 1), and takes the whole IOMMU group whenever it does."
            reasons.append(.warning(.guestStartsAtBoot, message))
        }
    }

    /// Other guests that name the same functions: two of them can't run at once.
    private mutating func judgeHolders(_ request: GuestRequest, among guests: [GuestFacts]) {
        let names = Set(request.devices.map(\.device))
        let functions = devices.filter { names.contains($0.request.name) }.flatMap { $0.functions.map(\.address) }
        for guest in guests where guest.id != request.vm && guest.kind == .qemu {
            guard let text = guest.configuration.value, text.contains(substring: "hostpci") else { continue }
            let entries = HostPCIEntry.all(in: GuestConfiguration(text).effective, mappings)
            let isRunning = guest.state == .known(.running)
            let holding = entries.filter { entry in
                functions.contains { entry.takes($0) && !(isRunning && entry.isChoice && guest.runsWithout($0)) }
            }
            let held = functions.filter { function in holding.contains { $0.takes(function) } }
            guard !held.isEmpty else { continue }
            let names = holding.compactMap(\.mapping).map { " through the mapping “\($0)”" }.first ?? ""
            let list = held.map(\.short).joined(separator: ", ") + names
            let evidence = holding.map {
                Evidence(command: "qm config \(guest.id) | grep hostpci\($0.index)", output: $0.text)
            }
            reasons.append(
                isRunning
                    ? .blocker(
                        .deviceHeldByRunningGuest,
                        "VM \(guest.id) runs and has \(list), which VM \(request.vm) shall get.", evidence: evidence)
                    : .warning(
                        .deviceHeldByOtherGuest, "VM \(guest.id) has \(list) too; only one of both can run at a time.",
                        evidence: evidence))
        }
    }

    /// What a start of the guest would bring to light, where it gets a device at all.
    private mutating func judgePitfalls(
        _ request: GuestRequest, _ after: [String: String], _ changes: [GuestChange.Option]
    ) {
        let names = Set(request.devices.map(\.device))
        let functions = devices.filter { names.contains($0.request.name) }.flatMap(\.functions)
        guard !functions.isEmpty else { return }
        var options = after
        for change in changes { options[change.key] = change.after }
        reasons += GuestPitfalls(request.vm, options, functions, facts, mappings).reasons
    }
}

extension GuestFacts {
    /// The running guest's own arguments are known and do not name the function.
    fileprivate func runsWithout(_ address: PCIAddress) -> Bool {
        guard case .known(let arguments?) = processArguments else { return false }
        return !arguments.contains { ($0 + ",").contains(substring: "host=\(address),") }
    }
}
