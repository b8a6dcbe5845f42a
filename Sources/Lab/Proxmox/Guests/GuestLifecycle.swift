#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Starting and ending guests.
extension GuestCommands {
    func start(_ parameters: Parameters, _ console: inout Console) throws {
        let vmid = vmid(parameters)
        try store.locked(vmid, &console) { console in
            var config = try store.load(vmid, &console)
            if !parameters.isSet("skiplock") { try config.assertUnlocked() }
            if process(vmid).running != nil { throw ProxmoxFailure("VM \(vmid) already running") }
            if HAState(node: node).takes("vm:\(vmid)", "started") {
                console.print("Requesting HA start for VM \(vmid)\n")
            }
            if config["template"] == "1" { throw ProxmoxFailure("you can't start a vm if it's a template") }
            try applyPending(vmid, &config)
            try launch(vmid, config, &console)
        }
    }

    private func applyPending(_ vmid: String, _ config: inout GuestConfig) throws {
        guard !config.pending.isEmpty else { return }
        config.applyAllPending()
        try store.save(vmid, config)
    }

    private func launch(_ vmid: String, _ config: GuestConfig, _ console: inout Console) throws {
        let command: KVMCommand
        do {
            command = try KVMCommand.build(node: node, vmid: vmid, options: config.main, reserving: true, &console)
        } catch let failure as ProxmoxFailure {
            throw ProxmoxFailure(failure.message)
        }
        let reservations = PCIReservations(node: node)
        let functions = command.hostPCI.filter { $0.mediatedType == nil }.flatMap { $0.functions.map(\.id) }
        let end = node.now() + startTimeout(config, hasHostPCI: !command.hostPCI.isEmpty) + 5
        try reservations.reserve(functions, vmid: vmid, .until(end), &console)
        do {
            for device in command.hostPCI { try prepare(device, &console) }
            let process = try process(vmid).start(command.words)
            try reservations.reserve(functions, vmid: vmid, .process(process), &console)
        } catch {
            try? reservations.release(vmid: vmid, &console)
            throw error
        }
    }

    /// Seconds that Proxmox waits for QEMU: longer for much memory and with passed-through functions.
    private func startTimeout(_ config: GuestConfig, hasHostPCI: Bool) -> Int {
        let memory = config["memory"].flatMap { try? PropertyStringFormat.memory.parse($0) }?["current"]
        let megabytes = memory.flatMap { Int($0) } ?? 512
        let base = megabytes > 30_720 ? megabytes / 1024 : 30
        return hasHostPCI ? base * 4 : base
    }

    private func prepare(_ device: HostPCIDevice, _ console: inout Console) throws {
        for function in device.functions {
            let inventory = PCIInventory(files: node.files)
            if !inventory.hasIOMMU { throw ProxmoxFailure("cannot prepare PCI pass-through, IOMMU not present") }
            if inventory.function(at: function.id) == nil {
                throw ProxmoxFailure("no pci device info for device '\(function.id)'")
            }
            if let type = device.mediatedType {
                try createMediatedDevice(function, type)
                return
            }
            let binding = VFIOBinding(files: node.files)
            try binding.bindGroup(of: function.id, &console)
            reset(function, &console)
            if let (member, group) = binding.obstacle(toGroupOf: function.id) {
                throw notViable(function, group, member)
            }
        }
    }

    private func notViable(_ function: PCIFunctionRecord, _ group: Int, _ member: String) -> ProxmoxFailure {
        ProxmoxFailure(
            """
            kvm: -device vfio-pci,host=\(function.id): vfio \(function.id): group \(group) is not viable
            Please ensure all devices within the iommu_group are bound to their vfio bus driver.
            start failed: QEMU exited with code 1
            """)
    }

    /// A function that can't be reset is no obstacle: not all need it.
    private func reset(_ function: PCIFunctionRecord, _ console: inout Console) {
        let path = "\(PCIInventory.devices)/\(function.id)/reset"
        guard node.files.isFile(path) else { return }
        do { try node.files.append("1", to: path) } catch {
            console.warn(
                "failed to reset PCI device '\(function.id)', but trying to continue as not all devices need a reset\n")
        }
    }

