/// What the start of a guest with a device is known to stumble over, judged by its options as they will be.
struct GuestPitfalls {
    private(set) var reasons: [Reason] = []
    private let vm: VMID
    private let options: [String: String]
    private let functions: [PCIFunction]
    private let facts: NodeFacts
    private let entries: [HostPCIEntry]
    private let cpu: PropertyString

    /// MiB that Proxmox itself needs; a guess on the small side.
    static let hostMemory: UInt64 = 2048
    /// More MiB than a machine can address (a node may claim anything), and two of it can still be added.
    static let mostMemory: UInt64 = 1 << 44
    /// What OVMF keeps for large windows where it does not know the host's address width (edk2, `PcdPciMmio64Size`).
    private static let usualWindow: UInt64 = 32 << 30

    init(
        _ vm: VMID, _ options: [String: String], _ functions: [PCIFunction], _ facts: NodeFacts,
        _ mappings: ResourceMappings
    ) {
        self.vm = vm
        self.options = options
        self.functions = functions
        self.facts = facts
        entries = HostPCIEntry.all(in: options, mappings)
        cpu = PropertyString(options["cpu"] ?? "", defaultKey: "cputype")
        judgeScreen()
        judgeCPU()
        judgeMemory()
        judgeROMs()
        judgeAvailability()
        judgeMappings(mappings)
    }

    private mutating func note(_ code: PlanReason, _ message: String) { reasons.append(.note(code, message)) }

    private mutating func warn(_ code: PlanReason, _ message: String, _ evidence: [Evidence] = []) {
        reasons.append(.warning(code, message, evidence: evidence))
    }

    private func isOn(_ properties: PropertyString, _ key: String) -> Bool {
        properties[key].flatMap(PropertyString.boolean) ?? false
    }

    private var isPrimaryDisplay: Bool { entries.contains { isOn($0.properties, "x-vga") } }

    private mutating func judgeScreen() {
        let agent = PropertyString(options["agent"] ?? "0", defaultKey: "enabled")
        if isPrimaryDisplay, !isOn(agent, "enabled"), options["serial0"] == nil {
            note(
                .guestOnlyDisplay,
                "With x-vga=1 the card is the only screen of VM \(vm), and noVNC shows nothing: without a guest agent or a "
                    + "serial port there is no way in but its network.")
        }
        guard let gpu = functions.first(where: { $0.class.isVGA && $0.id.vendor == 0x10de }), !isPrimaryDisplay,
            !isOn(cpu, "hidden")
        else { return }
        note(
            .guestShowsHypervisor,
            "\(gpu.words): NVIDIA's drivers before 465 stop with code 43 when they see a hypervisor, which neither x-vga=1 "
                + "nor hidden=1 in cpu hides from them.")
    }

    // MARK: CPU and memory

    private var isHostCPU: Bool { cpu["cputype"] == "host" }

    private mutating func judgeCPU() {
        // A node may claim windows of any size.
        let window = functions.flatMap(\.barSizes.values).reduce(UInt64(0)) { sum, size in
            let (total, isTooLarge) = sum.addingReportingOverflow(size)
            return isTooLarge ? .max : total
        }
        if window > Self.usualWindow, !isHostCPU, cpu["phys-bits"] == nil {
            warn(
                .largeBAR,
                "The windows of \(functions[0].words) take \(window >> 30) GiB of addresses, and VM \(vm) has a CPU with the "
                    + "usual 40 bits: its firmware leaves them out. Set cpu: host, or phys-bits=host in cpu.",
                [Seen.windows(of: functions[0])])
        }
        guard !isHostCPU else { return }
        note(
            .guestCPUNotHost,
            "The CPU of VM \(vm) is \(cpu["cputype"] ?? "Proxmox' usual one"), not host: drivers and CUDA may miss instructions."
        )
    }

    /// `memory: 8192` or `memory: current=8192`; 512 MiB when unset (qemu-server's default).
    static func memory(_ options: [String: String]) -> UInt64 {
        guard let text = options["memory"] else { return 512 }
        return PropertyString(text, defaultKey: "current")["current"].flatMap { UInt64($0) }
            .map { min($0, mostMemory) } ?? 512
    }

    private mutating func judgeMemory() {
        let own = Self.memory(options)
        if let total = facts.memory.value.map({ $0.totalKiB / 1024 }), own + Self.hostMemory > total {
            warn(
                .guestMemoryTooLarge,
                "VM \(vm) has \(own) MiB, all of which a device pins, and the node has \(total) MiB: it will not start, or the "
                    + "host runs out of memory.")
        }
        if let balloon = options["balloon"].flatMap({ UInt64($0) }), balloon > 0, balloon < own {
            note(
                .guestBallooning,
                "VM \(vm) may shrink to \(balloon) MiB (balloon), which gives nothing back while it has a device.")
        }
    }

    // MARK: Files and the cluster

    private mutating func judgeROMs() {
        guard let files = facts.romFiles.value else { return }
        for entry in entries {
            guard let name = entry.properties["romfile"], let file = files[name], file != .valid else { continue }
            let what =
                file == .absent
                ? "is not in /usr/share/kvm: the guest does not start"
                : "does not begin with 55 AA, as a card's ROM does: the card stays dark"
            warn(
                .romFileUnusable, "hostpci\(entry.index) of VM \(vm) names the ROM file \(name), which \(what).",
                [Evidence(command: "head -c 2 /usr/share/kvm/\(name) | od -An -tx1", output: file.rawValue)])
        }
    }

    /// `vm: 100` in the HA manager's resources, with its properties indented below.
    private mutating func judgeAvailability() {
        guard entries.contains(where: { $0.mapping == nil }),
            let service = HAResources(facts)[.qemu, vm], !service.isIgnored
        else { return }
        warn(
            .guestInHA,
            "VM \(vm) is under high availability, and its devices are named by address: another node that takes it over gives "
                + "it whatever is at that address there. Take it out of HA, keep it to this node, or use a resource mapping.",
            [Seen.lines(of: HAResources.path, ["vm: \(vm)"] + service.settings)])
    }

    /// High availability starts a guest with the node, whatever its onboot says.
    static func isStartedByHA(_ vm: VMID, _ facts: NodeFacts) -> Bool {
        HAResources(facts)[.qemu, vm]?.isStarted ?? false
    }

    /// Proxmox compares a mapping with the hardware before it starts the guest.
    private mutating func judgeMappings(_ mappings: ResourceMappings) {
        guard case .known(let all) = facts.functions else { return }
        let areGroupsKnown = facts.iommu.isOn == .known(true)
        for entry in entries {
            guard let name = entry.mapping else { continue }
            for line in mappings.entries[name] ?? [] {
                guard let difference = line.difference(all, groupsKnown: areGroupsKnown) else { continue }
                warn(
                    .mappingStale,
                    "The mapping “\(name)” of VM \(vm) says “\(line.text)”, and \(difference): the guest does not start.",
                    [Seen.lines(of: ResourceMappings.path, [line.text])])
            }
        }
    }
}

extension Seen {
    static func windows(of function: PCIFunction) -> Evidence {
        let lines = function.barSizes.sorted { $0.key < $1.key }.map { "BAR \($0.key): \($0.value >> 20) MiB" }
        return Evidence(
            command: "lspci -v -s \(function.address) | grep Memory", output: lines.joined(separator: "\n"))
    }
}
