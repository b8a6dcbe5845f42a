/// Whether the partitions that proxmox-boot-tool writes to are those the node boots from.
struct PartitionJudgement {
    let facts: NodeFacts
    /// The UUIDs of `/etc/kernel/proxmox-boot-uuids`.
    let listed: [String]

    var reasons: [Reason] {
        guard case .known(let blocks) = facts.blockDevices, blocks.contains(where: { $0.uuid != nil }) else {
            return []
        }
        return [missing(blocks), unlisted(blocks)].compactMap(\.self)
    }

    /// A disk that was exchanged: proxmox-boot-tool warns of its partition, and goes on with the others.
    private func missing(_ blocks: [BlockDevice]) -> Reason? {
        let present = Set(blocks.compactMap(\.uuid))
        let gone = listed.filter { !present.contains($0.asciiLowercased) }
        guard !gone.isEmpty else { return nil }
        let list = gone.joined(separator: ", ")
        guard gone.count < listed.count else {
            let message =
                "None of the partitions that proxmox-boot-tool writes to is there (\(list)): no change would reach what boots. "
                + "Set up the present one: proxmox-boot-tool init, then proxmox-boot-tool clean."
            return .blocker(.espMissing, message, evidence: [Self.list(listed)])
        }
        let message =
            "\(list), which proxmox-boot-tool shall write to, is not there: after a disk was exchanged, the new one's partition "
            + "has to be set up (proxmox-boot-tool init), or the node boots from one disk alone."
        return .warning(.espMissing, message, evidence: [Self.list(listed)])
    }

    /// The loader tells which partition it was started from.
    private func unlisted(_ blocks: [BlockDevice]) -> Reason? {
        guard let own = facts.boot.report.value.flatMap(\.self)?.partition,
            let block = blocks.first(where: { $0.partitionUUID == own }), let uuid = block.uuid,
            !listed.contains(where: { $0.asciiLowercased == uuid })
        else { return nil }
        let message =
            "The node booted from /dev/\(block.name) (\(uuid)), which is not among the partitions that proxmox-boot-tool "
            + "writes to: changes would not reach it."
        let booted = Evidence(command: "bootctl status | grep -A2 'Boot Loader'", output: own)
        return .blocker(.espNotManaged, message, evidence: [Self.list(listed), booted])
    }

    private static func list(_ listed: [String]) -> Evidence {
        Seen.lines(of: "/etc/kernel/proxmox-boot-uuids", listed)
    }
}