    private func createMediatedDevice(_ function: PCIFunctionRecord, _ type: String) throws {
        let directory = "\(PCIInventory.devices)/\(function.id)/mdev_supported_types"
        guard node.files.isDirectory(directory) else {
            throw ProxmoxFailure(
                "pci device '\(function.id)' does not support mediated devices \ncould not create mediated device")
        }
        guard node.files.isDirectory("\(directory)/\(type)") else {
            throw ProxmoxFailure("pci device '\(function.id)' has no type '\(type)'\ncould not create mediated device")
        }
    }
}

// MARK: - Ending

extension GuestCommands {
    func stop(_ parameters: Parameters, _ console: inout Console) throws {
        let vmid = vmid(parameters)
        try store.locked(vmid, &console) { console in
            let config = try store.load(vmid, &console)
            guard process(vmid).running != nil else { return process(vmid).forget() }
            if !parameters.isSet("skiplock") { try config.assertUnlocked() }
            try end(vmid, config, &console)
        }
    }

    func shutdown(_ parameters: Parameters, _ console: inout Console) throws {
        let vmid = vmid(parameters)
        try store.locked(vmid, &console) { console in
            let config = try store.load(vmid, &console)
            guard process(vmid).running != nil else { throw ProxmoxFailure("VM \(vmid) not running") }
            if HAState(node: node).takes("vm:\(vmid)", "stopped") {
                console.print("Requesting HA stop for VM \(vmid)\n")
            }
            if !parameters.isSet("skiplock") { try config.assertUnlocked() }
            if node.staysUp(vmid) {
                sleep(UInt32(parameters["timeout"].flatMap { Int($0) } ?? 60))
                guard parameters.isSet("forceStop") else {
                    throw ProxmoxFailure("VM quit/powerdown failed - got timeout")
                }
                console.warn("VM still running - terminating now with SIGTERM\n")
            }
            try end(vmid, config, &console)
        }
    }

    func reboot(_ parameters: Parameters, _ console: inout Console) throws {
        let vmid = vmid(parameters)
        let config = try store.load(vmid, &console)
        guard process(vmid).running != nil else { throw ProxmoxFailure("VM \(vmid) not running") }
        try config.assertUnlocked()
        try shutdown(parameters, &console)
        try start(parameters, &console)
    }

    private func end(_ vmid: String, _ config: GuestConfig, _ console: inout Console) throws {
        process(vmid).end()
        try PCIReservations(node: node).release(vmid: vmid, &console)
        var config = config
        try applyPending(vmid, &config)
    }

    func assertRunning(_ parameters: Parameters, _ console: inout Console) throws {
        let vmid = vmid(parameters)
        _ = try store.load(vmid, &console)
        if process(vmid).running == nil { throw ProxmoxFailure("VM \(vmid) not running") }
    }

    func waitUntilStopped(_ parameters: Parameters, _ console: inout Console) throws {
        let vmid = vmid(parameters)
        _ = try store.load(vmid, &console)
        let limit = parameters["timeout"].flatMap { Int($0) } ?? Int.max
        var seconds = 0
        while process(vmid).running != nil {
            if seconds >= limit { throw ProxmoxFailure("wait failed - got timeout") }
            sleep(1)
            seconds += 1
        }
    }

    /// No guest here runs an agent.
    func askAgent(_ parameters: Parameters, _ console: inout Console) throws {
        let vmid = vmid(parameters)
        let config = try store.load(vmid, &console)
        let agent = config["agent"].flatMap { try? PropertyStringFormat.agent.parse($0) }
        if agent?.isSet("enabled") != true { throw ProxmoxFailure("No QEMU guest agent configured") }
        if process(vmid).running == nil { throw ProxmoxFailure("VM \(vmid) is not running") }
        throw ProxmoxFailure("QEMU guest agent is not running")
    }
}
