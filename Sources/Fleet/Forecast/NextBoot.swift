/// Foresees which driver takes each PCI function at the next boot, from the modprobe settings that will then be in force.
///
/// What decides (kernel's drivers/base/dd.c, kmod, initramfs-tools): a driver in the kernel image binds before any
/// module; `driver_override` leaves one driver only; then whichever module that claims the function is loaded first –
/// the order among modules is a race unless a softdep settles it.
struct NextBoot {
    /// As they will be at the boot.
    let files: [String: Observed<FileContent>]
    private let situation: Situation
    private let directory: ModprobeDirectory
    /// Modules loaded by name, whatever a blacklist says.
    private let listed: Set<ModuleName>
    /// The ids vfio-pci takes.
    private let ids: [DynamicID]
    /// What the initramfs' script binds and keeps.
    private let script: [EarlyScript.Entry]
    /// Blacklisted on the kernel command line: not loaded for a device, and not loaded at all.
    private let kept: (fromDevices: Set<ModuleName>, out: Set<ModuleName>)
    private(set) var unknowns: [String] = []
    private(set) var drivers: [Forecast.Driver] = []

    init(_ situation: Situation, _ configuration: ConfigurationPlan) {
        self.init(situation, configuration.files, configuration.commandLine)
    }

    /// `changes` = what is written before the boot.
    init(_ situation: Situation, _ changes: [FileChange], _ commandLine: NextCommandLine) {
        self.situation = situation
        let contents = situation.binding.adoption.files.facts(after: changes)
        files = contents.facts
        directory = ModprobeDirectory(contents, situation.facts.modules.without(changes))
        let early = contents.observed(AddressFiles.modules).value?.bytes
        listed = contents.modulesLoadedByName.union(early.map { ModulesFile($0).modules } ?? [])
        let listedIDs = directory.effectiveIDs()?.ids ?? []
        let own = situation.binding.isVFIOBuiltIn ? situation.binding.byID.map(\.id.description) : listedIDs
        // modprobe reads the kernel's command line last.
        ids = (commandLine.values("vfio_pci.ids").then?.idEntries ?? own).compactMap { DynamicID($0) }
        kept = (
            Set(commandLine.listed(["modprobe.blacklist"]).compactMap { ModuleName($0) }),
            Set(commandLine.listed(["module_blacklist"]).compactMap { ModuleName($0) })
        )
        script = EarlyScript(reading: contents.observed(EarlyScript.path).value?.bytes ?? []).entries
        let wanted = Set(situation.resolution.functions.map(\.address))
        let losesVirtual =
            situation.resolution.functions.contains { $0.physicalFunction != nil }
            && !situation.facts.setsVirtualFunctions
        for function in situation.index.functions where !function.isBridge {
            let isLost = losesVirtual && wanted.contains(function.address) && function.physicalFunction != nil
            let foreseen = isLost ? unmade(function) : foresee(function)
            guard wanted.contains(function.address) || foreseen.then != [function.driver] else { continue }
            drivers.append(foreseen)
        }
        let blind = drivers.filter(\.then.isEmpty).map(\.address.short)
        if !blind.isEmpty { unknowns.append("The drivers of \(blind.joined(separator: ", ")).") }
    }

    private func unmade(_ function: PCIFunction) -> Forecast.Driver {
        let why = "Nothing was found that makes virtual functions at the boot."
        return Forecast.Driver(
            address: function.address, name: function.name, now: function.driver, then: [], because: why)
    }

    private func foresee(_ function: PCIFunction) -> Forecast.Driver {
        func result(_ then: [ModuleName?], _ because: String) -> Forecast.Driver {
            Forecast.Driver(
                address: function.address, name: function.name, now: function.driver, then: then, because: because)
        }
        if let order = script.first(where: { $0.fits(function) })?.order {
            switch order {
            case .bind: return result(["vfio-pci"], "The initramfs' script gives its address to vfio-pci alone.")
            case .keep(let driver): return result([driver], "The initramfs' script keeps it for \(driver) alone.")
            }
        }
        if function.isHeldByBuiltIn(situation.facts.modules) {
            return result([function.driver], "Its driver is part of the kernel image.")
        }
        guard case .known(let candidates) = function.modules else {
            return result([], "Which modules claim it is not known.")
        }
        let rivals = function.claims(among: candidates).filter {
            !$0.isVFIO && !isKeptOut($0)
        }
        return ids.contains { $0.takes(function) }
            ? claimed(function, rivals, result) : unclaimed(function, rivals, result)
    }

    /// A blacklist keeps a module from being loaded for a device, and not from being loaded by name.
    private func isKeptOut(_ module: ModuleName) -> Bool {
        if kept.out.contains(module) { return true }
        return !listed.contains(module) && (kept.fromDevices.contains(module) || directory.keepsOut(module))
    }

    /// The files as they are bind it to vfio-pci.
    private func isBoundNow(_ function: PCIFunction) -> Bool {
        let now = NodeFiles(situation.facts)
        let script = EarlyScript(reading: now.observed(EarlyScript.path).value?.bytes ?? []).entries
        let ids = ModprobeDirectory(now, situation.facts.modules).effectiveIDs()?.ids ?? []
        return script.contains { $0.order == .bind && $0.fits(function) }
            || ids.contains { DynamicID($0)?.takes(function) == true }
    }

