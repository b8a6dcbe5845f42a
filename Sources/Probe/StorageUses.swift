import Fleet

/// What the host's storage rests on.
extension FactsReader {
    mutating func addStorage(_ blocks: [BlockDevice], to collector: inout UseCollector) -> Unknown? {
        let pools: [String: [String]]
        switch poolDevices() {
        case .unknown(let why): return why
        case .known(let known): pools = known
        }
        for (pool, devices) in pools.sorted(by: { $0.key < $1.key }) {
            for device in devices { collector.add(.zfsVdev, pool, source: device) }
        }
        addContents(blocks, imported: pools.values.flatMap(\.self), to: &collector)
        addPartitions(blocks, to: &collector)
        switch fact("swaps", { $0.lines.map(\.text).filter { !$0.isEmpty } }) {
        case .unknown(let why): return why
        case .known(let swaps): for swap in swaps { collector.add(.swap, swap, source: swap) }
        }
        return addGuestDisks(to: &collector) ?? addMounts(pools, to: &collector)
    }

    /// Rows of `guest-disks`: guest, disk, path, device. An answer of an earlier probe has no such part.
    private func addGuestDisks(to collector: inout UseCollector) -> Unknown? {
        switch fact("guest-disks", { Table($0)?.rows() }) {
        case .unknown(let why): return why.reason == .notCollected ? nil : why
        case .known(let rows):
            for row in rows where row.cells.count == 4 {
                guard let device = row[3].value else { continue }
                collector.add(.guestDisk, "\(row.bytes(0).text) \(row.bytes(1).text)", source: device.text)
            }
            return nil
        }
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

    /// What udev found on the devices.
    private func addContents(_ blocks: [BlockDevice], imported: [String], to collector: inout UseCollector) {
        let disks = Set(imported.compactMap(collector.graph.block(source:)).map(collector.graph.disk(of:)))
        for block in blocks {
            switch block.content {
            case "LVM2_member": collector.add(.lvmPhysicalVolume, block.name, block: block.name)
            case "zfs_member" where !disks.contains(collector.graph.disk(of: block.name)):
                collector.add(.zfsForeign, block.name, block: block.name)
            case "ceph_bluestore": collector.add(.cephOSD, block.name, block: block.name)
            default: break
            }
            if let mapper = block.mapperName {
                collector.add(mapper.hasPrefix("ceph--") ? .cephOSD : .lvmPhysicalVolume, mapper, block: block.name)
            }
        }
    }

    /// The EFI system partitions the host boots from: those of proxmox-boot-tool. Where it has none and the firmware is
    /// UEFI, it is the mounted one; where none is mounted either, it may be any.
    private func addPartitions(_ blocks: [BlockDevice], to collector: inout UseCollector) {
        let uuids = Set((facts.boot.proxmoxBootToolESPs.value ?? []).map { $0.lowercased() })
        let listed = blocks.filter { $0.uuid.map(uuids.contains) == true }
        let isMounted = mountRows.value?.contains { Self.bootMounts.contains($0[1]) } ?? false
        let any = listed.isEmpty && !isMounted && facts.firmware != .known(.bios)
        for block in any ? blocks.filter(\.isESP) : listed { collector.add(.bootFileSystem, "ESP", block: block.name) }
    }

    private static let bootMounts: Set<String> = ["/boot/efi", "/efi"]

    /// `NUMBER MOUNTPOINT TYPE SOURCE`
    private var mountRows: Observed<[[String]]> {
        fact("mounts") { $0.lines.map { $0.words.map(\.text) }.filter { $0.count == 4 } }
    }

    /// The root file system must be traced, or nothing is known.
    private func addMounts(_ pools: [String: [String]], to collector: inout UseCollector) -> Unknown? {
        let mounts: [[String]]
        switch mountRows {
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
