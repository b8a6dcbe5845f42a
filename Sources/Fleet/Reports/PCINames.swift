/// Names of vendors and devices out of the PCI ID database (`pci.ids`), for the ids asked for.
public struct PCINames: Sendable {
    private var vendors: [UInt16: String] = [:]
    private var devices: [PCIID: String] = [:]

    /// Reads the database's text, which need not be UTF-8. One pass; lines it does not understand are passed over.
    public init(_ database: [UInt8], of ids: Set<PCIID>) {
        let wanted = Set(ids.map(\.vendor))
        var vendor: UInt16?
        for line in database.split(separator: UInt8(ascii: "\n")) {
            if line.starts(with: "C ".utf8) { break }  // the classes follow
            let depth = line.prefix { $0 == UInt8(ascii: "\t") }.count
            guard depth == 0 || depth == 1 && vendor != nil, let (number, name) = Self.entry(line.dropFirst(depth))
            else { continue }
            if depth == 0 {
                vendor = wanted.contains(number) ? number : nil
                if vendor != nil { vendors[number] = name }
            } else if let vendor, ids.contains(PCIID(vendor: vendor, device: number)) {
                devices[PCIID(vendor: vendor, device: number)] = name
            }
        }
    }

    /// `1f02  TU106 [GeForce RTX 2070]`
    private static func entry(_ line: ArraySlice<UInt8>) -> (UInt16, String)? {
        let name = line.dropFirst(4).drop { $0 == UInt8(ascii: " ") }
        guard name.startIndex >= line.startIndex + 6,
            let number = UInt16(hex: String(decoding: line.prefix(4), as: UTF8.self))
        else { return nil }
        return (number, String(decoding: name, as: UTF8.self))
    }

    /// Vendor and device in words; nil when the database lacks the device.
    public func name(of id: PCIID) -> String? {
        guard let vendor = vendors[id.vendor], let device = devices[id] else { return nil }
        return "\(vendor) \(device)"
    }
}
