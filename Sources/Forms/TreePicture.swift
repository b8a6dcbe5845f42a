package import Fleet

/// A host's PCI tree with its IOMMU groups, as SVG: a line for each function, below the bridge it sits behind; at the right
/// its group, and a bar that joins the members of a group.
package struct TreePicture {
    private let rows: [TreePictureRow]
    private let lanes: GroupLanes
    private let cards: Set<PCISlot>
    private let groupStyles: [Int: String]
    private let uses: [PCIAddress: String]
    private let guests: [PCISlot: String]

    package init(_ functions: [PCIFunction], cards: [GPUReport], uses: [HostUse]) {
        self.cards = Set(cards.map(\.address.slot))
        let interesting = Self.interesting(functions, cards, uses)
        rows = TreePictureRow.rows(of: functions, showing: interesting)
        lanes = GroupLanes(rows.map { $0.function?.group })
        groupStyles = Self.styles(of: cards)
        self.uses = Dictionary(grouping: uses, by: \.function).mapValues { uses in
            Set(uses.map(\.purpose.rawValue)).sorted().joined(separator: ", ")
        }
        guests = Dictionary(
            cards.map { ($0.address.slot, $0.guestPhrase.text) }, uniquingKeysWith: { first, _ in first })
    }

    /// So many functions are all shown; of larger hosts, those that have to do with the cards or that the host needs.
    private static let allShown = 48

    private static func interesting(
        _ functions: [PCIFunction], _ cards: [GPUReport], _ uses: [HostUse]
    ) -> Set<PCIAddress> {
        guard functions.count > allShown else { return Set(functions.map(\.address)) }
        let groups = Set(cards.flatMap { $0.functions.compactMap(\.group) })
        let slots = Set(cards.map(\.address.slot))
        let parents = Dictionary(functions.map { ($0.address, $0.parent) }, uniquingKeysWith: { first, _ in first })
        var shown = Set(uses.map(\.function))
        for function in functions
        where slots.contains(function.address.slot) || function.group.map(groups.contains) == true {
            shown.insert(function.address)
        }
        for address in shown {
            var next = parents[address] ?? nil
            while let bridge = next, shown.insert(bridge).inserted { next = parents[bridge] ?? nil }
        }
        return shown
    }

    /// A group that holds nothing but a card is good, one that holds more is bad; all others are plain.
    private static func styles(of cards: [GPUReport]) -> [Int: String] {
        var styles: [Int: String] = [:]
        for card in cards {
            for group in Set(card.functions.compactMap(\.group)) {
                styles[group] = card.companions.isEmpty && styles[group] != "bad" ? "good" : "bad"
            }
        }
        return styles
    }
}

extension TreePicture {
    private static let height = 22
    private static let tree = 10
    private static let laneWidth = 10
    private static let (nameWidth, driverWidth) = (40, 16)

    /// Where a column ends whose texts begin at `start`.
    private static func end(_ start: Int, _ texts: [String]) -> Int {
        // The letters of a monospaced font are 0.6 of its size wide, which is 12.
        start + Int(7.3 * Double(texts.map(\.count).max() ?? 0)) + 14
    }

    private var functions: [PCIFunction] { rows.compactMap(\.function) }
    private var kind: Int {
        rows.map { Self.end(x($0.depth) + 4, [$0.function?.address.short ?? ""]) }.max() ?? Self.tree
    }
    private var name: Int { Self.end(kind, functions.map(\.class.kind)) }
    private var driver: Int { Self.end(name, functions.map { $0.shortName.shortened(to: Self.nameWidth) }) }
    private var groupStart: Int { Self.end(driver, functions.map { driverWords($0).shortened(to: Self.driverWidth) }) }
    private var groupEnd: Int { groupStart + 40 }
    private var notes: Int { groupEnd + lanes.count * Self.laneWidth + 14 }
    private var width: Int { Self.end(notes, functions.compactMap { note($0)?.words }) }

    package var svg: Markup {
        let size = (width, rows.count * Self.height + 8)
        return """
            <svg width="\(size.0)" height="\(size.1)" viewBox="0 0 \(size.0) \(size.1)" role="img">
            <title>PCI tree and IOMMU groups</title>
            \(rows.indices.map(backdrop))\(rows.indices.map(branch))\(lanes.bars.map(bar))\(rows.indices.map(line))</svg>
            """
    }

    private func y(_ row: Int) -> Int { 4 + row * Self.height + Self.height / 2 }
    private func x(_ depth: Int) -> Int { Self.tree + depth * 16 }

    private func backdrop(_ row: Int) -> Markup {
        guard let function = rows[row].function, cards.contains(function.address.slot) else { return "" }
        let top = y(row) - Self.height / 2
        return "<rect class=\"card\" x=\"2\" y=\"\(top)\" width=\"\(width - 4)\" height=\"\(Self.height)\" rx=\"4\"/>\n"
    }

    private func branch(_ row: Int) -> Markup {
        guard let parent = rows[row].parent else { return "" }
        let (left, right) = (x(rows[row].depth - 1) + 5, x(rows[row].depth))
        return "<path class=\"branch\" d=\"M\(left) \(y(parent) + 8)V\(y(row))H\(right)\"/>\n"
    }

    private func line(_ row: Int) -> Markup {
        let baseline = y(row) + 4
        guard let function = rows[row].function else {
            return text(x(rows[row].depth) + 4, baseline, "+ \(rows[row].folded) more", "quiet")
        }
        let driverStyle = function.driver == "vfio-pci" ? "good" : function.driver == nil ? "quiet" : ""
        return """
            \(text(x(rows[row].depth) + 4, baseline, function.address.short))\
            \(text(kind, baseline, function.class.kind, "quiet"))\
            \(text(name, baseline, function.shortName.shortened(to: Self.nameWidth)))\
            \(text(driver, baseline, driverWords(function).shortened(to: Self.driverWidth), driverStyle))\(pill(function, row))\
            \(note(function, baseline))
            """
    }

