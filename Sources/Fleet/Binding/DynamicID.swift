/// One entry of vfio-pci's `ids=`: vendor, device, and maybe subsystem, class and class mask, as hexadecimal numbers with
/// `0x` or without. All ones stand for any (`vfio_pci_fill_ids`, `pci_match_one_device`).
struct DynamicID: Hashable, Sendable {
    private static let any = UInt32.max

    private var numbers: [UInt32]

    /// Nil = the kernel passes over it.
    init?(_ text: some StringProtocol) {
        let parts = Substring(text).split(separator: ":", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part -> UInt32? in
            let digits = part.hasPrefix("0x") || part.hasPrefix("0X") ? part.dropFirst(2) : part
            return digits.first?.isHexDigit == true ? UInt32(digits, radix: 16) : nil
        }
        guard (2...6).contains(parts.count), numbers.count == parts.count else { return nil }
        let rest: [UInt32] = [Self.any, Self.any, Self.any, Self.any, 0, 0]
        self.numbers = numbers + rest[numbers.count...]
    }

    /// Nil where it stands for several kinds of device.
    var id: PCIID? {
        guard let vendor = UInt16(exactly: numbers[0]), let device = UInt16(exactly: numbers[1]) else { return nil }
        return PCIID(vendor: vendor, device: device)
    }

    func takes(_ function: PCIFunction) -> Bool {
        let subsystem = function.subsystem ?? PCIID(vendor: 0, device: 0)
        let own = [function.id.vendor, function.id.device, subsystem.vendor, subsystem.device].map(UInt32.init)
        guard zip(numbers, own).allSatisfy({ $0 == Self.any || $0 == $1 }) else { return false }
        return (numbers[4] ^ function.class.code) & numbers[5] == 0
    }
}
