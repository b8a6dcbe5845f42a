import Fleet

extension Hardware {
    /// Gives every bus a bridge where one can be found, and every bridge a bus.
    ///
    /// Descriptions without bridge relations are completed: a bus goes to the bridge that shares an IOMMU group with
    /// it, else to the first free bridge of a lower bus; what then is left is a root bus of its own.
    mutating func connectBuses() {
        for bus in Set(functions.map(\.bus)).sorted() where !isConnected(bus) {
            guard let bridge = bridge(for: bus) else {
                rootBuses.append(bus)
                continue
            }
            update(bridge) { $0.secondaryBus = bus }
        }
        numberEmptyBridges()
        for index in functions.indices { functions[index].parent = parent(of: functions[index]) }
    }

    private func isConnected(_ bus: Bus) -> Bool { functions.contains { $0.secondaryBus == bus } }

    private func bridge(for bus: Bus) -> PCIAddress? {
        if bus.domain >= 0x10000 { return nil }
        let inside = functions.filter { $0.bus == bus }
        guard !inside.contains(where: \.isRootComplex) else { return nil }
        let free = functions.filter {
            $0.described.class.isPCIBridge && $0.secondaryBus == nil && $0.bus.domain == bus.domain
                && $0.bus.number < bus.number
        }
        let groups = Set(inside.compactMap(\.described.group))
        return (free.first { $0.described.group.map(groups.contains) ?? false } ?? free.first)?.address
    }

    private mutating func numberEmptyBridges() {
        for index in functions.indices
        where functions[index].described.class.isPCIBridge && functions[index].secondaryBus == nil {
            functions[index].secondaryBus = freeBus(in: functions[index].address.domain, from: functions[index].bus)
        }
    }

    private func freeBus(in domain: UInt32, from bus: Bus) -> Bus? {
        let taken = Set(functions.flatMap { [$0.bus, $0.secondaryBus].compactMap(\.self) })
        let numbers = Array(bus.number...255) + Array(0..<bus.number)
        return numbers.lazy.map { Bus(domain: domain, number: $0) }.first { !taken.contains($0) }
    }

    /// The bridge above, or the VMD controller whose domain this is.
    private func parent(of function: Function) -> PCIAddress? {
        if let bridge = functions.first(where: { $0.secondaryBus == function.bus }) {
            return bridge.address == function.address ? nil : bridge.address
        }
        return function.address.domain >= 0x10000 ? controller(ofDomain: function.address.domain) : nil
    }

    /// Domains from 10000 on belong to the VMD controllers in the order of their addresses.
    private func controller(ofDomain domain: UInt32) -> PCIAddress? {
        let controllers = functions.filter { $0.drivers.first?.name == "vmd" }.map(\.address)
        let index = Int(domain - 0x10000)
        return controllers.indices.contains(index) ? controllers[index] : controllers.first
    }

    /// The way down from the root to the function, both ends included.
    func path(to address: PCIAddress) -> [PCIAddress] {
        var path = [address]
        while let parent = self[path[0]]?.parent, !path.contains(parent) { path.insert(parent, at: 0) }
        return path
    }
}

extension Hardware.Function {
    /// Host bridges, and the uncore functions of servers, stand on root buses.
    fileprivate var isRootComplex: Bool { described.class.base == 0x06 && described.class.sub == 0x00 }
}

extension Hardware {
    /// Makes groups where the description has none: a slot's functions share one, as boards without ACS within
    /// multi-function devices have it. Where it has some, functions without a group stay without.
    mutating func completeGroups(described: MachineDescription.IOMMU) {
        guard !functions.contains(where: { $0.group != nil }) else { return }
        var numbers: [PCISlot: Int] = [:]
        for index in functions.indices {
            let slot = functions[index].address.slot
            let number = numbers[slot] ?? numbers.count
            numbers[slot] = number
            functions[index].group = number
        }
    }
}