    private func text(_ x: Int, _ y: Int, _ text: String, _ style: String = "") -> Markup {
        text.isEmpty ? "" : "<text x=\"\(x)\" y=\"\(y)\" class=\"\(style)\">\(text)</text>\n"
    }

    private func pill(_ function: PCIFunction, _ row: Int) -> Markup {
        guard let group = function.group else { return "" }
        // A bridge stays with the host, whatever its group.
        let style = function.hasSecondaryBus ? "" : groupStyles[group] ?? ""
        return """
            <rect class="pill \(style)" x="\(groupStart)" y="\(y(row) - 8)" width="34" height="16" rx="8"/>\
            <text x="\(groupStart + 17)" y="\(y(row) + 4)" text-anchor="middle">\(group)</text>

            """
    }

    private func note(_ function: PCIFunction, _ baseline: Int) -> Markup {
        note(function).map { text(notes, baseline, $0.words, $0.style) } ?? ""
    }

    /// Who needs it.
    private func note(_ function: PCIFunction) -> (words: String, style: String)? {
        if let use = uses[function.address] { return ("host: \(use)", "warning") }
        guard cards.contains(function.address.slot), function.address.function == 0,
            let guest = guests[function.address.slot], !guest.isEmpty
        else { return nil }
        return ("VM \(guest)", "good")
    }

    private func driverWords(_ function: PCIFunction) -> String {
        function.driver.map { "\($0)" } ?? (function.hasSecondaryBus ? "" : "no driver")
    }

    private func bar(_ bar: GroupLanes.Bar) -> Markup {
        let x = groupEnd + bar.lane * Self.laneWidth
        let ticks: [Markup] = bar.rows.map { "M\(groupStart + 34) \(y($0))H\(x)" }
        let ends = (bar.rows.first ?? 0, bar.rows.last ?? 0)
        return "<path class=\"bar \(groupStyles[bar.group] ?? "")\" d=\"M\(x) \(y(ends.0))V\(y(ends.1))\(ticks)\"/>\n"
    }
}

extension TreePicture {
    /// The same in words, an item for each function: for screens that the picture is too wide for.
    package var list: [Markup] {
        rows.map { row in
            guard let function = row.function else { return "<li class=\"dim\">and \(row.folded) more</li>\n" }
            let group: Markup =
                function.group.map { group in
                    let style = function.hasSecondaryBus ? "" : groupStyles[group] ?? ""
                    return "<span class=\"\(style)\">group \(group)\(style == "bad" ? ", with others" : "")</span>"
                } ?? "no group"
            let note: Markup = note(function).map { " · <span class=\"\($0.style)\">\($0.words)</span>" } ?? ""
            let driver = driverWords(function).isEmpty ? "" : "\(driverWords(function)) · "
            let isCard = cards.contains(function.address.slot)
            return """
                <li class="\(isCard ? "card" : "")"><span class="mono">\(function.address.short)</span> \(function.class.kind) \
                <span class="dim">\(function.shortName)</span><br>\(driver)\(group)\(note)</li>

                """
        }
    }
}

/// One line of the picture: a function, or how many were left out.
package struct TreePictureRow {
    /// Nil = a line for those left out.
    package var function: PCIFunction?
    package var folded = 0
    package var depth: Int
    /// The row of the bridge above it.
    package var parent: Int?

    /// In the order of the tree; what is not to be shown is counted below its bridge.
    package static func rows(of functions: [PCIFunction], showing shown: Set<PCIAddress>) -> [TreePictureRow] {
        var rows: [TreePictureRow] = []
        func add(_ trees: [PCITree], depth: Int, parent: Int?) {
            let visible = trees.filter { shown.contains($0.function.address) }
            for tree in visible {
                rows.append(TreePictureRow(function: tree.function, depth: depth, parent: parent))
                add(tree.children, depth: depth + 1, parent: rows.count - 1)
            }
            let hidden = trees.filter { !shown.contains($0.function.address) }.reduce(0) { $0 + $1.size }
            if hidden > 0 { rows.append(TreePictureRow(folded: hidden, depth: depth, parent: parent)) }
        }
        add(PCITree.forest(of: functions), depth: 0, parent: nil)
        return rows
    }
}

extension PCITree {
    /// Functions in it.
    fileprivate var size: Int { children.reduce(1) { $0 + $1.size } }
}

/// Where the bars run that join the members of a group: beside each other where they overlap.
package struct GroupLanes {
    package struct Bar {
        var group: Int
        /// At least two, in order.
        var rows: [Int]
        /// Counts from 0, left to right.
        var lane: Int
    }

    private(set) var bars: [Bar] = []
    /// How many there are side by side.
    private(set) var count = 0

    /// `groups`: of each row.
    package init(_ groups: [Int?]) {
        let members = Dictionary(grouping: groups.indices.filter { groups[$0] != nil }, by: { groups[$0] ?? 0 })
        var ends: [Int] = []
        for (group, rows) in members.sorted(by: { ($0.value[0], $0.key) < ($1.value[0], $1.key) }) where rows.count > 1
        {
            let lane = ends.firstIndex { $0 < rows[0] } ?? ends.count
            if lane == ends.count { ends.append(0) }
            ends[lane] = rows[rows.count - 1]
            bars.append(Bar(group: group, rows: rows, lane: lane))
        }
        count = ends.count
    }
}
