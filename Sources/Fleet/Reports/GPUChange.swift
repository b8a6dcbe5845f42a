/// What became different about one card between two looks at its node.
public struct GPUChange: Hashable, Sendable, Codable {
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        case appeared
        case vanished
        /// The same kind of card, with the same maker's id, at another address. Cards tell no serial number.
        case moved
        case linkNarrower = "link-narrower"
        case linkWider = "link-wider"
        /// It shares its group with other devices than before.
        case group
        case driver
    }

    public var node: NodeName
    /// Where it is now; of a card that vanished, where it was.
    public var address: PCIAddress
    public var model: String
    public var change: Kind
    public var before: String?
    public var after: String?

    /// From the cards of an earlier look to those of a later one, in address order.
    public static func changes(from earlier: [GPUReport], to later: [GPUReport]) -> [GPUChange] {
        let before = Dictionary(earlier.map { ($0.address, $0) }, uniquingKeysWith: { first, _ in first })
        var gone = earlier.filter { card in !later.contains { card.isSame(as: $0) && card.address == $0.address } }
        var changes: [GPUChange] = []
        for card in later {
            if let old = before[card.address], old.isSame(as: card) {
                changes += differences(old, card)
            } else if let index = gone.firstIndex(where: { $0.isSame(as: card) }) {
                let old = gone.remove(at: index)
                changes.append(card.change(.moved, old.address.description, card.address.description))
                changes += differences(old, card)
            } else {
                changes.append(card.change(.appeared, nil, card.address.description))
            }
        }
        return (changes + gone.map { $0.change(.vanished, $0.address.description, nil) })
            .sorted { ($0.address, $0.change.rawValue) < ($1.address, $1.change.rawValue) }
    }

    private static func differences(_ old: GPUReport, _ new: GPUReport) -> [GPUChange] {
        var changes: [GPUChange] = []
        if let before = old.slotLink?.width, let after = new.slotLink?.width, before != after {
            changes.append(new.change(after < before ? .linkNarrower : .linkWider, "x\(before)", "x\(after)"))
        }
        if old.neighbours != new.neighbours { changes.append(new.change(.group, old.neighbours, new.neighbours)) }
        if old.drivers != new.drivers { changes.append(new.change(.driver, old.drivers, new.drivers)) }
        return changes
    }
}

extension GPUReport {
    fileprivate func isSame(as other: GPUReport) -> Bool { id == other.id && subsystem == other.subsystem }

    fileprivate func change(_ kind: GPUChange.Kind, _ before: String?, _ after: String?) -> GPUChange {
        GPUChange(node: node, address: address, model: model, change: kind, before: before, after: after)
    }

    /// The drivers of its functions, each once: `nouveau snd_hda_intel`.
    public var drivers: String {
        functions.map { $0.driver?.description ?? "none" }
            .reduce(into: []) { if !$0.contains($1) { $0.append($1) } }.joined(separator: " ")
    }

    /// Numbers of groups may change with every boot, so that only who is in them counts.
    fileprivate var neighbours: String {
        guard group != nil else { return "no group" }
        return companions.isEmpty ? "alone" : "with " + companions.map(\.address.short).joined(separator: " ")
    }
}
