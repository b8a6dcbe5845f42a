/// Where a driver's name is not its module's.
enum DriverNames {
    private static let modules: [ModuleName: ModuleName] = [
        "xhci_hcd": "xhci_pci", "nvidia-gpu": "i2c_nvidia_gpu", "bochs-drm": "bochs", "i801_smbus": "i2c_i801",
        "ehci-pci": "ehci_pci", "intel-lpss": "intel_lpss_pci", "intel-spi": "spi_intel_pci",
    ]

    static func module(of driver: ModuleName) -> ModuleName { modules[driver] ?? driver }

    static func driver(of module: ModuleName) -> ModuleName {
        modules.first { $0.value.normalized == module.normalized }?.key ?? module
    }
}

/// What could bind a wanted function before vfio-pci does.
struct CompetingDriver: Hashable, Sendable {
    var module: ModuleName
    /// The wanted functions it claims.
    var functions: [PCIFunction]
    /// It is part of the kernel image: there before any module, and beyond modprobe's configuration.
    var isBuiltIn: Bool
}

extension CompetingDriver {
    /// The modules that claim wanted functions and that nothing keeps from loading, in the functions' order.
    /// - Parameter isKeptOut: whether a module is blacklisted, or replaced by a command that does nothing.
    static func all(
        for functions: [PCIFunction], _ facts: ModuleFacts, isKeptOut: (ModuleName) -> Bool
    ) -> Result<[CompetingDriver], Unknown> {
        var found: [CompetingDriver] = []
        for function in functions {
            guard case .known(let candidates) = function.modules else {
                if case .unknown(let why) = function.modules { return .failure(why) }
                continue
            }
            for module in function.claims(among: candidates) where !module.isVFIO {
                let isBuiltIn = isBuiltIn(module, function, facts)
                guard isBuiltIn || !isKeptOut(module) else { continue }
                add(module, function, isBuiltIn, to: &found)
            }
        }
        return .success(found)
    }

    private static func add(
        _ module: ModuleName, _ function: PCIFunction, _ isBuiltIn: Bool, to found: inout [CompetingDriver]
    ) {
        guard let index = found.firstIndex(where: { $0.module == module }) else {
            found.append(CompetingDriver(module: module, functions: [function], isBuiltIn: isBuiltIn))
            return
        }
        if found[index].functions.last?.address != function.address { found[index].functions.append(function) }
    }

    private static func isBuiltIn(_ module: ModuleName, _ function: PCIFunction, _ facts: ModuleFacts) -> Bool {
        if facts.builtIn.value?.contains(module) == true { return true }
        guard let driver = function.driver, function.driverModule == nil, DriverNames.module(of: driver) == module
        else { return false }
        return facts.loaded.value?.contains(module) != true
    }
}

extension PCIFunction {
    /// The module of the bound driver; nil = it is on none.
    var boundModule: ModuleName? { driver.map { driverModule ?? DriverNames.module(of: $0) } }

    /// Modules that claim it; the one it is on claims it, even where the node's list of candidates does not say so.
    func claims(among candidates: [ModuleName]) -> [ModuleName] {
        guard let boundModule, !candidates.contains(boundModule) else { return candidates }
        return candidates + [boundModule]
    }

    /// Its driver is compiled into the kernel, so that no module setting keeps it from binding.
    func isHeldByBuiltIn(_ facts: ModuleFacts) -> Bool {
        guard let driver, !driver.isVFIO else { return false }
        let module = DriverNames.module(of: driver)
        if facts.builtIn.value?.contains(module) == true { return true }
        return driverModule == nil && facts.loaded.value?.contains(module) != true
    }
}

extension ModuleName {
    /// vfio-pci or a variant of it for one kind of card, such as `mlx5_vfio_pci`.
    var isVFIO: Bool { hasSuffix("vfio_pci") }
}
