/// How each wanted function gets to vfio-pci at the boot, and why so.
struct BindingPlan {
    /// By `ids=`, in the order of the requests.
    private(set) var byID: [PCIFunction] = []
    /// By `driver_override`, in the order of the requests.
    private(set) var byAddress: [PCIFunction] = []
    /// Virtual functions that Proxmox takes from their driver when their guest starts.
    private(set) var atStart: [PCIFunction] = []
    /// Functions that a guest shares with the host through its driver.
    private(set) var keepingDriver: [PCIFunction] = []
    /// Functions that stay with the host and have the id of a function bound by address.
    private(set) var guarded: [GuardedTwin] = []
    private(set) var reasons: [Reason] = []
    private let facts: NodeFacts
    private let settings: NodeSettings
    private let index: PCIIndex
    private let wanted: Set<PCIAddress>
    private let delivery: IDDelivery

    /// A function that is kept for one driver: the one it is on, or would get.
    struct GuardedTwin {
        var function: PCIFunction
        var driver: ModuleName
    }

    init(_ devices: [ResolvedDevice], _ facts: NodeFacts, _ settings: NodeSettings, in index: PCIIndex) {
        self.facts = facts
        self.settings = settings
        self.index = index
        wanted = Set(devices.flatMap(\.functions).map(\.address))
        let handedOver = devices.filter { !Self.isMediated($0.request, settings) }.flatMap(\.functions)
        delivery = IDDelivery(facts, settings, index.functions, wanted: Set(handedOver.map(\.address)))
        for device in devices {
            if Self.isMediated(device.request, settings) {
                keepDriver(device)
            } else {
                for function in device.functions { assign(function, device.request.bind ?? settings.bind) }
            }
        }
        guardTwins()
        if isVFIOBuiltIn, !functions.isEmpty {
            let message =
                "vfio-pci is compiled into this kernel, for which options lines come too late: it is told on the kernel's "
                + "command line."
            reasons.append(.note(.vfioBuiltIn, message))
        }
    }

    /// What the playbook says about what others left, carried out before anything is bound.
    var adoption: Adoption { delivery.adoption }

    /// Every function that vfio-pci shall have from the boot on.
    var functions: [PCIFunction] { byID + byAddress }

    /// It reads no options lines then, but the kernel's command line.
    var isVFIOBuiltIn: Bool { facts.modules.builtIn.value?.contains(.vfioPCI) == true }

    func takes(_ function: PCIFunction) -> Bool {
        byID.contains { $0.address == function.address } || isByAddress(function)
    }

    func isByAddress(_ function: PCIFunction) -> Bool { byAddress.contains { $0.address == function.address } }

    /// Ready for a guest, and in the way that was asked for: no boot is needed for it.
    func isInForce(_ function: PCIFunction) -> Bool {
        if (keepingDriver + atStart).contains(where: { $0.address == function.address }) { return true }
        return isByAddress(function) ? function.isReady && function.driverOverride == .vfioPCI : function.isReady
    }

    /// What a vfio-pci that is compiled into the kernel is told on the kernel's command line.
    var kernelArguments: [KernelArgument] {
        guard isVFIOBuiltIn, !functions.isEmpty else { return [] }
        let ids = byID.map(\.id).reduce(into: [PCIID]()) { if !$0.contains($1) { $0.append($1) } }
        let list = ids.map(\.description).joined(separator: ",")
        return [
            ids.isEmpty ? nil : KernelArgument("vfio-pci.ids=\(list)"),
            settings.vfio.disableVGA ? "vfio-pci.disable_vga=1" : nil,
        ].compactMap(\.self)
    }

    /// What only a boot brings about, in words. A driver that is compiled into the kernel wins against ids every time.
    var pending: [String] {
        let unbound =
            byID.filter { !$0.isReady && !$0.isHeldByBuiltIn(facts.modules) } + byAddress.filter { !$0.isReady }
        let unguarded = byAddress.filter { $0.isReady && !isInForce($0) }
        return [
            unbound.isEmpty
                ? nil
                : "not on vfio-pci: "
                    + unbound.map { "\($0.address.short) (\($0.driver?.description ?? "none"))" }.joined(
                        separator: ", "),
            unguarded.isEmpty
                ? nil
                : "not yet bound by address: " + unguarded.map(\.address.short).joined(separator: ", "),
        ].compactMap(\.self)
    }

    // MARK: The choice

    private mutating func assign(_ function: PCIFunction, _ choice: BindChoice) {
        let twins = twins(of: function)
        switch choice {
        case .ids:
            reasons += twins.map { .shared(function, $0, why: "the playbook asks for binding by id") }
            byID.append(function)
        case .address:
            bindByAddress(function, "The playbook asks for it.", obstacle(function, twins))
        case .auto where function.physicalFunction != nil && !twins.isEmpty: leaveToStart(function, twins[0])
        case .auto:
            guard let why = whyAddress(function, twins) ?? isAlready(function) else { return byID.append(function) }
            bindByAddress(function, why, obstacle(function, twins))
        }
    }

    /// Its id would take its siblings too, and it is not there yet when the initramfs' scripts run. It needs no early
    /// binding: no driver but its own, which gives it back cleanly, has touched it.
    private mutating func leaveToStart(_ function: PCIFunction, _ twin: PCIFunction) {
        let message =
            "\(function.words) is left to its driver until its guest starts, when Proxmox takes it: its id also sits on "
            + "\(twin.address.short), which stays with the host."
        reasons.append(.note(.boundAtStart, message, evidence: [Seen.functions([function, twin])]))
        atStart.append(function)
    }

