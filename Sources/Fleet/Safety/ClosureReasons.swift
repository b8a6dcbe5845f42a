/// What a plan says about everything that leaves the host with one device.
extension DeviceSafety {
    func closureReasons(of device: ResolvedDevice, groupsKnown: Bool) -> [Reason] {
        let closure = DeviceClosure(device.functions, in: index.table)
        return (groupsKnown ? groupReasons(of: device, closure) : []) + behindController(device)
            + virtualFunctions(of: device, closure) + fleeting(device) + vanishing(closure)
            + companions(of: device, closure) + packages(device) + conveniences(closure)
    }

    /// Only what concerns IOMMU groups, as a guest's start will take them.
    func groupReasons(of device: ResolvedDevice) -> [Reason] {
        groupReasons(of: device, DeviceClosure(device.functions, in: index.table))
    }

    private func groupReasons(of device: ResolvedDevice, _ closure: DeviceClosure) -> [Reason] {
        let outside = device.functions.filter { $0.group == nil && !$0.isBehindVMD }.map { function in
            Reason.blocker(
                .deviceWithoutGroup, "\(function.words) is in no IOMMU group and can't be passed.")
        }
        return outside
            + closure.groups.flatMap { GroupJudgement($0, of: device, closure, in: self).reasons }
    }

    /// What sits behind VMD has its controller's IOMMU group, and vanishes when that group is taken.
    private func behindController(_ device: ResolvedDevice) -> [Reason] {
        device.functions.filter(\.isBehindVMD).map { function in
            let controller = index.table.ancestors(of: function.address).last.flatMap { index.table[$0] }
            let message =
                "\(function.words) sits behind the VMD controller\(controller.map { " \($0.words)" } ?? ""), shares its "
                + "IOMMU group and vanishes when that is taken. Switch VMD off in the firmware's settings, or pass the "
                + "controller with all that is behind it."
            return .blocker(.deviceBehindVMD, message, evidence: [Seen.place(of: function)])
        }
    }

    /// Virtual functions vanish with their physical function; one that is wanted can't lose it.
    private func virtualFunctions(of device: ResolvedDevice, _ closure: DeviceClosure) -> [Reason] {
        var lost: [PCIAddress: [PCIFunction]] = [:]
        for member in closure.members {
            if case .virtualFunction(let physical) = member.cause {
                lost[physical, default: []].append(member.function)
            }
        }
        return orphans(of: device, closure)
            + lost.sorted { $0.key < $1.key }.map { physical, functions in
                let list = functions.map(\.address.short).joined(separator: ", ")
                let evidence = [Seen.virtualFunctions(of: physical, functions)]
                let refused = functions.filter { !device.accepts($0) && !wanted.contains($0.address) }
                guard !refused.isEmpty else {
                    return .note(
                        .virtualFunctionsLost, "\(list) vanish with \(physical.short), as the playbook accepts.",
                        evidence: evidence)
                }
                let message =
                    "\(physical.short) has virtual functions (\(list)), which vanish when vfio-pci takes it. Pass one of them "
                    + "instead, or set sriov_numvfs to 0, or \(device.acceptance(of: refused))."
                return .blocker(.virtualFunctionsLost, message, evidence: evidence)
            }
    }

    private func orphans(of device: ResolvedDevice, _ closure: DeviceClosure) -> [Reason] {
        device.functions.compactMap { function in
            guard let physical = function.physicalFunction,
                wanted.contains(physical) || closure.members.contains(where: { $0.function.address == physical })
            else { return nil }
            let message =
                "\(function.words) is a virtual function and vanishes, because \(physical.short), which makes it, is "
                + "taken from the host too."
            return .blocker(
                .physicalFunctionTaken, message, evidence: [Seen.virtualFunctions(of: physical, [function])])
        }
    }

    /// What goes with a controller of a PCI domain. Whatever of it the host needs makes the controller vital already.
    private func vanishing(_ closure: DeviceClosure) -> [Reason] {
        var behind: [PCIAddress: [PCIFunction]] = [:]
        for member in closure.members where !member.function.isBridge {
            if case .behind(let controller) = member.cause { behind[controller, default: []].append(member.function) }
        }
        return behind.sorted { $0.key < $1.key }.map { controller, functions in
            let list = functions.map(\.words).joined(separator: ", ")
            let message = "With the controller \(controller.short) goes everything behind it: \(list)."
            return .warning(.functionsBehindTaken, message, evidence: functions.map(Seen.place))
        }
    }

