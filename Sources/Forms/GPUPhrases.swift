package import Fleet

extension GPUReport {
    /// `1`, `12 shared`
    package var groupPhrase: (text: String, style: Style) {
        guard let group else { return ("none", .warning) }
        return isAlone == true ? ("\(group)", .plain) : ("\(group) shared", .warning)
    }

    package var bindingPhrase: (text: String, style: Style) {
        switch binding {
        case .boot: isReady ? ("at boot", .good) : ("at next boot", .warning)
        case .guestStart: isReady ? ("by a VM", .good) : ("at VM start", .plain)
        case .unexplained: ("by hand", .warning)
        case .none: ("no", .dim)
        }
    }

    /// `x16`, `x8 of x16`
    package var linkPhrase: (text: String, style: Style) {
        guard let link = slotLink, let width = link.width else { return ("", .plain) }
        switch link.state {
        case .full, .unknown: return ("x\(width)", .plain)
        case .limited: return ("x\(width) slot", .plain)
        case .degraded: return ("x\(width) of x\(link.possibleWidth ?? 0)", .bad)
        }
    }

    /// `100`, `100 runs`
    package var guestPhrase: (text: String, style: Style) {
        let names = guests.map { $0 == heldBy ? "\($0) runs" : "\($0)" }
        return (names.joined(separator: " "), heldBy == nil ? .plain : .good)
    }

    /// What stands against handing it to a guest, in a word or two.
    package var prospectPhrase: (text: String, style: Style) {
        switch prospect?.verdict {
        case .go: prospect?.level.map { ("\($0.rawValue) risk", $0 == .high ? .bad : .plain) } ?? ("ready", .good)
        case .blocked: ("blocked", .bad)
        case .unreachable, nil: ("unknown", .dim)
        }
    }
}

extension PCIClass {
    /// What a function is, in a word.
    package var kind: String {
        switch (base, sub) {
        case (0x01, 0x08): "NVMe"
        case (0x01, 0x06): "SATA"
        case (0x01, 0x04): "RAID"
        case (0x01, _): "storage"
        case (0x02, _): "network"
        case (0x03, _): "GPU"
        case (0x04, _): "audio"
        case (0x05, _): "memory"
        case (0x06, 0x00): "host bridge"
        case (0x06, 0x01): "ISA bridge"
        case (0x06, 0x04): "PCI bridge"
        case (0x06, _): "bridge"
        case (0x07, _): "serial"
        case (0x08, 0x06): "IOMMU"
        case (0x0c, 0x03): "USB"
        case (0x0c, 0x05): "SMBus"
        case (0x10, _): "crypto"
        case (0x12, _): "accelerator"
        default: "system"
        }
    }
}
