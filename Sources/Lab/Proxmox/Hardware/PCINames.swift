/// Names from the PCI ID database for the identifiers asked for.
struct PCINames {
    private var vendors: [String: String] = [:]
    private var devices: [String: String] = [:]
    private var subsystems: [String: String] = [:]

    static let paths = ["/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids"]

    /// Reads the first database there is; without one nothing has a name.
    init(files: NodeFiles) {
        guard let bytes = Self.paths.lazy.compactMap({ files.bytes($0) }).first else { return }
        var vendor = ""
        var device = ""
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let depth = line.prefix { $0 == UInt8(ascii: "\t") }.count
            let words = line.dropFirst(depth)
            guard let id = Self.id(words.prefix(4)) else { continue }
            switch depth {
            case 0:
                vendor = id
                vendors[vendor] = Self.name(words.dropFirst(4))
            case 1:
                device = vendor + id
                devices[device] = Self.name(words.dropFirst(4))
            default:
                guard let second = Self.id(words.dropFirst(5).prefix(4)) else { continue }
                subsystems[device + id + second] = Self.name(words.dropFirst(9))
            }
        }
    }

    private static func id(_ bytes: ArraySlice<UInt8>) -> String? {
        let text = latin1(bytes)
        return text.utf8.count == 4 && UInt16(text, radix: 16) != nil ? text.lowercased() : nil
    }

    private static func name(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes.drop(while: isSpace), as: UTF8.self)
    }

    func vendor(_ id: String?) -> String? { id.flatMap { vendors[plain($0)] } }

    func device(_ function: PCIFunctionRecord) -> String? {
        devices[plain(function.vendor) + plain(function.device)]
    }

    func subsystem(_ function: PCIFunctionRecord) -> String? {
        guard let vendor = function.subsystemVendor, let device = function.subsystemDevice else { return nil }
        return subsystems[plain(function.vendor) + plain(function.device) + plain(vendor) + plain(device)]
    }

    private func plain(_ id: String) -> String { id.hasPrefix("0x") ? String(id.dropFirst(2)) : id }
}
