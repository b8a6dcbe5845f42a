import TestSupport

@testable import Fleet

/// A node with a tree of buses, groups, virtual functions, a VMD domain and host uses, all by chance.
struct GeneratedNode {
    private(set) var functions: [PCIFunction] = []
    private(set) var uses: [HostUse] = []
    private var numbers: SeededNumbers
    private var nextBus: UInt8 = 1

    init(seed: UInt64) {
        numbers = SeededNumbers(seed: seed)
        let groups = Int.random(in: 2...12, using: &numbers)
        for device in 0..<UInt8.random(in: 2...6, using: &numbers) {
            addDevice(domain: 0, bus: 0, device: device, under: nil, groups: groups, depth: 0)
        }
        if chance(3) { addVMD(groups: groups) }
        addUses()
        functions.sort { $0.address < $1.address }
    }

    private mutating func chance(_ oneIn: Int) -> Bool { Int.random(in: 0..<oneIn, using: &numbers) == 0 }

    private static let codes: [UInt32] = [
        0x030000, 0x040300, 0x020000, 0x010802, 0x010601, 0x0c0330, 0x120000, 0x060100, 0x060000, 0x0c0700,
    ]

    private mutating func addDevice(
        domain: UInt32, bus: UInt8, device: UInt8, under parent: PCIAddress?, groups: Int, depth: Int
    ) {
        guard let slot = PCISlot(domain: domain, bus: bus, device: device) else { return }
        if depth < 3, nextBus < 200, chance(2) {
            addBridge(slot, under: parent, groups: groups, depth: depth)
            return
        }
        let group = chance(8) ? nil : Int.random(in: 0..<groups, using: &numbers)
        for number in 0..<UInt8.random(in: 1...3, using: &numbers) {
            guard let address = PCIAddress(slot: slot, function: number) else { continue }
            let own = chance(4) ? Int.random(in: 0..<groups, using: &numbers) : group
            add(address, Self.codes.randomElement(using: &numbers) ?? 0x020000, own, parent)
        }
        if chance(4), let physical = PCIAddress(slot: slot, function: 0), let last = PCIAddress(slot: slot, function: 7)
        {
            add(last, 0x020000, Int.random(in: 0..<groups, using: &numbers), parent)
            functions[functions.count - 1].physicalFunction = physical
        }
    }

    private mutating func addBridge(_ slot: PCISlot, under parent: PCIAddress?, groups: Int, depth: Int) {
        guard let address = PCIAddress(slot: slot, function: 0) else { return }
        add(address, 0x060400, Int.random(in: 0..<groups, using: &numbers), parent)
        functions[functions.count - 1].hasSecondaryBus = true
        let bus = nextBus
        nextBus += 1
        for device in 0..<UInt8.random(in: 1...2, using: &numbers) {
            addDevice(
                domain: slot.domain, bus: bus, device: device, under: address, groups: groups, depth: depth + 1)
        }
    }

    private mutating func addVMD(groups: Int) {
        guard let controller = PCIAddress("00:0e.0") else { return }
        add(controller, 0x010400, Int.random(in: 0..<groups, using: &numbers), nil)
        addDevice(domain: 0x10000, bus: 0xe0, device: 6, under: controller, groups: groups, depth: 1)
    }

    private mutating func add(_ address: PCIAddress, _ code: UInt32, _ group: Int?, _ parent: PCIAddress?) {
        guard let pciClass = PCIClass(code: code) else { return }
        // Few ids, so that twins are common.
        let id = PCIID(vendor: 0x1000 + UInt16(code >> 16), device: UInt16.random(in: 0..<40, using: &numbers))
        functions.append(
            PCIFunction(
                address: address, id: id, class: pciClass, driver: chance(3) ? nil : "igb", group: group,
                parent: parent, bootVGA: pciClass.isVGA ? chance(3) : nil))
    }

    private mutating func addUses() {
        let purposes = HostUse.Purpose.allCases
        for _ in 0..<Int.random(in: 1...3, using: &numbers) {
            guard let function = functions.randomElement(using: &numbers),
                let purpose = purposes.randomElement(using: &numbers)
            else { continue }
            uses.append(HostUse(purpose: purpose, subject: "x", path: ["x"], function: function.address))
        }
    }

    /// Settings for one device by slot or by kind, with or without accepted siblings.
    mutating func settings(for vm: VMID) -> NodeSettings? {
        guard let function = functions.randomElement(using: &numbers) else { return nil }
        let kind = DeviceRequest.Kind(ids: [function.id], count: chance(2) ? 1 : nil, includeBootVGA: chance(2))
        let accepted = functions.filter { _ in Bool.random(using: &numbers) }.map { AcceptedSibling($0.address) }
        let device = DeviceRequest(
            name: "device", match: chance(2) ? .slot(function.address.slot) : .kind(kind),
            functions: chance(3) ? [function.address.function] : nil,
            acceptSiblings: chance(3) ? functions.map { AcceptedSibling($0.address) } : accepted)
        let layout: GuestRequest.GuestDevice.Layout = chance(2) ? .perFunction : .allFunctions
        let guest = GuestRequest(
            vm: vm, options: ["machine": "q35"], devices: [.init(device: "device", layout: layout)])
        return NodeSettings(devices: [device], guests: [guest])
    }
}
