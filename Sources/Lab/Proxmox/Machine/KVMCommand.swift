/// Builds the QEMU command line of a guest in the order in which `PVE::QemuServer::config_to_command` does.
struct KVMCommand {
    let node: ProxmoxNode
    let vmid: String
    let options: GuestConfig.Section
    let machine: MachineType
    let windows: WindowsVersion?
    let storages: Storages

    var words: [String] = []
    var devices: [String] = []
    var machineFlags: [String] = []
    var clockFlags: [String] = []
    /// Conventional PCI buses that a device sits on.
    var buses: Set<Int> = []
    /// The revision of the machine that some part needs.
    var neededRevision = 0
    var hostPCI: [HostPCIDevice] = []

    static func build(
        node: ProxmoxNode, vmid: String, options: GuestConfig.Section, reserving: Bool, _ console: inout Console
    ) throws -> Self {
        var command = Self(
            node: node, vmid: vmid, options: options, machine: try MachineType(options, release: node.release),
            windows: WindowsVersion(options["ostype"]), storages: Storages.load(node.files))
        try command.addAll(reserving: reserving, &console)
        return command
    }

    private init(
        node: ProxmoxNode, vmid: String, options: GuestConfig.Section, machine: MachineType, windows: WindowsVersion?,
        storages: Storages
    ) {
        self.node = node
        self.vmid = vmid
        self.options = options
        self.machine = machine
        self.windows = windows
        self.storages = storages
    }

    private mutating func addAll(reserving: Bool, _ console: inout Console) throws {
        addIdentity()
        try addFirmware(&console)
        var display = try self.display()
        try addBaseDevices(display)
        hostPCI = try HostPCIReader(node: node, vmid: vmid, options: options, isQ35: machine.isQ35)
            .devices(reserving: reserving, &console)
        let graphics = addHostPCI(&display)
        try addUSBDevices()
        try addPorts()
        addProcessors()
        addBoot()
        addDisplay(display)
        addTimers()
        words += ["-cpu", try processorModel(hidesHypervisor: graphics, hasGraphics: graphics)]
        try addMemory()
        try addAgentAndSources()
        addSpice(display)
        addBalloonAndWatchdog()
        try addDrives()
        try addNetworks()
        addBridges()
        try addMachine(display)
        words += devices
        if !clockFlags.isEmpty { words += ["-rtc", clockFlags.joined(separator: ",")] }
        words += ["-machine", machineFlags.joined(separator: ",")]
        words += shellWords(options["args"] ?? "")
    }

    func isOn(_ option: String, byDefault: Bool = false) -> Bool {
        options[option].map { $0 == "1" } ?? byDefault
    }

    func number(_ option: String) -> Int? { options[option].flatMap { Int($0) } }

    var usesKVM: Bool { isOn("kvm", byDefault: true) }

    mutating func addDevice(_ text: String) { devices += ["-device", text] }

    /// `,bus=pci.0,addr=0x10`, and remembers that the bus is needed.
    mutating func address(_ id: String) -> String {
        guard let slot = PCIAddressMap.slot(id) else { return "" }
        buses.insert(slot.bus)
        return ",bus=pci.\(slot.bus),addr=\(PCIAddressMap.hexadecimal(slot.address))"
    }

    func parsed(_ option: String, _ format: PropertyStringFormat) throws -> PropertyString? {
        guard let value = options[option] else { return nil }
        do { return try format.parse(value) } catch { throw ProxmoxFailure(error.reason) }
    }

    /// True from that version on; needs its revision unless a later one of the same version exists.
    mutating func requires(_ major: Int, _ minor: Int, _ revision: Int) -> Bool {
        guard machine.version.isAtLeast(major, minor, revision) else { return false }
        let highest = MachineVersion(major: major, minor: minor).withHighestRevision.revision
        if !machine.version.isAtLeast(major, minor, highest + 1) { neededRevision = max(neededRevision, revision) }
        return true
    }
}

// MARK: - Identity, boot, processors, time

extension KVMCommand {
    private mutating func addIdentity() {
        words = [
            "/usr/bin/kvm", "-id", vmid, "-name", "\(options["name"] ?? "vm\(vmid)"),debug-threads=on", "-no-shutdown",
            "-chardev", "socket,id=qmp,path=/var/run/qemu-server/\(vmid).qmp,server=on,wait=off", "-mon",
            "chardev=qmp,mode=control", "-chardev",
            "socket,id=qmp-event,path=/var/run/qmeventd.sock,\(reconnect)", "-mon", "chardev=qmp-event,mode=control",
            "-pidfile", GuestProcess(node: node, vmid: vmid).pidFile, "-daemonize",
        ]
        if let affinity = options["affinity"] {
            words = ["/usr/bin/taskset", "--cpu-list", "--all-tasks", affinity] + words
        }
        if let smbios = options["smbios1"] { words += ["-smbios", "type=1,\(smbios)"] }
    }

