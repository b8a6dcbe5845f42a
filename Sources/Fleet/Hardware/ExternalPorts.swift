/// What hangs off a port that leads out of the machine: a card in a Thunderbolt or USB4 box comes and goes.
extension FunctionTable {
    /// The kernel says so, or a Thunderbolt switch is above it. The controller's own functions are part of the machine.
    func isExternal(_ function: PCIFunction) -> Bool {
        if let told = function.isRemovable { return told }
        guard !function.isThunderboltController else { return false }
        return ancestors(of: function.address).contains { self[$0]?.isThunderboltPort == true }
    }
}

extension PCIFunction {
    /// A PCI Express port of a Thunderbolt controller or of one inside the processor (kernel `drivers/thunderbolt/nhi.h`,
    /// and pci.ids).
    var isThunderboltPort: Bool { ThunderboltPort.is(id, self.class) }

    /// The host interface of Thunderbolt (class 0880 or 0c0340) or a USB controller beside it.
    var isThunderboltController: Bool { ThunderboltPort.isBeside(self.class) }
}

extension MachineDescription.Function {
    package var isThunderboltPort: Bool { ThunderboltPort.is(id, self.class) }
    package var isThunderboltController: Bool { ThunderboltPort.isBeside(self.class) }
}

private enum ThunderboltPort {
    static func `is`(_ id: PCIID, _ pciClass: PCIClass) -> Bool {
        guard pciClass.isPCIBridge else { return false }
        switch id.vendor {
        case 0x8086: return intelPorts.contains(id.device)
        case 0x1b21: return (0x2421...0x2423).contains(id.device)
        default: return false
        }
    }

    static func isBeside(_ pciClass: PCIClass) -> Bool {
        let code = pciClass.code >> 8
        return code == 0x0880 || code == 0x0c03
    }

    /// Light, Cactus, Redwood, Falcon, Alpine, Titan, Goshen, Maple and Barlow Ridge; Ice, Tiger, Alder, Raptor and Meteor
    /// Lake.
    private static let intelPorts: Set<UInt16> = [
        0x0b26, 0x1513, 0x151a, 0x151b, 0x1547, 0x1548, 0x1549, 0x1567, 0x1569, 0x156b, 0x156d, 0x1576, 0x1578, 0x157e,
        0x15c0,
        0x15d3, 0x15da, 0x15e7, 0x15ea, 0x15ef, 0x1133, 0x1136, 0x5780, 0x5784, 0x5786, 0x57a4, 0x8a1d, 0x8a1f, 0x8a21,
        0x8a23, 0x9a23, 0x9a25, 0x9a27, 0x9a29, 0x9a2b, 0x9a2d, 0x9a2f, 0x9a31, 0x461f, 0x462f, 0x463f, 0x466e, 0xa71f,
        0xa72f, 0xa73f, 0xa76e, 0x7ec4, 0x7ec5, 0x7ec6, 0x7ec7,
    ]
}
