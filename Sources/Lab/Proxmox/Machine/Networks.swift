/// The guest's network cards.
extension KVMCommand {
    mutating func addNetworks() throws {
        let bootOrder = bootIndices
        for index in 0..<32 {
            guard let network = try parsed("net\(index)", .network) else { continue }
            let name = "net\(index)"
            devices += ["-netdev", backend(network, name, index)]
            let place = address(name)
            var text = "\(Self.device(network["model"]))"
            text += ",mac=\(network["macaddr"] ?? ""),netdev=\(name)\(place),id=\(name)"
            text += queues(network)
            if let boot = bootOrder[name] { text += ",bootindex=\(boot)" }
            if let mtu = network["mtu"].flatMap({ Int($0) }), network["model"] == "virtio", network["bridge"] != nil {
                text += ",host_mtu=\(mtu == 1 ? bridgeMTU(network["bridge"]) : mtu)"
            }
            addDevice(text)
        }
    }

    private static func device(_ model: String?) -> String {
        model == "virtio" ? "virtio-net-pci" : model ?? "rtl8139"
    }

    private func queues(_ network: PropertyString) -> String {
        guard network["model"] == "virtio" else { return "" }
        let count = network["queues"].flatMap { Int($0) } ?? 0
        let isRecent = machine.version.isAtLeast(7, 1)
        let many = count > 1 ? ",vectors=\(count * 2 + 2),mq=on\(isRecent ? ",packed=on" : "")" : ""
        return many + (isRecent ? ",rx_queue_size=1024,tx_queue_size=256" : "")
    }

    private func bridgeMTU(_ bridge: String?) -> Int {
        bridge.flatMap { node.files.firstLine("/sys/class/net/\($0)/mtu") }.flatMap { Int($0) } ?? 1500
    }

    private func backend(_ network: PropertyString, _ name: String, _ index: Int) -> String {
        guard network["bridge"] != nil else {
            return "type=user,id=\(name),hostname=\(options["name"] ?? "vm\(vmid)")"
        }
        let isVirtio = network["model"] == "virtio"
        let vhost = isVirtio && node.files.exists("/dev/vhost-net") ? ",vhost=on" : ""
        let queues = network["queues"].flatMap { Int($0) }.map { $0 > 1 && isVirtio ? ",queues=\($0)" : "" } ?? ""
        let scripts = "/usr/libexec/qemu-server/pve-bridge"
        return
            "type=tap,id=\(name),ifname=tap\(vmid)i\(index),script=\(scripts),downscript=\(scripts)down\(vhost)\(queues)"
    }
}
