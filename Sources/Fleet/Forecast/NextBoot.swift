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
    private let ids: Set<PCIID>
    /// What the initramfs' script binds and keeps.
    private let script: [EarlyScript.Entry]
    private(set) var unknowns: [String] = []
    private(set) var drivers: [Forecast.Driver] = []

    init(_ situation: Situation, files: [FileChange]) {
        self.situation = situation
        let contents = situation.binding.adoption.files.facts(after: files)
        self.files = contents.facts
        directory = ModprobeDirectory(contents, situation.facts.modules)
        listed = contents.modulesLoadedByName
        let listedIDs = (directory.effectiveIDs()?.ids ?? []).compactMap { PCIID.leading($0) }
        ids = Set(situation.binding.isVFIOBuiltIn ? situation.binding.byID.map(\.id) : listedIDs)
        script = EarlyScript(reading: contents.observed(EarlyScript.path).value?.bytes ?? []).entries
        let wanted = Set(situation.resolution.functions.map(\.address))
        for function in situation.index.functions where !function.isBridge {
            let foreseen = foresee(function)
            guard wanted.contains(function.address) || foreseen.then != [function.driver] else { continue }
            drivers.append(foreseen)
        }
        let blind = drivers.filter(\.then.isEmpty).map(\.address.short)
        if !blind.isEmpty { unknowns.append("The drivers of \(blind.joined(separator: ", ")).") }
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
            !$0.isVFIO && (listed.contains($0) || !directory.keepsOut($0))
        }
        return ids.contains(function.id)
            ? claimed(function, rivals, result) : unclaimed(function, rivals, result)
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
            let then: [ModuleName?] = rivals.isEmpty ? [nil] : rivals
            return result(then, "Nothing binds it to vfio-pci at the boot; a guest's start did, or someone's hand.")
        }
        let module = function.boundModule ?? driver
        if rivals.contains(module) || !directory.keepsOut(module) {
            return result([driver], "Nothing that concerns it changes.")
        }
        return result(rivals.isEmpty ? [nil] : rivals, "\(module) is blacklisted.")
    }
}

extension PCIID {
    /// The vendor and device of an `ids=` entry, which may go on with subsystem and class.
    static func leading(_ text: String) -> PCIID? {
        PCIID(text) ?? PCIID(text.split(separator: ":").prefix(2).joined(separator: ":"))
    }
}
