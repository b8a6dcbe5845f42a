extension GPUReport {
    /// The node's own PCI ID database did not know the device: `lspci` then says “Device 2b85”.
    public var isUnnamed: Bool { name.map { $0.hasSuffix("Device \(hex(id.device, digits: 4))") } ?? true }

    /// What a person calls the card: `NVIDIA GeForce RTX 2070`.
    public var model: String {
        guard let name, !isUnnamed else { return PCIMaker(id.vendor).map { "\($0.short) \(id)" } ?? "\(id)" }
        guard let maker = PCIMaker(id.vendor) else { return name }
        let chip = maker.shortening(name).dropFirst(maker.short.count + 1)
        let label = chip.hasSuffix("]") ? chip.lastIndex(of: "[").map { chip[$0...].dropFirst().dropLast() } : nil
        let words = label ?? chip
        return words.hasPrefix(maker.short) || words.isEmpty ? String(words) : "\(maker.short) \(words)"
    }

    /// The largest memory BAR: with resizable BARs, all of the card's memory.
    public var largestBAR: UInt64? { barSizes.values.max() }
}

extension PCIFunction {
    /// Vendor and device in words, with the usual short name of a well-known vendor; its ids where it has no name.
    public var shortName: String {
        guard let name else { return "\(id)" }
        return PCIMaker(id.vendor)?.shortening(name) ?? name
    }
}

/// Makers whose names in the PCI ID database are longer than what people call them.
struct PCIMaker {
    let short: String
    private let long: [String]

    init?(_ vendor: UInt16) {
        switch vendor {
        case 0x10de: (short, long) = ("NVIDIA", ["NVIDIA Corporation"])
        case 0x1002, 0x1022:
            let amd = "Advanced Micro Devices, Inc."
            (short, long) = ("AMD", ["\(amd) [AMD/ATI]", "\(amd) [AMD]", amd])
        case 0x8086: (short, long) = ("Intel", ["Intel Corporation"])
        case 0x1a03: (short, long) = ("ASPEED", ["ASPEED Technology, Inc."])
        case 0x102b: (short, long) = ("Matrox", ["Matrox Electronics Systems Ltd."])
        case 0x14e4: (short, long) = ("Broadcom", ["Broadcom Inc. and subsidiaries"])
        case 0x10ec: (short, long) = ("Realtek", ["Realtek Semiconductor Co., Ltd."])
        case 0x144d: (short, long) = ("Samsung", ["Samsung Electronics Co Ltd"])
        default: return nil
        }
    }

    /// `name` with the maker's short name before it, in place of the long one.
    func shortening(_ name: String) -> String {
        for long in long where name.hasPrefix(long + " ") { return short + name.dropFirst(long.count) }
        return name.hasPrefix(short + " ") ? name : "\(short) \(name)"
    }
}

/// `16 GiB`, `256 MiB`, `512 KiB`: sizes of windows are powers of two.
public func sizeInWords(_ bytes: UInt64) -> String {
    for (shift, unit) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] where bytes >= 1 << UInt64(shift) {
        return "\(bytes >> UInt64(shift)) \(unit)"
    }
    return "\(bytes) bytes"
}
