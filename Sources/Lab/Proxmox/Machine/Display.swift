/// The guest's display adapter.
struct Display {
    /// `std`, `none`, `qxl`, …
    var type: String
    /// MiB
    var memory: Int?
    /// Heads of a QXL display; 0 without SPICE
    var qxlHeads: Int
    var usesVNCClipboard: Bool
}

extension KVMCommand {
    func display() throws -> Display {
        let value = try parsed("vga", .display) ?? PropertyString()
        let type = value["type"]
        let heads = type.map { $0.hasPrefix("qxl") ? Int($0.dropFirst(3)) ?? 1 : 0 } ?? 0
        let standard = windows.map { $0.number < 6 } == true ? "cirrus" : "std"
        return Display(
            type: heads > 0 ? "qxl" : type ?? standard, memory: value["memory"].flatMap { Int($0) }, qxlHeads: heads,
            usesVNCClipboard: value["clipboard"] == "vnc")
    }

    /// The USB controllers and the tablet, which VNC needs for absolute coordinates.
    mutating func addBaseDevices(_ display: Display) throws {
        if !machine.isQ35 {
            let place = address("piix3")
            addDevice("piix3-usb-uhci,id=uhci\(place).0x2")
        }
        try addUSBControllers()
        let isUseful = display.qxlHeads == 0 && !display.type.hasPrefix("serial")
        if isOn("tablet", byDefault: isUseful) {
            addDevice("usb-tablet,id=tablet,bus=\(machine.isQ35 ? "ehci" : "uhci").0,port=1")
        }
    }

    mutating func addDisplay(_ display: Display) {
        if display.type == "none" || display.type.hasPrefix("serial") {
            if display.type == "none" { words += ["-vga", "none"] }
            words.append("-nographic")
            return
        }
        addAdapter(display, index: 0)
        if display.type == "virtio-gl" { words += ["-display", "egl-headless,gl=core"] }
        words += ["-vnc", "unix:/var/run/qemu-server/\(vmid).vnc,password=on"]
    }

    private mutating func addAdapter(_ display: Display, index: Int) {
        let id = index == 0 ? "vga" : "vga\(index)"
        let model = Self.models[display.type] ?? "VGA"
        let device = display.qxlHeads > 0 ? (index == 0 ? "qxl-vga" : "qxl") : model
        let isLinux = ["l24", "l26", "other", nil].contains(options["ostype"])
        let outputs = display.qxlHeads > 0 && isLinux ? ",max_outputs=4" : ""
        let place = machine.isQ35 && index == 0 ? PCIAddressMap.express(id) : address(id)
        let edid = model == "VGA" && windows != nil && options["bios"] != "ovmf" ? ",edid=off" : ""
        addDevice("\(device),id=\(id)\(memory(display, index))\(outputs)\(place)\(edid)")
    }

    private static let models = [
        "std": "VGA", "cirrus": "cirrus-vga", "vmware": "vmware-svga", "virtio": "virtio-vga",
        "virtio-gl": "virtio-vga-gl", "qxl": "qxl-vga",
    ]

    private func memory(_ display: Display, _ index: Int) -> String {
        guard let size = display.memory else {
            return display.qxlHeads > 0 && index > 0 ? ",ram_size=67108864,vram_size=33554432" : ""
        }
        if display.type.hasPrefix("virtio") { return ",max_hostmem=\(size * 1_048_576)" }
        let sizes = display.qxlHeads > 0 ? ",ram_size_mb=\(size * 4),vram_size_mb=\(size * 2)" : ""
        return ",vgamem_mb=\(size)" + sizes
    }

    mutating func addSpice(_ display: Display) {
        let isSpice = display.qxlHeads > 0 || display.type.hasPrefix("virtio")
        guard isSpice || display.usesVNCClipboard else { return }
        if windows != nil {
            for index in stride(from: 1, to: display.qxlHeads, by: 1) { addAdapter(display, index: index) }
        } else if display.qxlHeads > 1 {
            let size = display.memory.map { $0 * display.qxlHeads * 2_097_152 } ?? 67_108_864
            words += ["-global", "qxl-vga.ram_size=\(size * 2)", "-global", "qxl-vga.vram_size=\(size)"]
        }
        let place = address("spice")
        addDevice("virtio-serial,id=spice\(place)")
        let agent =
            display.usesVNCClipboard
            ? "qemu-vdagent,id=vdagent,name=vdagent,clipboard=on" : "spicevmc,id=vdagent,name=vdagent"
        devices += ["-chardev", agent]
        addDevice("virtserialport,chardev=vdagent,name=com.redhat.spice.0")
        if isSpice {
            devices += ["-spice", "tls-port=61000,addr=127.0.0.1,tls-ciphers=HIGH,seamless-migration=on"]
        }
    }
}
