internal import Fleet
internal import Forms

extension GPUHistory {
    static func table(_ entries: [GPUHistoryEntry]) -> Table {
        var table = Table([
            .init("SEEN"), .init("NODE"), .init("ADDRESS"), .init("CARD", flexible: true),
            .init("CHANGE", flexible: true),
        ])
        for entry in entries {
            table.add([
                .init(entry.at), .init(entry.node.description), .init(entry.address.short),
                .init(entry.model.printableLine), .init(entry.words.printableLine, entry.style),
            ])
        }
        return table
    }
}
