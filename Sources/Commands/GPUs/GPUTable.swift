internal import Fleet
internal import Forms

/// The cards of the fleet as a table, in full, or as comma-separated values.
enum GPUTable {
    /// What does not fit is left out, the least telling first: `--verbose` has everything.
    static func table(_ cards: [GPUReport], for terminal: Terminal) -> Table {
        let width = terminal.width ?? .max
        let columns = Self.shown.filter { $0.from <= width }
        var table = Table(columns.map { .init($0.title, flexible: $0.isFlexible) })
        for card in cards {
            table.add(
                columns.map { column in
                    let phrase = column.phrase(card)
                    return .init(phrase.text.printableLine, phrase.style)
                })
        }
        return table
    }

    private struct Column {
        var title: String
        /// The width of a terminal from which on it is shown.
        var from = 0
        var isFlexible = false
        var phrase: @Sendable (GPUReport) -> (text: String, style: Style)
    }

    private static let shown: [Column] = [
        Column(title: "NODE", isFlexible: true) { ($0.node.description, .plain) },
        Column(title: "ADDRESS") { ($0.address.short, .plain) },
        Column(title: "MODEL", isFlexible: true) { ($0.model, .plain) },
        Column(title: "GROUP", from: 60) { $0.groupPhrase },
        Column(title: "DRIVER", from: 110, isFlexible: true) { ($0.drivers, $0.isReady ? .good : .plain) },
        Column(title: "BOUND") { $0.bindingPhrase },
        Column(title: "LINK", from: 90) { $0.linkPhrase },
        Column(title: "VM", from: 60) { $0.guestPhrase },
        Column(title: "TO A GUEST", from: 70) { $0.prospectPhrase },
    ]

    /// Each card with everything that is known of it.
    static func details(_ cards: [GPUReport], _ terminal: Terminal) -> String {
        cards.map { card in
            let title = terminal.styled("\(card.node) \(card.address)  \(card.model)".printableLine, .bold)
            let lines = GPUDetails(card).lines.map { "  " + $0.label.padded(to: 12) + $0.text.printableLine }
            return ([title] + lines).joined(separator: "\n") + "\n"
        }.joined(separator: "\n")
    }

    static func csv(_ cards: [GPUReport]) -> String {
        CSV.render(cards, columns)
    }

    private static let columns: [CSV.Column<GPUReport>] = [
        ("node", { $0.node.description }), ("address", { $0.address.description }), ("id", { $0.id.description }),
        ("subsystem", { $0.subsystem?.description ?? "" }), ("name", { ($0.name ?? "").printableLine }),
        ("functions", { $0.functions.map(\.address.description).joined(separator: " ") }),
        ("drivers", { $0.functions.map { $0.driver?.description ?? "-" }.joined(separator: " ") }),
        ("binding", { $0.binding.rawValue }), ("ready", { "\($0.isReady)" }),
        ("group", { $0.group.map(String.init) ?? "" }), ("alone", { $0.isAlone.map(String.init) ?? "" }),
        ("companions", { $0.companions.map(\.address.description).joined(separator: " ") }),
        ("boot_vga", { $0.isBootVGA.map(String.init) ?? "" }),
        ("guests", { $0.guests.map(\.description).joined(separator: " ") }),
        ("held_by", { $0.heldBy?.description ?? "" }), ("link_state", { $0.slotLink?.state.rawValue ?? "" }),
        ("link_width", { $0.slotLink?.width.map(String.init) ?? "" }),
        ("link_width_possible", { $0.slotLink?.possibleWidth.map(String.init) ?? "" }),
        ("link_speed", { $0.slotLink?.speed.map { "\($0)" } ?? "" }),
        ("link_speed_possible", { $0.slotLink?.possibleSpeed.map { "\($0)" } ?? "" }),
        ("numa_node", { $0.numaNode.map(String.init) ?? "" }),
        ("largest_bar_bytes", { $0.largestBAR.map(String.init) ?? "" }),
        ("rom_bytes", { $0.rom.map { "\($0.size)" } ?? "" }),
        ("virtual_functions", { $0.sriov.map { "\($0.total)" } ?? "" }),
        ("mediated_devices", { "\($0.hasMediatedDevices)" }),
        ("reset_methods", { ($0.resetMethods ?? []).joined(separator: " ").printableLine }),
        ("verdict", { $0.prospect?.verdict.rawValue ?? "" }),
        ("risk", { $0.prospect?.risk.map { "\($0.score)" } ?? "" }),
    ]
}