    private var reconnect: String {
        MachineVersion(node.release.qemu)?.isAtLeast(9, 2) == false ? "reconnect=5" : "reconnect-ms=5000"
    }

    private mutating func addProcessors() {
        let sockets = number("sockets") ?? number("smp") ?? 1
        let cores = number("cores") ?? 1
        let (maximum, overflow) = sockets.multipliedReportingOverflow(by: cores)
        let layout = "sockets=\(sockets),cores=\(cores),maxcpus=\(overflow ? Int.max : maximum)"
        words += ["-smp", "\(number("vcpus") ?? maximum),\(layout)", "-nodefaults"]
    }

    private mutating func addBoot() {
        words += [
            "-boot", "menu=on,strict=on,reboot-timeout=1000,splash=/usr/share/qemu-server/bootsplash.jpg",
        ]
        if options["acpi"] == "0" { machineFlags.append("acpi=off") }
        if options["reboot"] == "0" { words.append("-no-reboot") }
    }

    private mutating func addTimers() {
        if windows.map({ $0.number >= 6 }) == true {
            words += ["-global", "kvm-pit.lost_tick_policy=discard"]
            machineFlags.append("hpet=off")
        }
        let isWindows = windows != nil
        if isOn("tdf", byDefault: isWindows && options["acpi"] != "0") { clockFlags.append("driftfix=slew") }
        if let start = options["startdate"], start != "now" {
            clockFlags.append("base=\(start)")
        } else if isOn("localtime", byDefault: isWindows) {
            clockFlags.append("base=localtime")
        }
    }

    private mutating func addMemory() throws {
        let memory = try parsed("memory", .memory)?["current"] ?? "512"
        words += ["-m", memory]
        if isOn("freeze") { words.append("-S") }
        if let keyboard = options["keyboard"] { words += ["-k", keyboard] }
    }

    private mutating func addMachine(_ display: Display) throws {
        if !usesKVM { machineFlags.append("accel=tcg") }
        let isDisabled = requires(9, 2, 1)
        let bridge = machine.isQ35 ? "ICH9-LPC" : "PIIX4_PM"
        for state in ["s3", "s4"] where !(machine.options["enable-\(state)"].map { $0 == "1" } ?? !isDisabled) {
            words += ["-global", "\(bridge).disable_\(state)=1"]
        }
        let isSeaBIOS = options["bios"] ?? "seabios" == "seabios"
        if isSeaBIOS && (display.type == "none" || display.type.hasPrefix("serial")) { machineFlags.append("smm=off") }
        let base = machine.name.prefix(upTo: machine.name.firstRange(of: "+pve")?.lowerBound ?? machine.name.endIndex)
        machineFlags.append("type=\(base)+pve\(neededRevision)")
        try addIOMMU()
    }

    private mutating func addIOMMU() throws {
        switch machine.options["viommu"] {
        case "intel":
            guard machine.isQ35 else {
                throw ProxmoxFailure("to use Intel vIOMMU please set the machine type to q35")
            }
            devices.insert(contentsOf: ["-device", "intel-iommu,intremap=on,caching-mode=on"], at: 0)
            machineFlags.append("kernel-irqchip=split")
        case "virtio": addDevice("virtio-iommu-pci")
        default: break
        }
    }

    /// Q35 has the buses 1 to 3 in its configuration file; the other machine needs a bridge for each.
    private mutating func addBridges() {
        if buses.contains(4) { buses.insert(1) }
        if !machine.isQ35 {
            buses.formUnion([1, 2])
            if options["scsihw"] == "virtio-scsi-single" { buses.insert(3) }
        }
        let hasIGD = hostPCI.contains { $0.options.isSet("legacy-igd") }
        for bus in buses.sorted(by: >) where machine.isQ35 ? bus > 3 : bus > 0 {
            let place = address(bus == 2 && hasIGD ? "pci.2-igd" : "pci.\(bus)")
            let words = ["-device", "pci-bridge,id=pci.\(bus),chassis_nr=\(bus)\(place)"]
            devices.insert(contentsOf: words, at: machine.isQ35 ? min(2, devices.count) : 0)
        }
    }
}
