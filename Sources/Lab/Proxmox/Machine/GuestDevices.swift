/// Passed-through functions, USB, serial ports, agent and the like.
extension KVMCommand {
    /// True when a function is the guest's primary graphics, which hides the hypervisor and takes the display away.
    mutating func addHostPCI(_ display: inout Display) -> Bool {
        var hasGraphics = false
        let bootOrder = bootIndices
        for device in hostPCI {
            if device.options.isSet("x-vga") {
                hasGraphics = true
                if options["vga"] == nil { display.type = "none" }
            }
            let place = place(of: device)
            for (number, function) in device.functions.enumerated() {
                addDevice(vfio(device, function, number, place, bootOrder["hostpci\(device.index)"]))
                if device.mediatedType != nil { break }
            }
        }
        return hasGraphics
    }

    private mutating func place(of device: HostPCIDevice) -> String {
        let id = "hostpci\(device.index)"
        guard device.options.isSet("pcie") else {
            return address(device.options.isSet("legacy-igd") ? "legacy-igd" : id)
        }
        if windows?.number == 7 { return PCIAddressMap.express(id + "bus0") }
        if let port = PCIAddressMap.rootPort(device.index) { addDevice(port) }
        return PCIAddressMap.express(id)
    }

    private func vfio(
        _ device: HostPCIDevice, _ function: PCIFunctionRecord, _ number: Int, _ place: String, _ bootIndex: Int?
    ) -> String {
        let isMultifunction = device.functions.count > 1 && device.mediatedType == nil
        let suffix = isMultifunction ? ".\(number)" : ""
        var text = "vfio-pci," + source(device, function)
        if device.isMigratable { text += ",enable-migration=on" }
        text += ",id=hostpci\(device.index)\(suffix)\(place)\(suffix)"
        guard number == 0 else { return text }
        if device.options["rombar"] == "0" { text += ",rombar=0" }
        if device.options.isSet("x-vga") && options["bios"] != "ovmf" { text += ",x-vga=on" }
        if isMultifunction { text += ",multifunction=on" }
        if let file = device.options["romfile"] { text += ",romfile=/usr/share/kvm/\(file)" }
        if let bootIndex { text += ",bootindex=\(bootIndex)" }
        for option in ["vendor-id", "device-id", "sub-vendor-id", "sub-device-id"] {
            if let id = device.options[option] { text += ",x-pci-\(option)=\(id)" }
        }
        return text
    }

    private func source(_ device: HostPCIDevice, _ function: PCIFunctionRecord) -> String {
        if device.mediatedType == nil { return "host=\(function.id)" }
        return "sysfsdev=/sys/bus/mdev/devices/\(mediatedDeviceID(index: device.index, vmid: vmid))"
    }

    /// Newer guests get one xHCI controller for all their USB devices.
    private var usesXHCI: Bool {
        machine.version.isAtLeast(7, 1) && (options["ostype"] == "l26" || windows.map { $0.number > 7 } == true)
    }

    private var usbIndices: [Int] { (0..<14).filter { options["usb\($0)"] != nil } }

    mutating func addUSBControllers() throws {
        guard !usbIndices.isEmpty else { return }
        if usesXHCI {
            let place = address("xhci")
            addDevice("qemu-xhci,p2=15,p3=15,id=xhci\(place)")
        } else if !machine.isQ35 {
            devices += ["-readconfig", "/usr/share/qemu-server/pve-usb.cfg"]
        }
    }

    mutating func addUSBDevices() throws {
        for index in usbIndices {
            guard let host = try parsed("usb\(index)", .usb)?["host"], host != "spice" else { continue }
            let bus = usesXHCI ? "bus=xhci.0,port=\(index + 1)" : "bus=ehci.0,port=\(index + 2)"
            let parts = host.split(separator: host.contains(":") ? ":" : "-", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { continue }
            let id = { (text: String) in text.hasPrefix("0x") ? text : "0x" + text }
            let identity =
                host.contains(":")
                ? "vendorid=\(id(parts[0])),productid=\(id(parts[1]))" : "hostbus=\(parts[0]),hostport=\(parts[1])"
            addDevice("usb-host,\(bus),\(identity),id=usb\(index)")
        }
    }

    mutating func addPorts() throws {
        for index in 0..<4 {
            guard let path = options["serial\(index)"] else { continue }
            let isSocket = path == "socket"
            if !isSocket && !node.files.exists(path) { throw ProxmoxFailure("no such serial device") }
            let chardev =
                isSocket
                ? "socket,id=serial\(index),path=/var/run/qemu-server/\(vmid).serial\(index),server=on,wait=off"
                : "serial,id=serial\(index),path=\(path)"
            devices += ["-chardev", chardev, "-device", "isa-serial,chardev=serial\(index)"]
        }
        if options["tpmstate0"] != nil {
            devices += [
                "-chardev", "socket,id=tpmchar,path=/var/run/qemu-server/\(vmid).swtpm", "-tpmdev",
                "emulator,id=tpmdev,chardev=tpmchar", "-device", "tpm-tis,tpmdev=tpmdev",
            ]
        }
    }

    mutating func addAgentAndSources() throws {
        if let agent = try parsed("agent", .agent), agent.isSet("enabled") {
            devices += ["-chardev", "socket,path=/var/run/qemu-server/\(vmid).qga,server=on,wait=off,id=qga0"]
            if agent["type"] == "isa" {
                addDevice("isa-serial,chardev=qga0")
            } else {
                let place = address("qga0")
                addDevice("virtio-serial,id=qga0\(place)")
                addDevice("virtserialport,chardev=qga0,name=org.qemu.guest_agent.0")
            }
        }
        if let source = try parsed("rng0", .randomSource), let file = source["source"] {
            let place = address("rng0")
            devices += ["-object", "rng-random,filename=\(file),id=rng0"]
            let limit = source["max_bytes"] ?? "1024"
            let rate = limit == "0" ? "" : ",max-bytes=\(limit),period=\(source["period"] ?? "1000")"
            addDevice("virtio-rng-pci,rng=rng0\(rate)\(place)")
        }
    }

    mutating func addBalloonAndWatchdog() {
        if options["balloon"] != "0" {
            let place = address("balloon0")
            let reporting = machine.version.isAtLeast(6, 2) ? ",free-page-reporting=on" : ""
            addDevice("virtio-balloon-pci,id=balloon0\(place)\(reporting)")
        }
        if let watchdog = try? parsed("watchdog", .watchdog) {
            let place = address("watchdog")
            addDevice("\(watchdog["model"] ?? "i6300esb")\(place)")
            if let action = watchdog["action"] { devices += ["-watchdog-action", action] }
        }
    }
}

/// The identifier under which Proxmox makes a mediated device: its index and the guest's number.
func mediatedDeviceID(index: Int, vmid: String) -> String {
    let zeros = { (text: String, width: Int) in String(repeating: "0", count: max(0, width - text.utf8.count)) + text }
    return "\(zeros(String(index), 8))-0000-0000-0000-\(zeros(vmid, 12))"
}
