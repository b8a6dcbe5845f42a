import Fleet

/// What the host itself uses: the network's part, and how all parts come together.
extension FactsReader {
    /// Unknown when one of the sources is: a list of uses with a hole would allow to take what the host needs.
    mutating func readHostUses() {
        switch (facts.interfaces, facts.blockDevices) {
        case (.unknown(let why), _), (_, .unknown(let why)): facts.hostUses = .unknown(why)
        case (.known(let interfaces), .known(let blocks)):
            var collector = UseCollector(graph: DeviceGraph(interfaces: interfaces, blocks: blocks))
            if let why = missingSource() ?? addNetwork(interfaces, to: &collector) ?? addStorage(blocks, to: &collector)
            {
                facts.hostUses = .unknown(collector.graph.isExhausted ? Self.endless : why)
            } else {
                addAttached(to: &collector)
                addUSB(to: &collector)
                facts.hostUses = collector.graph.isExhausted ? .unknown(Self.endless) : .known(collector.uses)
            }
            facts.untracedUses = collector.untraced
        }
    }

    private static let endless = Unknown(
        .malformed, "What rests on what among the interfaces and disks is deeper or larger than on any real node.")

    /// Addresses must be known; others may tell nothing on a healthy node (no udev, no login over SSH, no cluster), but
    /// must have been asked.
    private func missingSource() -> Unknown? {
        if case .unknown(let why) = answer.told("addresses") { return why }
        if case .unknown(let why) = answer.received("login") { return why }
        switch answer.received("udev") {
        case .unknown(let why): return why
        case .known(let frame):
            // grep finds nothing (1) on a node without disks, and no files (2) on one without udev.
            if let why = frame.failure, ![.exited(1), .exited(2), .absent].contains(frame.status) { return why }
        }
        for path in ["/etc/pve/corosync.conf", "/etc/hosts", "/etc/kernel/proxmox-boot-uuids"] {
            switch facts.files[path] {
            case .known: continue
            case .unknown(let why): return why
            case nil: return Unknown(.notCollected, "\(path) was not looked at.")
            }
        }
        return nil
    }

    private mutating func addNetwork(_ interfaces: [NetworkInterface], to collector: inout UseCollector) -> Unknown? {
        switch routedInterfaces() {
        case .unknown(let why): return why
        case .known(let names):
            for name in names {
                guard collector.graph.hasInterface(name) else {
                    return Unknown(.malformed, "The default route's interface \(name.printableLine) is not in sysfs.")
                }
                collector.add(.defaultRoute, name, interface: name)
                if collector.graph.isUntraceable(name) {
                    collector.addUntraced(.defaultRoute, "it goes over \(name), which shows no card below it.")
                }
            }
        }
        for bridge in interfaces where bridge.kind == .bridge || bridge.name == DeviceGraph.openSwitch {
            collector.add(.bridgePort, bridge.name, interface: bridge.name)
        }
        addManagement(interfaces, to: &collector)
        addCorosync(interfaces, to: &collector)
        for interface in interfaces where interface.addresses?.isEmpty == false {
            collector.addIfNew(.networkAddress, interface.name, interface: interface.name)
        }
        for interface in interfaces where interface.kind == .bond || interface.kind == .vlan {
            collector.addIfNew(
                interface.kind == .bond ? .bondPort : .vlanParent, interface.name, interface: interface.name)
        }
        return nil
    }

    /// More interfaces than that carry no default route.
    private static let routeLimit = 256

    private func routedInterfaces() -> Observed<[String]> {
        let names: (Bytes) -> [String]? = { content in
            let names = content.lines.map(\.text).filter { !$0.isEmpty }
            return names.count <= Self.routeLimit ? names : nil
        }
        let four = fact("routes", names)
        // A kernel without IPv6 has no such table, and the node then sends no such part.
        guard answer.isComplete, answer.frames["routes6"] == nil else {
            return four.flatMap { four in fact("routes6", names).map { four + $0.filter { !four.contains($0) } } }
        }
        return four
    }

    private mutating func addManagement(_ interfaces: [NetworkInterface], to collector: inout UseCollector) {
        guard case .known(let address) = fact("login", { $0.text }) else {
            diagnose(.unreadable, "The address this login came in on is not known.", in: "login")
            collector.addUntraced(.management, "it is not known.")
            return
        }
        // A link-local address names its interface: `fe80::1%vmbr0`.
        let zone = address.split(separator: "%").dropFirst().first.map(String.init)
        let carriers = interfaces.filter { $0.addresses?.contains(address) == true || $0.name == zone }
        for interface in carriers { collector.add(.management, address, interface: interface.name) }
        if carriers.isEmpty, !address.hasPrefix("127."), address != "::1" {
            collector.addUntraced(.management, "no interface has \(address).")
        }
    }

    /// `ring0_addr:` of every node; only this node's own addresses are found on its interfaces.
    private func addCorosync(_ interfaces: [NetworkInterface], to collector: inout UseCollector) {
        guard let bytes = facts.files["/etc/pve/corosync.conf"]?.value?.bytes else { return }
        let hosts = hostNames()
        let carriers = Self.carriers(interfaces)
        var isFound = false
        for name in Self.ringAddresses(bytes[...]) {
            for interface in Set(([name] + (hosts[name] ?? [])).flatMap { carriers[$0] ?? [] }).sorted() {
                collector.add(.corosync, name, interface: interface)
                isFound = true
            }
        }
        if !isFound {
            collector.addUntraced(.corosync, "no interface has an address that /etc/pve/corosync.conf names.")
        }
    }

    /// Names or addresses of all nodes' links, each once.
    private static func ringAddresses(_ configuration: Bytes) -> [String] {
        var seen: Set<String> = []
        return configuration.lines.compactMap { line in
            guard let (key, value) = line.trimmed.cut(at: UInt8(ascii: ":")), key.starts(with: "ring"),
                key.suffix(5).elementsEqual("_addr".utf8)
            else { return nil }
            let name = value.trimmed.text
            return seen.insert(name).inserted ? name : nil
        }
    }

    /// The interfaces that have an address, by the address.
    private static func carriers(_ interfaces: [NetworkInterface]) -> [String: [String]] {
        var carriers: [String: [String]] = [:]
        for interface in interfaces {
            for address in interface.addresses ?? [] { carriers[address, default: []].append(interface.name) }
        }
        return carriers
    }

    private func hostNames() -> [String: [String]] {
        guard let bytes = facts.files["/etc/hosts"]?.value?.bytes else { return [:] }
        var hosts: [String: [String]] = [:]
        for line in bytes[...].lines {
            let words = line.prefix { $0 != UInt8(ascii: "#") }.words
            guard let address = words.first?.text else { continue }
            for name in words.dropFirst() { hosts[name.text, default: []].append(address) }
        }
        return hosts
    }
}
