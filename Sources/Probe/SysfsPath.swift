import Fleet

/// What a path below `/sys/devices` says about where a device sits:
/// `/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/nvme/nvme0` names two functions.
enum SysfsPath {
    /// The function the device sits on or is: the innermost one.
    static func function(of path: Bytes) -> PCIAddress? { innermost(path)?.function }

    /// The function above the function at this path: its bridge, or the controller of its PCI domain (Intel VMD).
    static func parentFunction(of path: Bytes) -> PCIAddress? {
        innermost(path).flatMap { innermost($0.above)?.function }
    }

    /// The last function on the way, and the way to it.
    private static func innermost(_ path: Bytes) -> (function: PCIAddress, above: Bytes)? {
        var above = path
        while !above.isEmpty {
            let end = above.endIndex
            let slash = above.lastIndex(of: UInt8(ascii: "/"))
            let name = above[(slash.map { $0 + 1 } ?? above.startIndex)..<end]
            above = above[..<(slash ?? above.startIndex)]
            if let function = PCIAddress(ascii: name) { return (function, above) }
        }
        return nil
    }
}
