/// Whether the wanted functions can be taken from the host: nothing it needs is among them, in their groups, or under
/// their ids.
struct DeviceSafety {
    let index: PCIIndex
    let devices: [ResolvedDevice]

    private var wanted: Set<PCIAddress> { Set(devices.flatMap { $0.functions.map(\.address) }) }

    func reasons(groupsKnown: Bool) -> [Reason] {
        hostUses() + sharedIDs() + (groupsKnown ? groups() : []) + console()
    }

    /// The wanted functions that the host itself uses.
    private func hostUses() -> [Reason] {
        devices.flatMap { device in
            device.functions.compactMap { function in
                let uses = (index.uses[function.address] ?? [])
                    .filter { !(device.request.acceptsConsole && $0.purpose == .console) }
                guard !uses.isEmpty else { return nil }
                let list = uses.map(Seen.words).joined(separator: "; ")
                return .blocker(
                    .deviceUsedByHost, "\(function.words) is wanted for guests, and the host needs it (\(list)).",
                    evidence: uses.map(Seen.use))
            }
        }
    }

    /// `ids=` takes every function with the id, wanted or not.
    private func sharedIDs() -> [Reason] {
        let wanted = wanted
        let ids = Set(devices.flatMap { $0.functions.map(\.id) })
        let twins = index.functions.indices
            .filter { ids.contains(index.functions[$0].id) && !wanted.contains(index.functions[$0].address) }
            .map { index.functions[$0] }
        return twins.map { twin in
            let use = index.uses[twin.address]?.first.map { ", which the host needs (\(Seen.words($0)))" } ?? ""
            let message =
                "Binding by id \(twin.id) would also take \(twin.words)\(use): the same id sits on a wanted function."
            return .blocker(.idShared, message, evidence: [Seen.functions([twin])])
        }
    }

    private func groups() -> [Reason] {
        var seen: Set<Int> = []
        return devices.flatMap { groupReasons(of: $0, seen: &seen) }
    }

    func groupReasons(of device: ResolvedDevice) -> [Reason] {
        var seen: Set<Int> = []
        return groupReasons(of: device, seen: &seen)
    }

    /// What Proxmox takes when a guest starts: each member of the groups that has no secondary bus (`SysFSTools.pm`).
    private func groupReasons(of device: ResolvedDevice, seen: inout Set<Int>) -> [Reason] {
        let wanted = wanted
        var reasons: [Reason] = []
        for function in device.functions {
            guard let group = function.group else {
                let message = "\(function.words) is in no IOMMU group and can't be passed."
                reasons.append(.blocker(.deviceWithoutGroup, message))
                continue
            }
            guard seen.insert(group).inserted else { continue }
            let members = index.members(of: group)
            let others = members.filter { !wanted.contains($0.address) && !$0.hasSecondaryBus }
            reasons += others.map { judge($0, in: group, members, with: function) }
        }
        return reasons
    }

    private func judge(
        _ other: PCIFunction, in group: Int, _ members: [PCIFunction], with function: PCIFunction
    ) -> Reason {
        let evidence = [Seen.group(group, members)]
        if let uses = index.uses[other.address], !uses.isEmpty {
            let list = uses.map(Seen.words).joined(separator: "; ")
            let message =
                "Starting a guest with \(function.address.short) takes all of group \(group), also \(other.words), "
                + "which the host needs (\(list))."
            return .blocker(.groupHoldsHostFunction, message, evidence: evidence + uses.map(Seen.use))
        }
        if accepted.contains(other.address) {
            let message = "\(other.words) is taken along with group \(group), as the playbook accepts."
            return .note(.groupSiblingAccepted, message, evidence: evidence)
        }
        if other.class.base == 0x06, other.class.sub == 0x00, other.driver == nil {
            let message =
                "\(other.words) is a host bridge without a driver; Proxmox takes it along, and nobody misses it."
            return .note(.groupSiblingAccepted, message, evidence: evidence)
        }
        let message =
            "Starting a guest with \(function.address.short) takes all of group \(group), also \(other.words). "
            + "List it under accept-siblings if the host can do without it."
        return .blocker(.groupSiblingNotAccepted, message, evidence: evidence)
    }

    private var accepted: Set<PCIAddress> { Set(devices.flatMap(\.request.acceptSiblings)) }

    /// The firmware's display is wanted, and there is no management controller's display beside it.
    private func console() -> [Reason] {
        let displays = devices.flatMap(\.functions).filter { $0.bootVGA == true }
        guard let display = displays.first,
            !index.functions.indices.contains(where: { index.functions[$0].isManagementDisplay })
        else { return [] }
        let message = "\(display.words) is the host's console: its screen goes dark when vfio-pci takes it."
        return [.warning(.consoleLost, message, evidence: [Seen.driver(of: display)])]
    }
}