    /// vfio-pci's ids hold the function's.
    private func claimed(
        _ function: PCIFunction, _ rivals: [ModuleName], _ result: ([ModuleName?], String) -> Forecast.Driver
    ) -> Forecast.Driver {
        let first = rivals.filter { directory.softdep(of: $0)?.pre.contains(where: \.isVFIO) != true }
        guard !first.isEmpty, !situation.binding.isVFIOBuiltIn else {
            return result(["vfio-pci"], "vfio-pci has its id, and no other driver is loaded before.")
        }
        let list = first.map(\.description).joined(separator: ", ")
        return result(["vfio-pci"] + first, "\(list) claims it too, and nothing has vfio-pci loaded before.")
    }

    private func unclaimed(
        _ function: PCIFunction, _ rivals: [ModuleName],
        _ result: ([ModuleName?], String) -> Forecast.Driver
    ) -> Forecast.Driver {
        guard let driver = function.driver else {
            return result([nil], "No driver took it at this boot, and nothing that concerns it changes.")
        }
        if driver.isVFIO {
            let builtIn = rivals.first { situation.facts.modules.builtIn.value?.contains($0) == true }
            let others: [ModuleName?] = rivals.isEmpty ? [nil] : rivals
            let then = builtIn.map { [$0] } ?? others
            let because =
                isBoundNow(function)
                ? "What binds it to vfio-pci goes, so that its own driver takes it."
                : "Nothing binds it to vfio-pci at the boot; a guest's start did, or someone's hand."
            return result(then, because)
        }
        let module = function.boundModule ?? driver
        if rivals.contains(module) || !isKeptOut(module) {
            return result([driver], "Nothing that concerns it changes.")
        }
        let place = directory.blacklisting(module).map { " in \($0)" } ?? " on the kernel's command line"
        return result(rivals.isEmpty ? [nil] : rivals, "\(module) is blacklisted\(place).")
    }

    /// It is asked for, and the operator lets pass that the host uses it.
    private func isOverridden(_ function: PCIFunction) -> Bool {
        situation.settings.overridden?.contains(.deviceUsedByHost) == true
            && situation.resolution.functions.contains { $0.address == function.address }
    }

    /// Functions of the host's network and storage that would not be on a driver of the host's: the node would not be
    /// reached, or not come up at all, whoever is to blame.
    var losses: [Reason] {
        drivers.compactMap { driver in
            guard let other = driver.then.first(where: { $0?.isVFIO ?? true }),
                let function = situation.index.function(at: driver.address), function.driver?.isVFIO == false,
                !isOverridden(function)
            else { return nil }
            let uses = situation.critical.uses(of: driver.address).filter(\.purpose.holdsUpHost)
            guard !uses.isEmpty else { return nil }
            let fate = driver.then.count == 1 ? "is" : "may be"
            let message =
                "After the next boot \(function.words) \(fate) on \(other?.description ?? "no driver"): \(driver.because) "
                + "The host needs it for \(Seen.needs(uses, on: driver.address))."
            return .blocker(.hostDriverLost, message, evidence: [Seen.driver(of: function)] + uses.map(Seen.use))
        }
    }
}

extension HostUse.Purpose {
    /// Without it the node does not come up, or can't be reached.
    var holdsUpHost: Bool {
        switch self {
        case .rootFileSystem, .bootFileSystem, .swap, .zfsVdev, .lvmPhysicalVolume, .cephOSD, .mount: true
        default: isNetwork
        }
    }
}

extension NextBoot {
    /// Those that come to vfio-pci for certain.
    var taken: Set<PCIAddress> {
        Set(drivers.filter { !$0.then.isEmpty && $0.then.allSatisfy { $0?.isVFIO == true } }.map(\.address))
    }

    /// Those that come back from it to a driver of the host.
    var returning: [PCIFunction] {
        let back = drivers.filter { driver in
            driver.now?.isVFIO == true && driver.then.contains { $0 != nil && $0?.isVFIO == false }
        }
        return back.compactMap { situation.index.function(at: $0.address) }
    }
}

extension ModuleFacts {
    /// Without what files that change blacklist: modprobe showed its configuration with them as they still are.
    fileprivate func without(_ changes: [FileChange]) -> ModuleFacts {
        let leaving = changes.filter { $0.path.hasPrefix(ModprobeDirectory.path) }
            .flatMap { ModprobeFile($0.before ?? []).blacklisted }
        guard !leaving.isEmpty else { return self }
        var facts = self
        facts.configuration = configuration.map { configuration in
            var configuration = configuration
            configuration.blacklist.subtract(leaving)
            return configuration
        }
        return facts
    }
}

extension PCIID {
    /// The vendor and device of an `ids=` entry, which may go on with subsystem and class.
    static func leading(_ text: String) -> PCIID? { PCIID(text) ?? DynamicID(text)?.id }
}
