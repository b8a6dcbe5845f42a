import Fleet

/// What is plugged into USB controllers, and the kernel's devices that sit on functions. Both are there only while their
/// function has its own driver.
extension BootSysfs {
    func writeUSB() throws(LabError) {
        let controllers = hardware.functions.filter { $0.described.class.isUSB && isServed($0) }
        for (index, controller) in controllers.enumerated() {
            let bus = index + 1
            let hub = "\(layout.directory(of: controller.address))/usb\(bus)"
            try writeDevice("usb\(bus)", at: hub, id: "1d6b:0002", name: "xHCI Host Controller", interface: "090000")
            let plugged = setup.usb.filter { $0.at == controller.address }
            for (port, device) in plugged.enumerated() {
                let name = "\(bus)-\(port + 1)"
                try writeDevice(
                    name, at: "\(hub)/\(name)", id: device.id, name: device.name, interface: device.interface)
            }
        }
    }

    private func writeDevice(
        _ name: String, at path: String, id: String, name words: String, interface: String
    ) throws(LabError) {
        let ids = id.split(separator: ":").map(String.init)
        let isHub = interface.hasPrefix("09")
        let values = [
            "idVendor": ids.first ?? "", "idProduct": ids.last ?? "", "product": words,
            "bDeviceClass": isHub ? "09" : "00",
        ]
        for (attribute, value) in values { try files.make("\(path)/\(attribute)", value + "\n", mode: 0o444) }
        try files.relate(path, "subsystem", to: "/bus/usb")
        try files.relate("/bus/usb/devices", name, to: path)
        let part = "\(name.hasPrefix("usb") ? "\(name.dropFirst(3))-0" : name):1.0"
        let parts = [interface.prefix(2), interface.dropFirst(2).prefix(2), interface.suffix(2)]
        for (attribute, value) in zip(["bInterfaceClass", "bInterfaceSubClass", "bInterfaceProtocol"], parts) {
            try files.make("\(path)/\(part)/\(attribute)", value + "\n", mode: 0o444)
        }
        try files.relate("/bus/usb/devices", part, to: "\(path)/\(part)")
    }

    func writeAttached() throws(LabError) {
        var serial: [String] = []
        for (index, attached) in setup.attached.enumerated() {
            guard let function = hardware[attached.at], state.drivers[function.address] != .vfio else { continue }
            let device = layout.directory(of: attached.at)
            let kind = attached.kind
            let name = kind == .serial ? "ttyS\(index + 4)" : "\(kind.rawValue)\(index)"
            let path = "\(device)/\(kind.sysfsClass)/\(name)"
            try files.make("\(path)/dev", "10:\(index + 1)\n", mode: 0o444)
            if kind == .watchdog { try files.make("\(path)/state", "active\n", mode: 0o444) }
            try files.relate(path, "device", to: device)
            try files.relate("/class/\(kind.sysfsClass)", name, to: path)
            if kind == .serial { serial.append(name) }
        }
        let consoles = (["tty0"] + serial).joined(separator: " ")
        try files.make("/devices/virtual/tty/console/active", consoles + "\n", mode: 0o444)
        try files.relate("/class/tty", "console", to: "/devices/virtual/tty/console")
    }
}

extension NodeSetup.Attached.Kind {
    fileprivate var sysfsClass: String { self == .serial ? "tty" : rawValue }
}
