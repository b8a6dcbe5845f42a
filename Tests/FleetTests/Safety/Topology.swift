import Testing

@testable import Fleet

/// Functions by hand, for one thing at a time.
enum Topology {
    static func function(
        _ address: String, _ code: String = "020000", id: String? = nil, group: Int? = nil,
        behind parent: String? = nil, bus: Bool = false, driver: ModuleName? = nil, virtualOf physical: String? = nil,
        bootVGA: Bool? = nil
    ) throws -> PCIFunction {
        let address = try Fixtures.address(address)
        // No two have the same id unless a test says so.
        let place = UInt16(address.bus) << 8 | UInt16(address.device) << 3 | UInt16(address.function)
        let own = PCIID(vendor: UInt16(truncatingIfNeeded: 0x8000 + address.domain), device: place)
        return PCIFunction(
            address: address, id: try id.map { try #require(PCIID($0)) } ?? own, class: try #require(PCIClass(code)),
            driver: driver, group: group, parent: try parent.map(Fixtures.address), hasSecondaryBus: bus,
            bootVGA: bootVGA, physicalFunction: try physical.map(Fixtures.address))
    }

    static func use(
        _ purpose: HostUse.Purpose, on address: String, _ path: [String] = []
    ) throws -> HostUse {
        HostUse(
            purpose: purpose, subject: path.first ?? purpose.rawValue, path: path,
            function: try Fixtures.address(address))
    }

    private static let base = Result { try Fixtures.facts("intel-z390-rtx2070") }

    /// A node of these functions, on which nothing else stands in the way.
    static func facts(_ functions: [PCIFunction], uses: [HostUse] = []) throws -> NodeFacts {
        var facts = try base.get()
        facts.functions = .known(functions.sorted { $0.address < $1.address })
        facts.hostUses = .known(uses)
        facts.iommu.groupCount = .known(max(1, Set(functions.compactMap(\.group)).count))
        return facts
    }

    static func plan(_ facts: NodeFacts, _ devices: DeviceRequest..., guests: [GuestRequest] = []) throws -> NodePlan {
        let settings = NodeSettings(devices: devices, guests: guests)
        return Planner.plan(node: try Fixtures.node(), facts: facts, settings: settings)
    }

    static func device(
        _ slot: String, functions: [UInt8]? = nil, accepting siblings: [String] = [], named name: String = "gpu"
    ) throws -> DeviceRequest {
        DeviceRequest(
            name: name, match: .slot(try Fixtures.slot(slot)), functions: functions,
            acceptSiblings: try siblings.map { try #require(AcceptedSibling($0)) })
    }
}

extension NodePlan {
    func reason(_ code: PlanReason) -> Reason? { reasons.first { $0.code.rawValue == code.rawValue } }
}
