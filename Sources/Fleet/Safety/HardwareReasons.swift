/// What the hardware and its firmware have against taking a device, although nothing of the host is in the way.
extension DeviceSafety {
    func hardware(groupsKnown: Bool) -> [Reason] {
        (groupsKnown ? reservedMemory() : []) + framebuffers() + resets() + externalPorts() + containers()
    }

    /// The kernel lets no device out of memory that the firmware wants it to reach where it is, unless that is relaxable
    /// (`require_direct` of drivers/iommu/iommu.c; before 6.6 `device_is_rmrr_locked` of drivers/iommu/intel).
    private func reservedMemory() -> [Reason] {
        guard let regions = facts.iommu.directRegions.value else { return [] }
        return devices.flatMap { device in
            Set(device.functions.compactMap(\.group)).sorted().compactMap { group in
                guard let own = regions[group] else { return nil }
                let message =
                    "The firmware keeps memory for IOMMU group \(group), which holds “\(device.request.name)” "
                    + "(\(own.joined(separator: "; "))): the kernel refuses to hand the group to a guest."
                let evidence = Evidence(
                    command: "cat /sys/kernel/iommu_groups/\(group)/reserved_regions",
                    output: own.joined(separator: "\n"))
                return .blocker(.reservedMemory, message, evidence: [evidence])
            }
        }
    }

    private func framebuffers() -> [Reason] {
        guard let found = facts.framebuffers.value else { return [] }
        return devices.flatMap(\.functions).compactMap { function in
            guard let name = found[function.address] else { return nil }
            let message =
                "The firmware's picture (\(name)) lies in the memory of \(function.words). Where vfio-pci does not move it "
                + "away, the guest's start fails with “can't reserve” and the card stays dark."
            let evidence = Evidence(command: "grep -iE 'fb|simpledrm' /proc/iomem", output: name)
            return .warning(.firmwareFramebuffer, message, evidence: [evidence])
        }
    }

    /// A guest that stops leaves the card as it is where nothing can reset it: the next start may need a cold one.
    private func resets() -> [Reason] {
        let log = (facts.kernelLog.value ?? []).filter { line in
            Self.resetFailures.contains { line.contains(substring: $0) }
        }
        return devices.flatMap(\.functions).compactMap { function in
            if let line = log.last(where: { $0.contains(substring: "\(function.address): ") }) {
                let message = "\(function.words) failed to come back from a reset since the boot: \(line)"
                return .warning(.resetUnproven, message, evidence: [Seen.resetLog(line)])
            }
            if function.powerState == "D3cold" {
                let message =
                    "\(function.words) is switched off (D3cold), and may not wake up for a guest: set its d3cold_allowed to 0."
                return .warning(.resetUnproven, message, evidence: [Seen.power(of: function)])
            }
            guard function.resetMethods == [] else { return nil }
            let message =
                "\(function.words) has no way to be reset: after its guest stops, it may need a cold start of the node."
            return .warning(.resetUnproven, message, evidence: [Seen.resetMethod(of: function)])
        }
    }

    private static let resetFailures = ["not ready ", "stuck in D3", "failed to reset"]

    private func externalPorts() -> [Reason] {
        devices.flatMap { device in
            device.functions.filter(index.table.isExternal).prefix(1).map { function in
                let message =
                    "\(function.words) hangs off a port that leads out of the machine: it has to be plugged in and authorised "
                    + "(boltctl) before its guest starts, its address changes with what else is plugged in, and the guest "
                    + "crashes when the cable is pulled."
                return .warning(.deviceRemovable, message, evidence: [Seen.place(of: function)])
            }
        }
    }

    /// Containers share the host's driver, and lose the card with it. Which card a node of `/dev` is, their
    /// configurations do not say.
    private func containers() -> [Reason] {
        let cards = devices.flatMap(\.functions).filter { $0.class.isDisplay || $0.class.isAccelerator }
        return (facts.guests.value ?? []).flatMap { guest -> [Reason] in
            guard guest.kind == .lxc, let text = guest.configuration.value else { return [] }
            return cards.compactMap { card in
                guard let node = card.deviceNode, let line = text.firstLine(with: node) else { return nil }
                let message =
                    "Container \(guest.id) uses \(node), which may be that of \(card.words): it finds no card there when "
                    + "vfio-pci has it."
                let evidence = Evidence(command: "grep '\(node)' /etc/pve/lxc/\(guest.id).conf", output: line)
                return .warning(.containerUsesDevice, message, evidence: [evidence])
            }
        }
    }
}

extension PCIFunction {
    /// Where its driver shows it in `/dev`; nil = nowhere, or it is not known.
    fileprivate var deviceNode: String? {
        switch driver {
        case "nvidia": "/dev/nvidia"
        case "i915", "xe", "amdgpu", "radeon", "nouveau": "/dev/dri"
        default: nil
        }
    }
}

extension String {
    fileprivate func firstLine(with part: String) -> String? {
        split(whereSeparator: \.isNewline).map(String.init).first {
            !$0.hasPrefix("#") && $0.contains(substring: part)
        }
    }
}

extension Seen {
    static func resetMethod(of function: PCIFunction) -> Evidence {
        let methods = (function.resetMethods ?? []).joined(separator: " ")
        return Evidence(command: "cat /sys/bus/pci/devices/\(function.address)/reset_method", output: methods)
    }

    static func power(of function: PCIFunction) -> Evidence {
        Evidence(
            command: "cat /sys/bus/pci/devices/\(function.address)/power_state", output: function.powerState ?? "")
    }

    static func resetLog(_ line: String) -> Evidence {
        Evidence(command: "journalctl -k -b 0 | grep -E 'not ready|stuck in D3|failed to reset'", output: line)
    }
}
