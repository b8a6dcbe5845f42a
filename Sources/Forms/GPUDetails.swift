package import Fleet

/// One card in full: a label and its text for each line.
package struct GPUDetails {
    package let lines: [(label: String, text: String)]

    package init(_ card: GPUReport) {
        var lines: [(label: String, text: String)] = []
        func add(_ label: String, _ text: String?) {
            if let text, !text.isEmpty { lines.append((label, text)) }
        }
        add("Name", card.name)
        add("Board", card.subsystem.map { "\($0)" })
        for function in card.functions {
            let group = function.group.map { "group \($0)" } ?? "no group"
            let driver = function.driver.map { "\($0)" } ?? "no driver"
            add(
                function.address == card.functions.first?.address ? "Functions" : " ",
                "\(function.address.short)  \(function.id)  \(function.class.kind), \(group), \(driver)")
        }
        add("Group", Self.group(card))
        add("vfio-pci", Self.binding(card))
        add("Guests", Self.guests(card))
        add("Console", card.isBootVGA.map { $0 ? "yes: the firmware shows its screen here" : "no" })
        add("Link", Self.link(card))
        add("NUMA node", card.numaNode.map { "\($0)" })
        add("Memory", Self.memory(card))
        add("ROM", Self.rom(card))
        add("Reset", Self.reset(card))
        add("Sharing", Self.sharing(card))
        add("To a guest", Self.prospect(card))
        self.lines = lines
    }

    private static func group(_ card: GPUReport) -> String {
        let groups = Set(card.functions.compactMap(\.group)).sorted().map { "\($0)" }.joined(separator: ", ")
        guard card.group != nil else { return "none: the IOMMU is off, or does not cover it" }
        guard !card.companions.isEmpty else { return "\(groups), alone" }
        let others = card.companions.map { "\($0.address.short) (\($0.class.kind))" }.joined(separator: ", ")
        return "\(groups), shared with \(others): they go along when a guest starts"
    }

    private static func binding(_ card: GPUReport) -> String {
        switch (card.binding, card.isReady) {
        case (.boot, true): "bound at boot"
        case (.boot, false): "the settings say so, and it is not bound: at the next boot, or another driver won"
        case (.guestStart, true): "bound by Proxmox for a guest"
        case (.guestStart, false): "not bound; Proxmox will do it when a guest that names it starts"
        case (.unexplained, _): "bound, and neither a setting nor a guest says why"
        case (.none, _): "not bound, and nothing will"
        }
    }

    private static func guests(_ card: GPUReport) -> String {
        guard !card.guests.isEmpty else { return "none names it" }
        return card.guests.map { "\($0)" }.joined(separator: ", ")
            + (card.heldBy.map { "; \($0) is running with it" } ?? "; none is running")
    }

    private static func link(_ card: GPUReport) -> String? {
        guard let link = card.slotLink else { return nil }
        let now = "x\(link.width.map { "\($0)" } ?? "?") at \(link.speed.map { "\($0)" } ?? "?") GT/s"
        let possible =
            " of x\(link.possibleWidth.map { "\($0)" } ?? "?") at \(link.possibleSpeed.map { "\($0)" } ?? "?") GT/s"
        return switch link.state {
        case .full, .unknown: now + possible
        case .limited: now + possible + "; the chip could do x\(card.link?.maximumWidth ?? 0)"
        case .degraded: now + possible + ": narrower than both ends can (seat the card anew, look at the riser)"
        }
    }

    private static func memory(_ card: GPUReport) -> String? {
        guard !card.barSizes.isEmpty else { return nil }
        return card.barSizes.sorted { $0.key < $1.key }.map { "BAR \($0.key) \(sizeInWords($0.value))" }
            .joined(separator: ", ")
    }

    private static func rom(_ card: GPUReport) -> String {
        guard let rom = card.rom else { return "none shows" }
        return sizeInWords(rom.size) + (rom.isShadow ? ", a copy that the boot has used: guests need romfile=" : "")
    }

    private static func reset(_ card: GPUReport) -> String? {
        card.resetMethods.map {
            $0.isEmpty ? "no method: a second start of a guest may fail" : $0.joined(separator: ", ")
        }
    }

    private static func sharing(_ card: GPUReport) -> String? {
        let functions = card.sriov.map { "SR-IOV, \($0.enabled) of \($0.total) virtual functions" }
        let words = [functions, card.hasMediatedDevices ? "mediated devices" : nil].compactMap(\.self)
        return words.isEmpty ? "none" : words.joined(separator: "; ")
    }

    private static func prospect(_ card: GPUReport) -> String? {
        guard let prospect = card.prospect else { return nil }
        switch prospect.verdict {
        case .go:
            guard let risk = prospect.risk else { return "nothing is in the way, and no reboot is needed" }
            let reasons = risk.reasons.prefix(3).map(\.message).joined(separator: " ")
            return "nothing is in the way; risk of the reboot \(risk.score) of 100 (\(risk.level.rawValue)). \(reasons)"
        case .blocked:
            let blockers = prospect.blockers.map { blocker in
                blocker.count > 1 ? "\(blocker.message) (and \(blocker.count - 1) more of this kind)" : blocker.message
            }
            return "blocked: " + blockers.joined(separator: " ")
        case .unreachable: return nil
        }
    }
}
