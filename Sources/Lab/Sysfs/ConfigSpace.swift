import Fleet

/// The first 256 bytes of a function's configuration space (PCI Local Bus Specification 3.0, 6.1).
struct ConfigSpace {
    private(set) var bytes = [UInt8](repeating: 0, count: 256)

    init(_ function: Hardware.Function, isMultiFunction: Bool) {
        let described = function.described
        set(0x00, described.id.vendor)
        set(0x02, described.id.device)
        set(0x04, 0x0007 as UInt16)
        bytes[0x08] = described.revision ?? 0
        bytes[0x09] = UInt8(described.class.code & 0xff)
        bytes[0x0a] = described.class.sub
        bytes[0x0b] = described.class.base
        bytes[0x0e] = (described.class.isPCIBridge ? 1 : 0) | (isMultiFunction ? 0x80 : 0)
        described.class.isPCIBridge ? describeBridge(function) : describeSubsystem(described.subsystem)
    }

    private mutating func describeBridge(_ function: Hardware.Function) {
        bytes[0x18] = function.address.bus
        bytes[0x19] = function.secondaryBus?.number ?? 0
        bytes[0x1a] = function.secondaryBus?.number ?? 0
    }

    private mutating func describeSubsystem(_ id: PCIID?) {
        set(0x2c, id?.vendor ?? 0)
        set(0x2e, id?.device ?? 0)
    }

    private mutating func set(_ offset: Int, _ value: UInt16) {
        bytes[offset] = UInt8(value & 0xff)
        bytes[offset + 1] = UInt8(value >> 8)
    }
}
