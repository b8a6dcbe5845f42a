/// Weighs a forecast.
struct RiskAssessment {
    private var reasons: [RiskReason] = []
    private let plan: NodePlan
    private let situation: Situation
    private let forecast: Forecast
    private let commandLine: NextCommandLine

    init(_ plan: NodePlan, _ situation: Situation, _ forecast: Forecast, _ commandLine: NextCommandLine) {
        self.plan = plan
        self.situation = situation
        self.forecast = forecast
        self.commandLine = commandLine
        weighNames()
        weighGuests()
        weighDrivers()
        weighConsole()
        weighBoot()
        weighCluster()
    }

    var risk: Risk { Risk(reasons) }

    private mutating func add(_ code: RiskCode, _ message: String) { reasons.append(RiskReason(code, message)) }

    private mutating func weighNames() {
        for interface in forecast.interfaces {
            let use = interface.needs.map(\.rawValue).joined(separator: ", ")
            switch interface.fate {
            case .uncertain, .renamed:
                let new = interface.newName.map { "will be called \($0)" } ?? "may get another name"
                let what = "\(interface.name) \(new): \(interface.because)"
                add(
                    interface.needs.isEmpty ? .nameUncertain : .neededNameUncertain,
                    interface.needs.isEmpty ? what : what + " The host needs it (\(use)).")
            case .stays where !interface.isPinned && !interface.needs.isEmpty:
                add(
                    .neededNameNotPinned,
                    "\(interface.name) (\(use)) is not bound to its card's MAC address. \(interface.because)")
            case .vanishes where !interface.needs.isEmpty:
                add(
                    .neededInterfaceLost,
                    "\(interface.name) vanishes, and the host needs it (\(use)). \(interface.because)")
            case .stays, .vanishes: break
            }
        }
    }

    private mutating func weighGuests() {
        // That the screen goes dark is weighed with the console.
        let uses = situation.index.uses.mapValues { $0.filter { $0.purpose != .console } }
        for guest in forecast.guests {
            let needed = guest.takes.filter { !(uses[$0] ?? []).isEmpty }
            if let function = needed.first {
                let use = (uses[function] ?? []).first.map(Seen.words) ?? ""
                add(
                    .guestTakesHostFunction, "VM \(guest.vm) starts with the node and takes \(function.short) (\(use))."
                )
            } else if !guest.areGroupsKnown {
                add(
                    .guestTakesUnknownGroup,
                    "VM \(guest.vm) starts with the node, and what else is in its devices' IOMMU groups shows only then."
                )
            } else {
                let list = guest.takes.map(\.short).joined(separator: ", ")
                add(.guestStartsWithDevices, "VM \(guest.vm) starts with the node and takes \(list).")
            }
        }
        if let memory = forecast.memory, memory.pinned + GuestPitfalls.hostMemory > memory.total {
            add(
                .memoryTight,
                "Guests with devices that start with the node pin \(memory.pinned) of \(memory.total) MiB of memory.")
        }
    }

    private mutating func weighDrivers() {
        for driver in forecast.drivers where driver.then.count > 1 {
            add(.driverRace, "\(driver.address.short): \(driver.because)")
        }
        // What one cause leaves unknown is one risk, however many functions it concerns.
        let unknown = forecast.drivers.filter(\.then.isEmpty)
        let causes = unknown.map(\.because).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        for cause in causes {
            let list = unknown.filter { $0.because == cause }.map(\.address.short)
            let what = list.count == 1 ? "The driver" : "The drivers"
            add(.driverUnknown, "\(what) of \(list.joined(separator: ", ")): \(cause)")
        }
        if case .offUntilReboot = situation.iommu {
            add(.groupsUnknown, "The IOMMU is off, so which functions share a group shows only after the reboot.")
        }
        for function in situation.resolution.functions where function.resetMethods == [] {
            add(.noReset, "\(function.words) has no reset method: it may need a cold start after its guest stops.")
        }
        if plan.reasons.contains(where: { $0.code.rawValue == FindingCode.acsOverride.rawValue }) {
            add(.sharedIsolation, "The groups are a fiction of pcie_acs_override.")
        }
    }

    private mutating func weighConsole() {
        let functions = situation.index.functions
        if forecast.console.fate == .lost { add(.consoleLost, forecast.console.because) }
        guard !functions.contains(where: \.isManagementDisplay) else { return }
        add(
            .noRemoteConsole,
            "No management controller's display is there: should the node stay away, someone must go to it.")
    }

    private mutating func weighBoot() {
        let facts = situation.facts
        if let other = forecast.otherKernel {
            add(
                .otherKernel, "The boot entries start \(other); \(facts.kernelRelease.value ?? "another one") runs now."
            )
        }
        if let entries = facts.boot.normalEntries, Set(entries.compactMap(\.release)).count == 1 {
            add(.onlyKernel, "There is one kernel only, so none to fall back to.")
        }
        let pending = pendingArguments
        if !pending.isEmpty {
            add(
                .pendingChanges,
                "The boot settings also hold \(pending.joined(separator: " ")), with which the node was not booted yet."
            )
        }
        if plan.commands.contains(where: { $0 != .updateInitramfs }) {
            add(.bootConfiguration, "The boot loader's configuration is generated anew.")
        }
    }

    /// Arguments of the next boot that the running kernel did not get: somebody else's change, which the reboot brings along.
    private var pendingArguments: [String] {
        guard let present = commandLine.now else { return [] }
        let wanted = (situation.arguments.list + situation.binding.kernelArguments).map(\.description)
        return commandLine.then.filter { !present.contains($0) && !wanted.contains($0) }
    }

    private mutating func weighCluster() {
        guard let votes = situation.facts.cluster.value?.votes(withoutThisAnd: 0), votes.left < votes.needed else {
            return
        }
        add(.quorumLost, "While the node is away, the cluster has \(votes.left) votes and needs \(votes.needed).")
    }
}