    /// Without a way to bind by address the id is all there is.
    private mutating func bindByAddress(_ function: PCIFunction, _ why: String, _ obstacle: Reason?) {
        if let obstacle {
            reasons.append(obstacle)
            byID.append(function)
        } else {
            let message =
                "\(function.words) is bound by its address, by \(EarlyScript.path) in the initramfs. \(why)"
            reasons.append(
                .note(.boundByAddress, message, evidence: [Seen.functions([function] + twins(of: function))]))
            byAddress.append(function)
        }
    }

    /// Why the id won't do; nil = it will.
    private func whyAddress(_ function: PCIFunction, _ twins: [PCIFunction]) -> String? {
        if let twin = twins.first {
            return "Its id \(function.id) also sits on \(twin.address.short), which stays with the host."
        }
        guard obstacle(function, []) == nil else { return nil }
        guard let module = function.builtInClaim(facts.modules) else {
            return isVFIOBuiltIn ? nil : delivery.obstacle(to: function)
        }
        return
            "\(module) claims it and is compiled into the kernel: it has bound it before any module is loaded, and no "
            + "softdep changes that. The script takes it from \(module) before anything uses it."
    }

    /// What is bound by address stays so. That a driver is compiled in, for example, shows only while it has the function.
    private func isAlready(_ function: PCIFunction) -> String? {
        guard let bytes = facts.files[EarlyScript.path]?.value?.bytes else { return nil }
        let isBound = EarlyScript(reading: bytes).entries.contains(EarlyScript.Entry(.bind, function))
        return isBound ? "It already is." : nil
    }

    /// What keeps the early script from finding the function, where that matters.
    private func obstacle(_ function: PCIFunction, _ twins: [PCIFunction]) -> Reason? {
        let why: String
        if let physical = function.physicalFunction {
            why = "it is a virtual function of \(physical.short), which makes it long after the initramfs"
        } else if function.address.domain > 0xffff {
            why = "it is behind a controller (VMD) whose driver shows it only after the initramfs' first scripts"
        } else if index.table.isExternal(function) {
            why = "it hangs off a port that leads out of the machine, and is found where and when it is plugged in"
        } else {
            return nil
        }
        if let twin = twins.first { return .shared(function, twin, why: why) }
        let message = "\(function.words) is bound by its id, not by its address: \(why)."
        return .warning(.addressNotPossible, message)
    }

    /// Functions with its id that stay with the host. A virtual one vanishes with a physical one that is taken.
    private func twins(of function: PCIFunction) -> [PCIFunction] {
        index.functions.filter { other in
            other.id == function.id && !wanted.contains(other.address)
                && !(other.physicalFunction.map(wanted.contains) ?? false)
        }
    }

    // MARK: The others

    /// All guests of this node get shares of it (`mdev=`), which its own driver makes.
    private static func isMediated(_ request: DeviceRequest, _ settings: NodeSettings) -> Bool {
        let uses = settings.guests.flatMap(\.devices).filter { $0.device == request.name }
        return !uses.isEmpty && uses.allSatisfy { $0.firstFunctionOptions.contains { $0.hasPrefix("mdev=") } }
    }

    private mutating func keepDriver(_ device: ResolvedDevice) {
        keepingDriver += device.functions
        let message =
            "“\(device.request.name)” keeps its driver, which makes the mediated devices that the guests get."
        reasons.append(.note(.driverKept, message, evidence: device.functions.map(Seen.driver)))
        for function in device.functions where function.driver?.isVFIO == true {
            let message =
                "\(function.words) is on vfio-pci, which makes no mediated devices: take its id out of vfio-pci's options "
                + "and reboot, so that its own driver gets it."
            reasons.append(.warning(.mediatedOnVFIO, message, evidence: [Seen.driver(of: function)]))
        }
    }

    private mutating func guardTwins() {
        let twins = Set(byAddress.flatMap { self.twins(of: $0).map(\.address) }).sorted()
            .compactMap(index.function(at:))
        for twin in twins where twin.driver?.isVFIO != true {
            guard let driver = twin.driver ?? delivery.likelyDriver(of: twin) else {
                let message =
                    "\(twin.words) has no driver, and none that would surely get it: nothing guards it. Should Proxmox have "
                    + "to tell vfio-pci its id, vfio-pci takes it too. It need not while the wanted function is bound at the "
                    + "boot."
                reasons.append(.warning(.twinUnguarded, message, evidence: [Seen.driver(of: twin)]))
                continue
            }
            guarded.append(GuardedTwin(function: twin, driver: driver))
            let now = twin.driver == nil ? ", which claims it though it has no driver now" : ""
            let message =
                "\(twin.words), which stays with the host, is kept for \(driver) alone\(now), since Proxmox may tell "
                + "vfio-pci its id when a guest starts."
            reasons.append(.note(.twinGuarded, message, evidence: [Seen.driver(of: twin)]))
        }
    }
}

extension Reason {
    fileprivate static func shared(_ function: PCIFunction, _ twin: PCIFunction, why: String) -> Reason {
        let message =
            "Binding \(function.address.short) by id \(function.id) would also take \(twin.words), and \(why)."
        return .blocker(.idShared, message, evidence: [Seen.functions([function, twin])])
    }
}

extension PCIFunction {
    /// A module that claims it and is compiled into the kernel.
    fileprivate func builtInClaim(_ facts: ModuleFacts) -> ModuleName? {
        if let driver, isHeldByBuiltIn(facts) { return DriverNames.module(of: driver) }
        return (modules.value ?? []).first { !$0.isVFIO && facts.builtIn.value?.contains($0) == true }
    }
}

extension ModuleName {
    static let vfioPCI: ModuleName = "vfio-pci"
}
