import Fleet

/// What hangs on PCI functions beside cards and disks: TPM, management controller, watchdog, consoles, USB devices.
extension FactsReader {
    /// Rows of `attached`: kind, name, place in sysfs, state.
    func addAttached(to collector: inout UseCollector) {
        guard let rows = told("attached", of: .serialConsole, "TPM, watchdogs and consoles", to: &collector) else {
            return
        }
        for row in rows {
            guard row.cells.count == 4, let path = row[2].value else { continue }
            let name = row.bytes(1).text
            switch row.bytes(0).text {
            case "tpm": collector.add(.tpm, name, name: name, path: path)
            case "ipmi": collector.add(.ipmi, name, name: name, path: path)
            // One that was never started guards nothing.
            case "watchdog" where row[3].value?.equals("inactive") != true:
                collector.add(.watchdog, name, name: name, path: path)
            case "serial": collector.add(.serialConsole, name, name: name, path: path)
            default: continue
            }
        }
    }

    /// Rows of `usb`: name, place in sysfs, vendor, product, words, interfaces.
    func addUSB(to collector: inout UseCollector) {
        guard let rows = told("usb", of: .keyboard, "USB devices", to: &collector) else { return }
        for row in rows {
            guard row.cells.count == 6, let path = row[1].value, let purpose = USBKind(row).purpose else { continue }
            let words = row[4].value?.trimmed.prefix(64).text ?? ""
            let id = "\(row.bytes(2).text):\(row.bytes(3).text)"
            collector.add(purpose, words.isEmpty ? id : words, name: row.bytes(0).text, path: path)
        }
    }

    /// A table's rows; none where the node has no such thing. That they could not be read is an untraced use.
    private func told(
        _ name: String, of purpose: HostUse.Purpose, _ words: String, to collector: inout UseCollector
    ) -> [Table.Row]? {
        switch known(name, whenAbsent: [], { Table($0)?.rows() }) {
        case .known(let rows): return rows
        case .unknown(let why):
            // An answer of an earlier probe has no such part.
            guard why.reason != .notCollected else { return nil }
            collector.addUntraced(purpose, "which \(words) there are could not be told: \(why.detail)")
            return nil
        }
    }
}

/// What a USB device is to the host.
struct USBKind {
    private let vendor: String
    /// Class, subclass and protocol of each interface, as six digits.
    private let interfaces: [String]

    init(_ row: Table.Row) {
        vendor = row.bytes(2).text
        interfaces = row[5].value?.words.map(\.text) ?? []
    }

    var purpose: HostUse.Purpose? {
        // A human interface device that speaks the boot protocol of keyboards (USB HID 1.11, 4.2 and 4.3).
        if interfaces.contains("030101") { return .keyboard }
        if Self.dongleVendors.contains(vendor) { return .licenceDongle }
        let isHuman = interfaces.contains { $0.hasPrefix("03") }
        return isHuman && Self.powerVendors.contains(vendor) ? .powerSupply : nil
    }

    /// Rainbow, Aladdin (SafeNet), WIBU, Feitian, Aktiv, Senselock.
    private static let dongleVendors: Set<String> = ["04b9", "0529", "064f", "096e", "0a89", "1bc0"]
    /// Eaton, APC, Phoenixtec, CyberPower, Tripp Lite.
    private static let powerVendors: Set<String> = ["0463", "051d", "06da", "0764", "09ae"]
}