    /// A slot of an AMD processor holds its graphics beside its USB controllers and its security processor.
    private func packages(_ device: ResolvedDevice) -> [Reason] {
        guard device.request.functions == nil else { return [] }
        return device.slots.compactMap { slot in
            let functions = device.functions.filter { $0.address.slot == slot && $0.physicalFunction == nil }
            let others = functions.filter { $0.isOfAnotherMake(than: functions) }
            guard !others.isEmpty else { return nil }
            let numbers = functions.filter { !others.contains($0) }.map { String($0.address.function) }
            let list = others.map(\.words).joined(separator: ", ")
            let message =
                "\(slot.short) is a package of the processor, not a card: \(list) go along. For the graphics alone, write under "
                + "the device “\(device.request.name)”: functions: [\(numbers.joined(separator: ", "))]."
            return .warning(.slotNotACard, message, evidence: [Seen.functions(functions)])
        }
    }

    /// Nothing keeps `sriov_numvfs` over a boot but what somebody wrote for it.
    private func fleeting(_ device: ResolvedDevice) -> [Reason] {
        guard let function = device.functions.first(where: { $0.physicalFunction != nil }),
            let physical = function.physicalFunction, !facts.setsVirtualFunctions
        else { return [] }
        let message =
            "\(function.words) is a virtual function of \(physical.short), and nothing was found that makes it at the boot: "
            + "sriov_numvfs is 0 then, and its guest does not start."
        return [
            .warning(.virtualFunctionsNotKept, message, evidence: [Seen.virtualFunctions(of: physical, [function])])
        ]
    }

    /// Functions of a card that stay with the host while others go. On a root bus, the chipset's functions share a slot
    /// without being one device.
    private func companions(of device: ResolvedDevice, _ closure: DeviceClosure) -> [Reason] {
        let left = closure.leftBehind.filter { $0.parent != nil && !wanted.contains($0.address) }
        let strangers = left.filter { $0.isOfAnotherMake(than: device.functions) }
        let package = strangers.isEmpty ? [] : [package(strangers)]
        return package + companions(left.filter { !strangers.contains($0) }, of: device)
    }

    private func package(_ strangers: [PCIFunction]) -> Reason {
        let list = strangers.map(\.address.short).joined(separator: ", ")
        let message =
            "\(list) are in the same slot and of another make: they are the processor's own, not of the graphics, and stay with "
            + "the host."
        return .note(.companionLeftBehind, message, evidence: [Seen.functions(strangers)])
    }

    private func companions(_ left: [PCIFunction], of device: ResolvedDevice) -> [Reason] {
        left.map { function in
            let driver = function.driver.map { " on \($0)" } ?? ""
            let advice =
                device.slots.contains(function.address.slot)
                ? "Leave out “functions” to pass the whole card."
                : "It has a slot of its own: ask for \(function.address.slot.short) too."
            let message =
                "\(function.words) stays with the host\(driver), while the rest of its card goes to a guest: a reset by "
                + "one of them hits the other. \(advice)"
            let severity: Reason.Severity = function.driver.map { !$0.isVFIO } == true ? .warning : .note
            return Reason(severity, .companionLeftBehind, message, evidence: [Seen.driver(of: function)])
        }
    }

    /// What the host can be without, and a person may miss.
    private func conveniences(_ closure: DeviceClosure) -> [Reason] {
        closure.members.flatMap { member in
            critical.convenient(member.function.address).map { use in
                let message =
                    "The host loses \(Seen.needs([use], on: member.function.address)), which is on \(member.function.words)."
                return .warning(.hostDeviceLost, message, evidence: [Seen.use(use)])
            }
        }
    }
}

extension PCIFunction {
    /// Beside graphics of another vendor: a card's functions are all of one make.
    fileprivate func isOfAnotherMake(than functions: [PCIFunction]) -> Bool {
        let makes = Set(functions.filter { $0.class.isDisplay }.map(\.id.vendor))
        return !makes.isEmpty && !makes.contains(id.vendor)
    }
}

