import Fleet

/// Which driver gets which function in one boot.
///
/// Three stages, each with what it can see and no more:
/// 1. the kernel: built-in drivers;
/// 2. the initramfs: only modules inside it, with the modprobe configuration inside it. First its own scripts,
///    then udev loads the modules that claim a function (blacklisted ones not), then the modules it lists by name;
/// 3. the root file system: all modules, with the configuration in `/etc`: udev again, and `/etc/modules`.
///
/// A module binds every function that is still free when it loads; vfio-pci those with one of the `ids` it was loaded
/// with. A soft dependency loads before its module. A blacklist stops udev, not a load by name. `driver_override`
/// admits the driver it names and no other; it loads none (`Documentation/ABI/testing/sysfs-bus-pci`).
struct BootModel {
    let hardware: Hardware
    let database: ModuleDatabase
    var state: KernelState
    private var configuration = ModuleConfiguration(files: [], commandLine: "")
    /// Modules that can be loaded in this stage.
    private var available: Set<ModuleName> = []

    init(_ hardware: Hardware, database: ModuleDatabase, state: KernelState) {
        self.hardware = hardware
        self.database = database
        self.state = state
    }

    /// Stage 1.
    mutating func bindBuiltIn() {
        for function in hardware.functions {
            if let driver = function.drivers.first(where: { database.builtIn.contains($0.module) }) {
                bind(function, to: driver)
            }
        }
        if database.builtIn.contains(Driver.vfio.module) {
            configuration = ModuleConfiguration(files: [], commandLine: state.commandLine)
            insert(Driver.vfio.module)
        }
    }

    /// Stages 2 and 3 see different files and modules.
    mutating func enter(_ configuration: ModuleConfiguration, available: Set<ModuleName>) {
        self.configuration = configuration
        self.available = available.subtracting(configuration.disabled)
    }

    /// udev loads for each function, in the order of addresses, all modules that claim it and are not blacklisted.
    mutating func coldplug() {
        for function in hardware.functions {
            for module in function.claims where !configuration.blacklist.contains(module) { load(module) }
        }
    }

    /// Loads by name, as `modprobe MODULE` does. False when there is no such module here.
    @discardableResult mutating func load(_ name: ModuleName) -> Bool {
        load(name, pending: [])
    }

    private mutating func load(_ name: ModuleName, pending: Set<ModuleName>) -> Bool {
        let module = configuration.aliases[name] ?? name
        if state.isLoaded(module) || database.builtIn.contains(module) { return true }
        guard available.contains(module), !pending.contains(module) else { return false }
        let pending = pending.union([module])
        let soft = configuration.softDependencies[module]
        for other in soft?.before ?? [] { _ = load(other, pending: pending) }
        for needed in database.chain(for: module) { _ = load(needed, pending: pending) }
        insert(module)
        for other in soft?.after ?? [] { _ = load(other, pending: pending) }
        return true
    }

    /// A write to its driver's `unbind`.
    mutating func unbind(_ address: PCIAddress) { state.drivers[address] = nil }

    /// A write to `drivers_probe`: the drivers that are there look at the function again.
    mutating func probe(_ address: PCIAddress) {
        guard let function = hardware.functions.first(where: { $0.address == address }) else { return }
        let candidates = function.drivers + (state.overrides[address] == Driver.vfio.name ? [.vfio] : [])
        for driver in candidates where state.isLoaded(driver.module) || database.builtIn.contains(driver.module) {
            bind(function, to: driver)
        }
    }

    private mutating func insert(_ module: ModuleName) {
        let options = configuration.options[module] ?? []
        state.modules.append(.init(name: module, options: options))
        if module == Driver.vfio.module { return bindVFIO(options) }
        for function in hardware.functions {
            if let driver = function.drivers.first(where: { $0.module == module }) { bind(function, to: driver) }
        }
    }

    private mutating func bindVFIO(_ options: [String]) {
        let ids = configuration.vfioIDs
        if !ids.isEmpty || options.contains(where: { $0.hasPrefix("ids=") }) {
            state.log.append("VFIO - User Level meta-driver version: 0.3")
        }
        for id in ids {
            state.log.append("vfio_pci: add [\(id)[ffffffff:ffffffff]] class 0x000000/00000000")
        }
        for function in hardware.functions
        where ids.contains(function.described.id) || state.overrides[function.address] == Driver.vfio.name {
            bind(function, to: .vfio)
        }
    }

    private mutating func bind(_ function: Hardware.Function, to driver: Driver) {
        let address = function.address
        guard state.drivers[address] == nil else { return }
        if let override = state.overrides[address], override != driver.name { return }
        if driver == .vfio && !acceptsVFIO(function) { return }
        state.drivers[address] = driver
        if driver == .vfio && function.described.class.isVGA {
            let isDisabled = configuration.options[driver.module]?.contains("disable_vga=1") ?? false
            let decodes = isDisabled ? "decodes=none" : "decodes=io+mem"
            state.log.append("vfio-pci \(address): vgaarb: VGA decodes changed: olddecodes=io+mem,\(decodes)")
        }
    }

    /// vfio-pci refuses bridges (header type 0 only) and functions without an IOMMU group.
    private mutating func acceptsVFIO(_ function: Hardware.Function) -> Bool {
        if function.described.class.isPCIBridge { return false }
        if state.isIOMMUOn && function.group != nil { return true }
        state.log.append("vfio-pci: probe of \(function.address) failed with error -22")
        return false
    }
}
