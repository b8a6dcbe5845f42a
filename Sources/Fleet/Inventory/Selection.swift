/// What a selector selects.
public struct Selection: Hashable, Sendable {
    /// In the inventory's order.
    public var nodes: [Node]
    /// Parts of the selector that fit no node at all (`selector-no-match`), with the nearest names.
    public var unmatched: [FleetError]

    public init(nodes: [Node], unmatched: [FleetError] = []) {
        self.nodes = nodes
        self.unmatched = unmatched
    }
}

extension Selector {
    /// Evaluates this selector. Nothing selected is a result, not an error: the caller decides.
    public func select(from inventory: Inventory) -> Selection {
        var evaluation = SelectorEvaluation(inventory)
        let chosen = evaluation.evaluate(expression)
        let nodes = inventory.nodes.indices.filter(chosen.contains).map { inventory.nodes[$0] }
        return Selection(nodes: nodes, unmatched: evaluation.unmatched)
    }
}

/// Set algebra over the inventory's indices.
private struct SelectorEvaluation {
    private let nodes: [Node]
    private let byName: [String: Int]
    private let byGroup: [String: Set<Int>]
    private(set) var unmatched: [FleetError] = []

    init(_ inventory: Inventory) {
        nodes = inventory.nodes
        byName = Dictionary(nodes.enumerated().map { ($1.name.description, $0) }) { first, _ in first }
        var byGroup: [String: Set<Int>] = [:]
        for (index, node) in nodes.enumerated() {
            for group in node.groups { byGroup[group, default: []].insert(index) }
        }
        self.byGroup = byGroup
    }

    mutating func evaluate(_ expression: Selector.Expression) -> Set<Int> {
        switch expression {
        case .atom(let atom): return evaluate(atom)
        case .not(let inner): return everything.subtracting(evaluate(inner))
        case .both(let parts):
            return parts.map { evaluate($0) }.reduce(everything) { $0.intersection($1) }
        case .list(let either, let within, let except):
            var result = either.isEmpty ? everything : either.reduce(into: []) { $0.formUnion(evaluate($1)) }
            for part in within { result.formIntersection(evaluate(part)) }
            for part in except { result.subtract(evaluate(part)) }
            return result
        }
    }

    private var everything: Set<Int> { Set(nodes.indices) }

    private mutating func evaluate(_ atom: Selector.Atom) -> Set<Int> {
        switch atom.kind {
        case .all: return everything
        case .names(let names): return named(names, atom)
        case .group(let glob):
            let groups = byGroup.keys.filter { globMatches(glob, $0) }
            return some(groups.reduce(into: []) { $0.formUnion(byGroup[$1] ?? []) }, atom, byGroup.keys, glob)
        case .cluster(let glob):
            let found = nodes.indices.filter { nodes[$0].cluster.map { globMatches(glob, $0) } ?? false }
            return some(Set(found), atom, nodes.compactMap(\.cluster), glob)
        case .label(let key, let glob):
            let found = nodes.indices.filter { index in
                nodes[index].labels[key].map { value in glob.map { globMatches($0, value) } ?? true } ?? false
            }
            let hasKey = nodes.contains { $0.labels[key] != nil }
            let candidates = hasKey ? nodes.compactMap { $0.labels[key] } : nodes.flatMap(\.labels.keys)
            return some(Set(found), atom, candidates, hasKey ? glob ?? "" : key)
        }
    }

    private mutating func named(_ names: [String], _ atom: Selector.Atom) -> Set<Int> {
        var result: Set<Int> = []
        var missing: [String] = []
        for name in names {
            let found = isGlob(name) ? fitting(name) : exactly(name)
            if found.isEmpty { missing.append(name) }
            result.formUnion(found)
        }
        if !missing.isEmpty {
            let known = missing.compactMap { NodeName($0) }
            let shown = known.count == missing.count ? NameSet.fold(known) : atom.text
            report("No node or group is called “\(shown)”.", atom, Array(byName.keys) + byGroup.keys, missing[0])
        }
        return result
    }

    private func exactly(_ name: String) -> Set<Int> {
        (byGroup[name] ?? []).union(byName[name].map { [$0] } ?? [])
    }

    private func fitting(_ glob: String) -> Set<Int> {
        let groups = byGroup.filter { globMatches(glob, $0.key) }.values
        let named = byName.filter { globMatches(glob, $0.key) }.values
        return groups.reduce(into: Set(named)) { $0.formUnion($1) }
    }

    private mutating func some(
        _ found: Set<Int>, _ atom: Selector.Atom, _ candidates: some Sequence<String>, _ word: String
    ) -> Set<Int> {
        if found.isEmpty { report("“\(atom.text)” fits no node.", atom, Array(candidates), word) }
        return found
    }

    private mutating func report(_ message: String, _ atom: Selector.Atom, _ candidates: [String], _ word: String) {
        let near = nearest(to: word, in: candidates)
        let few = Set(candidates).sorted(by: naturallyPrecedes).prefix(5).joined(separator: ", ")
        let known = few.isEmpty ? "There is none in the inventory." : "There are: \(few)…"
        unmatched.append(
            Selector.syntaxError(
                "selector-no-match", message, column: atom.column, advice: near.map { "Did you mean “\($0)”?" } ?? known
            ))
    }
}
