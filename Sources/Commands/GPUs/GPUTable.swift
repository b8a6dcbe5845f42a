internal import Fleet

/// The cards of the fleet as a table or as comma-separated values.
enum GPUTable {
    static func table(_ cards: [GPUReport]) -> Table {
        var table = Table([
            .init("NODE", flexible: true), .init("ADDRESS"), .init("MODEL", flexible: true), .init("ID"),
            .init("FN", right: true), .init("GROUP"), .init("DRIVER", flexible: true), .init("GUESTS"),
        ])
        for card in cards {
            table.add([
                .init(card.node.description), .init(card.address.description),
                .init((card.name ?? "unnamed").printableLine), .init(card.id.description),
                .init("\(card.functions.count)"),
                group(card), drivers(card), .init(card.guests.map(\.description).joined(separator: " ")),
            ])
        }
        return table
    }

    private static func group(_ card: GPUReport) -> Table.Cell {
        guard let group = card.group else { return .init("none", .warning) }
        return card.isAlone == true ? .init("\(group)") : .init("\(group) shared", .warning)
    }

    private static func drivers(_ card: GPUReport) -> Table.Cell {
        if card.isReady { return .init("vfio-pci", .good) }
        var names: [String] = []
        for name in card.functions.map({ $0.driver?.description ?? "none" }) where !names.contains(name) {
            names.append(name)
        }
        return .init(names.joined(separator: " "))
    }

    static func csv(_ cards: [GPUReport]) -> String {
        let header = [
            "node", "address", "id", "name", "functions", "drivers", "group", "alone", "boot_vga", "guests",
            "link_speed", "link_speed_max", "link_width", "link_width_max", "numa_node", "reset_methods",
        ]
        return ([header] + cards.map(fields)).map { row in row.map(csvField).joined(separator: ",") + "\r\n" }.joined()
    }

    private static func fields(_ card: GPUReport) -> [String] {
        [
            card.node.description, card.address.description, card.id.description, (card.name ?? "").printableLine,
            card.functions.map(\.address.description).joined(separator: " "),
            card.functions.map { $0.driver?.description ?? "-" }.joined(separator: " "),
            card.group.map(String.init) ?? "", card.isAlone.map(String.init) ?? "",
            card.isBootVGA.map(String.init) ?? "", card.guests.map(\.description).joined(separator: " "),
            card.link?.currentSpeed.map { "\($0)" } ?? "", card.link?.maximumSpeed.map { "\($0)" } ?? "",
            card.link?.currentWidth.map(String.init) ?? "", card.link?.maximumWidth.map(String.init) ?? "",
            card.numaNode.map(String.init) ?? "", (card.resetMethods ?? []).joined(separator: " "),
        ]
    }

    /// RFC 4180, and a quote before what a spreadsheet would take for a formula.
    static func csvField(_ text: String) -> String {
        let guarded = text.first.map { "=+-@".contains($0) && text.count > 1 ? "'" + text : text } ?? text
        guard guarded.contains(where: { ",\"\r\n".contains($0) }) else { return guarded }
        return "\"" + guarded.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
