/// What the way functions are wired says about taking them: separated groups, boards whose cards belong together.
extension DeviceSafety {
    func topology(groupsKnown: Bool) -> [Reason] {
        acsOverride() + (groupsKnown ? splitDevices() + groupsSharedByGuests() : []) + switches()
    }

    /// Groups made by `pcie_acs_override` separate nothing: what sits below the same root port may reach each other.
    private func acsOverride() -> [Reason] {
        guard let line = facts.kernelCommandLine.value, line.contains(substring: "pcie_acs_override") else { return [] }
        return devices.flatMap { device in
            vitalNeighbours(of: device).map { neighbour($0, device, [Seen.commandLine(line)]) }
        }
    }

    private func neighbour(_ function: PCIFunction, _ device: ResolvedDevice, _ evidence: [Evidence]) -> Reason {
        let uses = critical.vital(function.address)
        let message =
            "Without pcie_acs_override, \(function.words) may be in one group with “\(device.request.name)”: both are below "
            + "\(root(of: function.address).short), and the host needs it for \(Seen.needs(uses, on: function.address))."
        return .warning(.acsOverrideNearHost, message, evidence: evidence + [Seen.place(of: function)])
    }

    /// What the host needs below the same port of the root complex, bridges left out.
    private func vitalNeighbours(of device: ResolvedDevice) -> [PCIFunction] {
        let roots = Set(device.functions.filter { $0.parent != nil }.map { root(of: $0.address) })
        return index.functions.filter { function in
            !function.isBridge && function.parent != nil && !wanted.contains(function.address)
                && roots.contains(root(of: function.address)) && !critical.vital(function.address).isEmpty
        }
    }

    private func root(of address: PCIAddress) -> PCIAddress { index.table.ancestors(of: address).last ?? address }

    /// A card whose functions are in groups of their own is still one card: a rule by group would split it.
    private func splitDevices() -> [Reason] {
        devices.flatMap { device in
            device.slots.compactMap { slot in
                let functions = device.functions.filter { $0.address.slot == slot }
                let groups = Set(functions.compactMap(\.group)).sorted()
                guard groups.count > 1 else { return nil }
                let list = functions.map { "\($0.address.short) in \($0.group.map(String.init) ?? "none")" }
                let message =
                    "The functions of \(slot.short) are in \(groups.count) IOMMU groups (\(list.joined(separator: ", "))); "
                    + "all of them go to the guest together."
                return .note(.deviceSplitOverGroups, message, evidence: [Seen.groups(of: functions)])
            }
        }
    }

    /// A group is held by one guest at a time.
    private func groupsSharedByGuests() -> [Reason] {
        var guests: [Int: Set<VMID>] = [:]
        for guest in settings.guests {
            let names = Set(guest.devices.map(\.device))
            for device in devices where names.contains(device.request.name) {
                for function in device.functions {
                    if let group = function.group { guests[group, default: []].insert(guest.vm) }
                }
            }
        }
        return guests.filter { $0.value.count > 1 }.sorted { $0.key < $1.key }.map { group, vms in
            let list = vms.sorted().map(\.description).joined(separator: " and ")
            let message =
                "VMs \(list) get devices of the same IOMMU group \(group): only one of them can run at a time."
            return .warning(
                .groupSharedByGuests, message, evidence: [Seen.taken(group, index.members(of: group))])
        }
    }

    /// GPUs on one board reach each other only through its NVSwitches, which some guest has to drive.
    private func switches() -> [Reason] {
        let left = index.functions.filter { $0.isNVSwitch && !wanted.contains($0.address) }
        let gpus = devices.flatMap(\.functions).filter { $0.id.vendor == 0x10de && $0.class.isDisplay }
        guard !left.isEmpty, let gpu = gpus.first else { return [] }
        let list = left.map(\.address.short).joined(separator: ", ")
        let message =
            "\(gpu.words) may sit behind the NVSwitches \(list), which stay with the host: such a GPU works in a guest only "
            + "when they are passed to the same guest and a fabric manager runs there."
        return [.warning(.nvswitchNotPassed, message, evidence: [Seen.functions(left)])]
    }
}
