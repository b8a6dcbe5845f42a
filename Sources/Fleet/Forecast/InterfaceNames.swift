/// Foresees which names network interfaces have after the next boot (systemd.net-naming-scheme(7), systemd.link(5)).
struct InterfaceNames {
    let forecasts: [Forecast.Interface]
    /// Names that go for certain, with what takes them away.
    private(set) var lost: [String: String] = [:]
    private(set) var unknowns: [String] = []

    /// `files` as they will be at the boot, after `changes`; `taken` = the functions that go to guests, `returning` = those
    /// that come back.
    init(
        _ facts: NodeFacts, files: [String: Observed<FileContent>], changes: [FileChange] = [],
        taken: Set<PCIAddress>, returning: [PCIFunction] = [], hasOtherKernel: Bool, _ commandLine: NextCommandLine
    ) {
        let interfaces = (facts.interfaces.value ?? []).filter { $0.function != nil }
        let leaves = interfaces.contains { $0.function.map(taken.contains) == true }
        let arguments = NamingArguments(commandLine, hasPolicy: NamePins.hasPolicy(files))
        let cards = returning.filter(\.class.isNetwork)
        let rule = Rule(
            pins: NamePins(files), leavingPins: NamePins(before: changes), taken: taken, hasOtherKernel: hasOtherKernel,
            arguments: arguments, cardsMove: leaves || !cards.isEmpty,
            inKernelOrder: interfaces.filter { NamingKind($0.name) == .kernelOrder }.count)
        let uses = facts.hostUses.value ?? []
        forecasts = interfaces.compactMap { interface in
            interface.function.map { function in
                let needs = uses.filter { $0.function == function && $0.purpose.isNetwork }.map(\.purpose)
                return rule.forecast(
                    interface, function, needs: needs.reduce(into: []) { if !$0.contains($1) { $0.append($1) } })
            }
        }
        for interface in forecasts where interface.fate == .uncertain {
            lost[interface.name] = arguments.switching(NamingKind(interface.name))
        }
        if !cards.isEmpty {
            unknowns = ["The names of the interfaces on \(cards.map(\.address.short).joined(separator: ", "))."]
        }
    }

    private struct Rule {
        let pins: NamePins
        let leavingPins: NamePins
        let taken: Set<PCIAddress>
        let hasOtherKernel: Bool
        let arguments: NamingArguments
        /// A network card goes to guests or comes back, so that the others move.
        let cardsMove: Bool
        let inKernelOrder: Int

        func forecast(
            _ interface: NetworkInterface, _ function: PCIAddress, needs: [HostUse.Purpose]
        ) -> Forecast.Interface {
            let (fate, newName, isPinned, because) = judge(interface, function)
            return Forecast.Interface(
                name: interface.name, function: function, mac: interface.mac, fate: fate, newName: newName,
                isPinned: isPinned,
                needs: needs, because: because)
        }

        private func judge(
            _ interface: NetworkInterface, _ function: PCIAddress
        ) -> (Forecast.Interface.Fate, newName: String?, isPinned: Bool, because: String) {
            if taken.contains(function) { return (.vanishes, nil, false, "Its card goes to guests.") }
            if let pin = pins.pin(of: interface) {
                return pin.name == interface.name
                    ? (.stays, nil, true, "\(pin.path) gives this name to its MAC address.")
                    : (.renamed, pin.name, true, "\(pin.path) gives its MAC address the name \(pin.name).")
            }
            let kind = NamingKind(interface.name)
            if let pin = leavingPins.pin(of: interface), !kind.isNatural(interface.name, on: function) {
                return (.uncertain, nil, false, "\(pin.path) gives it this name, and goes.")
            }
            if let why = arguments.change(of: kind) { return (.uncertain, nil, false, why) }
            switch kind {
            case .mac: return (.stays, nil, true, "The name is made from its MAC address.")
            case .kernelOrder where cardsMove || inKernelOrder > 1:
                return (
                    .uncertain, nil, false, "The kernel numbers such names in the order in which it finds the cards."
                )
            case .kernelOrder:
                return (.stays, nil, false, "It is the only card of its kind of name.")
            case .path where hasOtherKernel, .firmware where hasOtherKernel:
                return (
                    .uncertain, nil, false,
                    "Another kernel boots, whose driver may give the card's ports other names (such as …np0)."
                )
            case .path:
                return (
                    .stays, nil, false, "The name is made from the card's bus number, which this plan does not change."
                )
            case .firmware:
                return (.stays, nil, false, "The name is made from the firmware's index of the card.")
            case .biosdevname, .other: return (.stays, nil, false, "Nothing that concerns it changes.")
            }
        }
    }
}

/// What a name is made from.
enum NamingKind: Hashable {
    /// `enx…`: the MAC address.
    case mac
    /// `eno1`, `ens3`: an index or slot the firmware gives.
    case firmware
    /// `enp6s0`: the PCI bus number.
    case path
    /// `eth0`
    case kernelOrder
    /// `em1`, `p2p1`: by the program biosdevname.
    case biosdevname
    case other

    init(_ name: String) {
        func begins(_ prefix: String) -> Bool {
            name.utf8.starts(with: prefix.utf8)
                && name.utf8.dropFirst(prefix.utf8.count).first.map(Self.isDigit) == true
        }
        if name.hasPrefix("enx") || name.hasPrefix("wlx") {
            self = .mac
        } else if begins("eth") || begins("wlan") {
            self = .kernelOrder
        } else if begins("enp") || begins("enP") || begins("wlp") || begins("ibp") {
            self = .path
        } else if begins("eno") || begins("ens") || begins("wlo") || begins("wls") {
            self = .firmware
        } else if begins("em") || begins("p") && name.utf8.dropFirst().contains(UInt8(ascii: "p")) {
            self = .biosdevname
        } else {
            self = .other
        }
    }

    /// Udev gives a card at this place such a name by itself, as far as that can be told.
    func isNatural(_ name: String, on function: PCIAddress) -> Bool {
        switch self {
        case .mac, .firmware: true
        case .path: name.drop { !$0.isNumber }.prefix { $0.isNumber } == "\(function.bus)"
        case .kernelOrder, .biosdevname, .other: false
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
