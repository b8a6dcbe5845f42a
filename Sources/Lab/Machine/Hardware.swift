import Fleet

/// A machine as its simulated node has it: the description, completed where the source is silent.
struct Hardware: Sendable {
    var name: String
    var cpu: MachineDescription.CPUKind
    var cpuModel: String
    var functions: [Function]
    /// Buses that are no function's secondary bus: root buses, in order.
    var rootBuses: [Bus]

    struct Bus: Hashable, Comparable, Sendable, CustomStringConvertible {
        var domain: UInt32
        var number: UInt8
        var description: String { "\(hex(domain, digits: 4)):\(hex(number, digits: 2))" }
        static func < (a: Bus, b: Bus) -> Bool { (a.domain, a.number) < (b.domain, b.number) }
    }

    struct Function: Sendable {
        var described: MachineDescription.Function
        /// Drivers that would bind it, the likeliest first; vfio-pci is never among them.
        var drivers: [Driver]
        /// Modules that claim its id, whether they bind or not.
        var claims: [ModuleName]
        var parent: PCIAddress?
        /// The bus behind a bridge.
        var secondaryBus: Bus?
        /// The group it is in when the IOMMU is on.
        var group: Int?
        var isBootVGA = false
        var physicalFunction: PCIAddress?
        var virtualFunctions: [PCIAddress] = []
        var networkNames: [String] = []
        var diskNames: [String] = []

        var address: PCIAddress { described.address }
        var bus: Bus { Bus(domain: address.domain, number: address.bus) }
    }

    subscript(address: PCIAddress) -> Function? { functions.first { $0.address == address } }
}

extension MachineDescription {
    /// What decides how the kernel's IOMMU code behaves.
    enum CPUKind: String, Sendable {
        case intel
        case amd
        case other
    }

    var cpuKind: CPUKind {
        switch cpuVendor {
        case "GenuineIntel": .intel
        case "AuthenticAMD": .amd
        case nil where cpuModel == nil: rootComplexKind
        default: .other
        }
    }

    /// A description that says nothing of the CPU may show whose root complex it is.
    private var rootComplexKind: CPUKind {
        let makers = Set(functions.filter { $0.class.code >> 8 == 0x0600 }.map(\.id.vendor))
        if makers.contains(0x8086) { return .intel }
        return makers.isDisjoint(with: [0x1022, 0x1002]) ? .other : .amd
    }
}

extension Hardware {
    init(_ machine: MachineDescription) {
        name = machine.name
        cpu = machine.cpuKind
        cpuModel = machine.cpuModel ?? Self.unnamedCPU(machine.cpuKind)
        functions = machine.functions.sorted { $0.address < $1.address }.map {
            Function(described: $0, drivers: Self.drivers(of: $0), claims: Self.claims(of: $0), group: $0.group)
        }
        rootBuses = []
        relate(machine.relations)
        connectBuses()
        completeGroups(described: machine.iommu)
        nameDevices()
    }

    private static func unnamedCPU(_ kind: MachineDescription.CPUKind) -> String {
        switch kind {
        case .intel: "Intel(R) Core(TM) Processor"
        case .amd: "AMD Processor"
        case .other: "Processor"
        }
    }

    private static func drivers(of function: MachineDescription.Function) -> [Driver] {
        var drivers: [Driver] = []
        func add(_ driver: Driver) {
            if driver.name != Driver.vfio.name && !drivers.contains(where: { $0.name == driver.name }) {
                drivers.append(driver)
            }
        }
        if let name = function.driver {
            let listed = function.modules.first { Driver(module: $0).name == name.description }
            add(listed.map { Driver(module: $0, name: name.description) } ?? Driver(named: name.description))
        }
        let usual = Driver.usual(for: function)
        if let usual, function.driver == nil || function.modules.contains(usual.module) { add(usual) }
        if function.class.isDisplay || drivers.isEmpty {
            for module in function.modules where !Driver.bystanders.contains(module) && !module.isSoundStack {
                add(Driver(module: module))
            }
        }
        if drivers.isEmpty, let usual { add(usual) }
        return drivers
    }

    private static func claims(of function: MachineDescription.Function) -> [ModuleName] {
        var claims = function.modules.filter { $0 != "vfio_pci" }
        for driver in drivers(of: function) where !Driver.builtIn.contains(driver.module) {
            if !claims.contains(driver.module) { claims.append(driver.module) }
        }
        return claims.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    private mutating func relate(_ relations: [MachineDescription.Relation]) {
        for relation in relations {
            switch relation {
            case .bootVGA(let at): update(at) { $0.isBootVGA = true }
            case .bridge(let at, let bus): update(at) { $0.secondaryBus = Bus(bus) }
            case .nic(let at, let name): update(at) { $0.networkNames.append(name) }
            case .disk(let at, let name): update(at) { $0.diskNames.append(name) }
            case .virtualFunction(let at, let parent):
                update(at) { $0.physicalFunction = parent }
                update(parent) { $0.virtualFunctions.append(at) }
            }
        }
        guard !functions.contains(where: \.isBootVGA) else { return }
        let display = functions.first { $0.described.class.isVGA } ?? functions.first { $0.described.class.isDisplay }
        if let display { update(display.address) { $0.isBootVGA = true } }
    }

    mutating func update(_ address: PCIAddress, _ change: (inout Function) -> Void) {
        if let index = functions.firstIndex(where: { $0.address == address }) { change(&functions[index]) }
    }
}

extension Hardware.Bus {
    /// Reads `0000:01`.
    init?(_ text: String) {
        let parts = text.split(separator: ":")
        guard parts.count == 2, let domain = UInt32(hex: parts[0]), let number = UInt8(hex: parts[1]) else {
            return nil
        }
        self.init(domain: domain, number: number)
    }
}

extension ModuleName {
    /// One of the stacks that leave a function to `snd_hda_intel` unless firmware says otherwise.
    var isSoundStack: Bool { normalized.hasPrefix("snd_sof") || normalized.hasPrefix("snd_soc") }
}
