import Fleet

extension FactsReader {
    /// Unknown when one of the sources is: a list of uses with a hole would allow to take what the host needs.
    mutating func readHostUses() {
        switch (facts.interfaces, facts.blockDevices) {
        case (.unknown(let why), _), (_, .unknown(let why)): facts.hostUses = .unknown(why)
        case (.known(let interfaces), .known(let blocks)):
            var collector = UseCollector(graph: DeviceGraph(interfaces: interfaces, blocks: blocks))
            if let why = missingSource() ?? addNetwork(interfaces, to: &collector) ?? addStorage(blocks, to: &collector)
            {
                facts.hostUses = .unknown(why)
            } else {
                facts.hostUses = .known(collector.uses)
            }
        }
    }

    /// Addresses must be known; others may tell nothing on a healthy node (no udev, no login over SSH, no cluster), but
    /// must have been asked.
    private func missingSource() -> Unknown? {
        if case .unknown(let why) = answer.told("addresses") { return why }
        for name in ["login", "udev"] {
            if case .unknown(let why) = answer.received(name) { return why }
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

    // MARK: Network

    private mutating func addNetwork(_ interfaces: [NetworkInterface], to collector: inout UseCollector) -> Unknown? {
        switch routedInterfaces() {
        case .unknown(let why): return why
        case .known(let names):
            for name in names {
                guard interfaces.contains(where: { $0.name == name }) else {
                    return Unknown(.malformed, "The default route's interface \(name.printableLine) is not in sysfs.")
                }
                collector.add(.defaultRoute, name, interface: name)
            }
        }
        for bridge in interfaces where bridge.kind == .bridge {
            collector.add(.bridgePort, bridge.name, interface: bridge.name)
        }
        addManagement(interfaces, to: &collector)
        addCorosync(interfaces, to: &collector)
        return nil
    }

    private func routedInterfaces() -> Observed<[String]> {
        let names: (Bytes) -> [String]? = { $0.lines.map(\.text).filter { !$0.isEmpty } }
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
            return
        }
        for interface in interfaces where interface.addresses?.contains(address) == true {
            collector.add(.management, address, interface: interface.name)
        }
    }

    /// `ring0_addr:` of every node; only this node's own addresses are found on its interfaces.
    private func addCorosync(_ interfaces: [NetworkInterface], to collector: inout UseCollector) {
        guard let bytes = facts.files["/etc/pve/corosync.conf"]?.value?.bytes else { return }
        let hosts = hostNames()
        for line in bytes[...].lines {
            guard let (key, value) = line.trimmed.cut(at: UInt8(ascii: ":")), key.starts(with: "ring"),
                key.suffix(5).elementsEqual("_addr".utf8)
            else { continue }
            let name = value.trimmed.text
            let addresses = [name] + (hosts[name] ?? [])
            for interface in interfaces where interface.addresses?.contains(where: addresses.contains) == true {
                collector.add(.corosync, name, interface: interface.name)
            }
        }
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

    // MARK: Storage

    private mutating func addStorage(_ blocks: [BlockDevice], to collector: inout UseCollector) -> Unknown? {
        let pools: [String: [String]]
        switch poolDevices() {
        case .unknown(let why): return why
        case .known(let known): pools = known
        }
        for (pool, devices) in pools.sorted(by: { $0.key < $1.key }) {
            for device in devices { collector.add(.zfsVdev, pool, source: device) }
        }
        addContents(blocks, to: &collector)
        switch fact("swaps", { $0.lines.map(\.text).filter { !$0.isEmpty } }) {
        case .unknown(let why): return why
        case .known(let swaps): for swap in swaps { collector.add(.swap, swap, source: swap) }
        }
        return addMounts(pools, to: &collector)
    }

    /// `pool: rpool`, then one `/dev/…` for each of its devices; absent where there is no ZFS.
    private func poolDevices() -> Observed<[String: [String]]> {
        known("zpool", whenAbsent: [:]) { content in
            var pools: [String: [String]] = [:]
            var pool: String?
            for line in content.lines {
                let words = line.words
                guard let first = words.first else { continue }
                if first.equals("pool:"), words.count == 2 {
                    pool = words[1].text
                    pools[words[1].text] = []
                } else if let pool, first.starts(with: "/dev/") {
                    pools[pool]?.append(first.text)
                }
            }
            return pools
        }
    }

    private func addContents(_ blocks: [BlockDevice], to collector: inout UseCollector) {
        let espUUIDs = Set((facts.boot.proxmoxBootToolESPs.value ?? []).map { $0.lowercased() })
        for block in blocks {
            switch block.content {
            case "LVM2_member": collector.add(.lvmPhysicalVolume, block.name, block: block.name)
            case "zfs_member": collector.add(.zfsVdev, block.name, block: block.name)
            case "ceph_bluestore": collector.add(.cephOSD, block.name, block: block.name)
            default: break
            }
            if block.isESP || block.uuid.map(espUUIDs.contains) == true {
                collector.add(.bootFileSystem, "ESP", block: block.name)
            }
            if let mapper = block.mapperName {
                collector.add(mapper.hasPrefix("ceph--") ? .cephOSD : .lvmPhysicalVolume, mapper, block: block.name)
            }
        }
    }

    /// `NUMBER MOUNTPOINT TYPE SOURCE`. The root file system must be traced, or nothing is known.
    private func addMounts(_ pools: [String: [String]], to collector: inout UseCollector) -> Unknown? {
        let mounts: [[String]]
        switch fact("mounts", { $0.lines.map { $0.words.map(\.text) }.filter { $0.count == 4 } }) {
        case .unknown(let why): return why
        case .known(let known): mounts = known
        }
        var isRootTraced = false
        for mount in mounts {
            let traced = collector.add(mount: mount, pools)
            if mount[1] == "/" && traced { isRootTraced = true }
        }
        if isRootTraced || collector.add(rootOf: facts.kernelCommandLine.value ?? "", pools) { return nil }
        return Unknown(.unreadable, "The root file system could not be traced to a disk of this node.")
    }
}