extension NodeFacts {
    /// Something on the node makes virtual functions when it boots.
    var setsVirtualFunctions: Bool {
        let words = ["sriov_numvfs", "max_vfs", "SR-IOVVirtualFunctions"]
        let scripts = (deviceScripts.value ?? []).map(\.text)
        let settings = files.values.compactMap { $0.value?.text } + [kernelCommandLine.value ?? ""]
        return (scripts + settings).contains { text in words.contains { text.contains(substring: $0) } }
    }
}

/// One IOMMU group of a wanted device, member by member, as Proxmox will take it.
private struct GroupJudgement {
    let group: Int
    let device: ResolvedDevice
    let safety: DeviceSafety
    /// Members that nobody asked for and Proxmox takes all the same.
    let others: [PCIFunction]
    private let evidence: Evidence
    private let holdsVital: Bool
    private let wanted: PCIFunction?

    init(_ group: Int, of device: ResolvedDevice, _ closure: DeviceClosure, in safety: DeviceSafety) {
        self.group = group
        self.device = device
        self.safety = safety
        let wanted = safety.wanted
        others = closure.members.filter { $0.cause == .group(group) }.map(\.function)
            .filter { !wanted.contains($0.address) }
        evidence = Seen.taken(group, safety.index.members(of: group))
        holdsVital = others.contains { !safety.critical.vital($0.address).isEmpty }
        self.wanted = device.functions.first { $0.group == group }
    }

    var reasons: [Reason] { others.map(judge) }

    private func judge(_ other: PCIFunction) -> Reason {
        let uses = safety.critical.vital(other.address)
        if !uses.isEmpty {
            let message = "\(taken(other)), which the host needs for \(Seen.needs(uses, on: other.address))."
            return safety.blocker(
                .groupHoldsHostFunction, about: uses, message, evidence: [evidence] + uses.map(Seen.use))
        }
        if device.accepts(other) {
            let message = "\(other.words) is taken along with group \(group), as the playbook accepts."
            return .note(.groupSiblingAccepted, message, evidence: [evidence])
        }
        if other.class.base == 0x06, other.class.sub == 0x00, other.driver == nil {
            let message =
                "\(other.words) is a host bridge without a driver; Proxmox takes it along, and nobody misses it."
            return .note(.groupSiblingAccepted, message, evidence: [evidence])
        }
        return .blocker(.groupSiblingNotAccepted, "\(taken(other)). \(advice(other))", evidence: [evidence])
    }

    private func taken(_ other: PCIFunction) -> String {
        let driver = other.driver.map { ", now on \($0)" } ?? ""
        return "Starting a guest with \(wanted?.address.short ?? "it") takes all of group \(group), also "
            + "\(other.words)\(driver)"
    }

    private func advice(_ other: PCIFunction) -> String {
        if let accepted = device.request.acceptSiblings.first(where: { $0.address == other.address }),
            let id = accepted.id
        {
            return "The playbook accepts \(other.address.short) as \(id), which it is not any more."
        }
        if holdsVital { return "To accept it would not help: the group also holds what the host needs." }
        let own = device.functions.compactMap(\.physicalFunction)
        if others.contains(where: { own.contains($0.address) }) {
            return "To accept it would not help: the group also holds the physical function that makes the wanted one."
        }
        let refused = others.filter { !device.accepts($0) && !($0.class.base == 0x06 && $0.class.sub == 0x00) }
        return "If the host can do without it, \(device.acceptance(of: refused.isEmpty ? [other] : refused))."
    }
}

extension ResolvedDevice {
    /// The playbook lets this function go along with this device.
    func accepts(_ function: PCIFunction) -> Bool {
        request.acceptSiblings.contains {
            $0.address == function.address && ($0.id.map { $0 == function.id } ?? true)
        }
    }

    /// What a person would write to let these go along, ready to paste.
    func acceptance(of functions: [PCIFunction]) -> String {
        let all = request.acceptSiblings + functions.map { AcceptedSibling($0.address, id: $0.id) }
        let list = all.map { "\"\($0)\"" }.joined(separator: ", ")
        return "write under the device “\(request.name)”: accept-siblings: [\(list)]"
    }
}
