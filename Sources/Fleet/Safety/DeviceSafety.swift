/// Whether the wanted functions can be taken from the host: nothing it needs is among them or in what leaves the host
/// with them.
struct DeviceSafety {
    let facts: NodeFacts
    let critical: HostCritical
    let index: PCIIndex
    let devices: [ResolvedDevice]
    let settings: NodeSettings

    var wanted: Set<PCIAddress> { Set(devices.flatMap { $0.functions.map(\.address) }) }

    func reasons(groupsKnown: Bool) -> [Reason] {
        hostUses() + devices.flatMap { closureReasons(of: $0, groupsKnown: groupsKnown) }
            + topology(groupsKnown: groupsKnown) + hardware(groupsKnown: groupsKnown) + managementDisplays() + console()
            + untraced()
    }

    /// The wanted functions that the host itself uses.
    private func hostUses() -> [Reason] {
        devices.flatMap { device in
            device.functions.compactMap { function in
                let uses = critical.vital(function.address)
                    .filter { !(device.request.acceptsConsole && $0.purpose == .console) }
                guard !uses.isEmpty else { return nil }
                let message =
                    "\(function.words) is wanted for guests, and the host needs it for "
                    + "\(Seen.needs(uses, on: function.address))."
                return blocker(.deviceUsedByHost, about: uses, message, evidence: uses.map(Seen.use))
            }
        }
    }

    private func managementDisplays() -> [Reason] {
        devices.flatMap(\.functions).filter(\.isManagementDisplay).map { display in
            let message =
                "\(display.words) is the management controller's display: the host would lose its remote console, and a guest "
                + "gets no graphics card by it."
            return .blocker(.managementDisplay, message, evidence: [Seen.functions([display])])
        }
    }

    /// The firmware's display is wanted, and there is no management controller's display beside it.
    private func console() -> [Reason] {
        guard let display = index.functions.firmwareDisplay, wanted.contains(display.address),
            !index.functions.contains(where: \.isManagementDisplay)
        else { return [] }
        let message = "\(display.words) is the host's console: its screen goes dark when vfio-pci takes it."
        return [.warning(.consoleLost, message, evidence: [Seen.driver(of: display)])]
    }

    /// What no plan can spare, because nobody knows where it is.
    private func untraced() -> [Reason] {
        critical.untraced.map { use in
            .warning(
                .hostUseUntraced, "What the host uses for \(use.purpose.words) could not be traced: \(use.detail)")
        }
    }
}
