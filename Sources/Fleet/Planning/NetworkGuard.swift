/// Keeps the network interfaces that the host needs under their present names: a node whose bridge waits for a port of
/// another name is up, and gone.
struct NetworkGuard {
    private(set) var files: NodeFiles
    private(set) var reasons: [Reason] = []

    init(
        _ facts: NodeFacts, _ mode: NetworkGuardMode, taken: Set<PCIAddress>, reboot: Bool,
        _ commandLine: NextCommandLine
    ) {
        files = NodeFiles(facts)
        guard mode != .ignore else { return }
        let names = InterfaceNames(
            facts, files: facts.files, taken: taken, hasOtherKernel: NextKernel(facts).other != nil, commandLine)
        for interface in names.forecasts where !interface.needs.isEmpty {
            guard interface.fate == .uncertain || interface.fate == .stays && !interface.isPinned else { continue }
            switch mode {
            case .pin: pin(interface, facts.interfaces.value ?? [])
            case .check where reboot && names.lost[interface.name] != nil: block(interface)
            case .check where reboot: warn(interface)
            case .check, .ignore: break
            }
        }
    }

    /// The file udev reads first among those for the card; it also goes into the initramfs, where names are given.
    private mutating func pin(_ interface: Forecast.Interface, _ all: [NetworkInterface]) {
        let own = all.first { $0.name == interface.name }
        let sameMAC = all.filter { $0.mac == own?.mac && $0.function != nil }
        guard let mac = own?.mac, sameMAC.count == 1 else {
            let why =
                sameMAC.count > 1
                ? "\(sameMAC.map(\.name).joined(separator: " and ")) have the same MAC address"
                : "its MAC address is not known"
            reasons.append(
                .blocker(.networkNameNotPinnable, "\(interface.name) can't be bound to its card: \(why)."))
            return
        }
        let path = "/etc/systemd/network/10-vfiofleet-\(interface.name).link"
        let text = ownFileHeader + "[Match]\nMACAddress=\(mac)\nType=ether\n\n[Link]\nName=\(interface.name)\n"
        files.set(path, to: Array(text.utf8))
        reasons.append(
            .note(.networkNamePinned, "\(path) binds \(interface.name) to its MAC address. \(interface.because)"))
    }

    /// What is certain to come is no matter of risk.
    private mutating func block(_ interface: Forecast.Interface) {
        let message =
            "The host needs \(interface.name) (\(Self.needs(interface))), and no card has that name after the next boot: "
            + "\(interface.because) “network: pin” in the playbook binds the name to its card."
        reasons.append(.blocker(.networkNameLost, message))
    }

    private static func needs(_ interface: Forecast.Interface) -> String {
        interface.needs.map(\.rawValue).joined(separator: ", ")
    }

    private mutating func warn(_ interface: Forecast.Interface) {
        let message =
            "The host needs \(interface.name) (\(Self.needs(interface))), and the name is not bound to the card's MAC address. "
            + "\(interface.because) “network: pin” in the playbook binds it."
        let isUncertain = interface.fate == .uncertain
        reasons.append(isUncertain ? .warning(.networkNameAtRisk, message) : .note(.networkNameAtRisk, message))
    }
}
