/// A device request with the functions of this node that fulfil it.
struct ResolvedDevice: Hashable, Sendable {
    var request: DeviceRequest
    /// In address order; several slots where the request counts more than one device.
    var functions: [PCIFunction]

    var slots: [PCISlot] {
        functions.reduce(into: []) { slots, function in
            if slots.last != function.address.slot { slots.append(function.address.slot) }
        }
    }
}

/// Finds the wanted devices on a node. Requests by slot come first, so that a request by kind takes what is left.
struct DeviceResolution {
    /// In the order of the requests.
    private(set) var devices: [ResolvedDevice] = []
    private(set) var reasons: [Reason] = []
    private let index: PCIIndex

    init(_ requests: [DeviceRequest], in index: PCIIndex) {
        self.index = index
        var found: [Int: ResolvedDevice] = [:]
        var taken: Set<PCIAddress> = []
        let order =
            requests.indices.filter { requests[$0].isBySlot } + requests.indices.filter { !requests[$0].isBySlot }
        for position in order {
            guard let device = resolve(requests[position], taken) else { continue }
            report(device, taken)
            taken.formUnion(device.functions.map(\.address))
            found[position] = device
        }
        devices = requests.indices.compactMap { found[$0] }
    }

    /// Every wanted function in the order of the requests.
    var functions: [PCIFunction] { devices.flatMap(\.functions) }

    private mutating func resolve(_ request: DeviceRequest, _ taken: Set<PCIAddress>) -> ResolvedDevice? {
        let slots: [PCISlot]
        switch request.match {
        case .slot(let slot): slots = [slot]
        case .kind(let kind):
            guard let chosen = choose(kind, request, taken) else { return nil }
            slots = chosen
        }
        let functions = slots.flatMap { self.functions(of: $0, request) }
        let missing = (request.functions ?? []).filter { number in
            slots.contains { slot in !functions.contains { $0.address.slot == slot && $0.address.function == number } }
        }
        guard !functions.isEmpty, missing.isEmpty else {
            let bridges = slots.flatMap(index.functions(of:)).filter { $0.isBridge && request.mayMean($0) }
            if !bridges.isEmpty, !request.optional {
                refuse(bridges, request)
                return nil
            }
            let place = slots.map(\.short).joined(separator: ", ")
            let what = missing.isEmpty ? "" : " function " + missing.map(String.init).joined(separator: ", ") + " of"
            absent(request, "There is no\(what) device that could be passed at \(place)")
            return nil
        }
        return ResolvedDevice(request: request, functions: functions)
    }

    private mutating func choose(
        _ kind: DeviceRequest.Kind, _ request: DeviceRequest, _ taken: Set<PCIAddress>
    ) -> [PCISlot]? {
        var candidates: [PCIFunction] = []
        for position in index.functions.indices where kind.matches(index.functions[position]) {
            let function = index.functions[position]
            guard !taken.contains(function.address), candidates.last?.address.slot != function.address.slot
            else { continue }
            candidates.append(function)
        }
        let wanted = kind.count ?? 1
        if candidates.count < wanted {
            absent(request, "Found \(candidates.count) of \(wanted) devices of the wanted kind")
            return nil
        }
        if kind.count == nil, candidates.count > 1 {
            let names = candidates.map(\.words).joined(separator: ", ")
            reasons.append(
                .blocker(
                    .deviceAmbiguous, "Request “\(request.name)” fits several devices: \(names). Name one by its slot.",
                    evidence: [Seen.functions(candidates)]))
            return nil
        }
        return candidates.prefix(wanted).map(\.address.slot)
    }

    /// Without bridges, and without virtual functions where the slot's physical function is there too.
    private func functions(of slot: PCISlot, _ request: DeviceRequest) -> [PCIFunction] {
        let all = index.functions(of: slot).filter { !$0.isBridge }
        let physical = all.filter { $0.physicalFunction == nil }
        guard let numbers = request.functions else { return physical.isEmpty ? all : physical }
        return all.filter { numbers.contains($0.address.function) }
    }

    private mutating func absent(_ request: DeviceRequest, _ message: String) {
        reasons.append(
            request.optional
                ? .note(.optionalDeviceAbsent, "\(message), which “\(request.name)” allows.")
                : .blocker(.deviceNotFound, "\(message) for “\(request.name)”."))
    }

    private mutating func refuse(_ bridges: [PCIFunction], _ request: DeviceRequest) {
        let names = bridges.map(\.words).joined(separator: ", ")
        let others = bridges.flatMap { index.functions(of: $0.address.slot) }.filter { !$0.staysWithHost }
        let numbers = Set(others.map(\.address.function)).sorted().map(String.init).joined(separator: ", ")
        let advice = others.isEmpty ? "" : " What else is there can be named: functions: [\(numbers)]."
        reasons.append(
            .blocker(
                .deviceNotPassable,
                "“\(request.name)” means \(names): a bridge stays with the host and can't be passed.\(advice)",
                evidence: [Seen.functions(bridges)]))
    }

    private mutating func report(_ device: ResolvedDevice, _ taken: Set<PCIAddress>) {
        let bridges = device.functions.filter(\.staysWithHost)
        if !bridges.isEmpty { refuse(bridges, device.request) }
        let twice = device.functions.map(\.address).filter(taken.contains)
        guard !twice.isEmpty else { return }
        let list = twice.map(\.short).joined(separator: ", ")
        reasons.append(
            .blocker(.deviceRequestedTwice, "\(list) belongs to “\(device.request.name)” and to another request."))
    }
}

extension DeviceRequest {
    var isBySlot: Bool { if case .slot = match { true } else { false } }

    /// The function is among those asked for in its slot.
    func mayMean(_ function: PCIFunction) -> Bool { functions?.contains(function.address.function) ?? true }

    /// The person meant just this device: by its slot, or by saying that the console's counts too.
    var acceptsConsole: Bool {
        switch match {
        case .slot: true
        case .kind(let kind): kind.includeBootVGA
        }
    }
}

extension PCIFunction {
    /// A PCI bridge, or a host or ISA bridge: vfio-pci would take the latter two, and the board would lose them.
    /// (Other bridges, such as NVSwitch, are passed.)
    fileprivate var staysWithHost: Bool { isBridge || (self.class.base == 0x06 && self.class.sub <= 0x02) }
}

extension DeviceRequest.Kind {
    func matches(_ function: PCIFunction) -> Bool {
        guard function.physicalFunction == nil, !function.isBridge else { return false }
        if let vendor, function.id.vendor != vendor { return false }
        if !ids.isEmpty, !ids.contains(function.id) { return false }
        if let category, !category.contains(function.class) { return false }
        if function.class.isDisplay, !includeBootVGA, function.bootVGA == true { return false }
        return !(function.isManagementDisplay && vendor == nil && ids.isEmpty)
    }
}

extension DeviceRequest.Kind.Category {
    func contains(_ pciClass: PCIClass) -> Bool {
        switch self {
        case .display: pciClass.isDisplay
        case .network: pciClass.isNetwork
        case .storage: pciClass.isStorage
        case .usb: pciClass.isUSB
        case .accelerator: pciClass.isAccelerator
        }
    }
}
