import Fleet

extension Format where Value == RolloutSettings {
    static var rollout: Format {
        let canary = Key(
            "canary", .integer(0...1000, "a number of nodes"),
            "Nodes that go first and must be proven before others follow.")
        let batch = Key(
            "batch", Format<RolloutSettings.Share>.share, "Nodes at a time, one batch after the other: 2, or 25%.")
        let window = Key(
            "max-unavailable", Format<RolloutSettings.Share>.share,
            "Instead of batches: nodes under way at any time; the next begins as soon as one is proven.")
        let pause = Key("pause", Format<Int>.duration(0...86_400), "Between two batches.")
        let soak = Key(
            "soak", Format<Int>.duration(0...604_800),
            "Between the canaries' proof and the others; as pause when left out.")
        let within = Key(
            "return-within", Format<Int>.duration(1...86_400), "From the reboot until a node must be back.")
        let confirm = Key(
            "confirm-within", Format<Int?>.confirmWithin,
            "How long a node waits in its new boot before it puts itself back, or never; as return-within when left out."
        )
        let perCluster = Key(
            "per-cluster", Format<RolloutSettings.Share>.share,
            "Nodes of one Proxmox cluster under way at the same time: 2, or 25% of those in the roll-out.")
        let perLabel = Key(
            "per-label", Format<RolloutSettings.Share>.share.perLabel,
            "The same for nodes that share a label's value, such as rack: 1.")
        let budget = Key(
            "failure-budget", .integer(0...100_000, "a number of nodes"),
            "So many nodes may fail before the roll-out stops; canaries may not.")
        let order = Key(
            "order", Format<RolloutSettings.Order>.word("which nodes go first"),
            "Lowest forecast risk first, or as in the inventory.")
        let guests = Key(
            "guests", Format<EvacuationSettings>.evacuation,
            "What becomes of running guests at a reboot: leave, shutdown, migrate or refuse, for all or by number.")
        let windows = Key(
            "windows", Format<MaintenanceWindow>.maintenanceWindow.list(orSingle: true),
            "Nodes are begun only while one of these is open: Sat 22:00-06:00 Europe/Berlin.")
        let keys: [any AnyKey] = [
            canary, batch, window, pause, soak, within, confirm, perCluster, perLabel, budget, order, guests, windows,
        ]
        let object = Self.object(Shape(name: "the roll-out", keys: keys)) { fields in
            let usual = RolloutSettings()
            let returnWithin = fields[within] ?? usual.returnWithinSeconds
            return RolloutSettings(
                canaries: fields[canary] ?? usual.canaries, batch: fields[batch] ?? usual.batch,
                maxUnavailable: fields[window], pauseSeconds: fields[pause] ?? usual.pauseSeconds,
                soakSeconds: fields[soak], returnWithinSeconds: returnWithin,
                perCluster: fields[perCluster] ?? usual.perCluster, perLabel: fields[perLabel] ?? usual.perLabel,
                failureBudget: fields[budget] ?? usual.failureBudget, order: fields[order] ?? usual.order,
                confirmWithinSeconds: fields[confirm] ?? max(returnWithin, 5),
                guests: fields[guests].flatMap { $0 == EvacuationSettings() ? nil : $0 },
                windows: fields[windows] ?? [])
        }
        return object.refusing(batch.name, beside: window.name).needingRoom(in: windows.name)
    }
}

extension Format {
    /// Two keys of which at most one may be there.
    fileprivate func refusing(_ one: String, beside other: String) -> Format {
        let both: JSON = ["required": [.string(one), .string(other)]]
        return Format(expected, schema: schema.adding("not", both)) { tree, diagnostics in
            if tree[one] != nil, tree[other] != nil {
                diagnostics.report(
                    "conflicting-keys", "\(quoted(one)) and \(quoted(other)) exclude each other: both are there.",
                    at: tree.location, advice: "Keep the one that is meant.")
            }
            return read(tree, diagnostics)
        }
    }
}

extension Format where Value == RolloutSettings.Share {
    /// One for each of some labels.
    fileprivate var perLabel: Format<[String: RolloutSettings.Share]> {
        mapping(
            "a mapping of labels to numbers or percentages of nodes", key: "a label",
            keyPattern: NameRules.labelPattern,
            isKey: NameRules.isLabel
        ).map { Dictionary($0.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first }) }
    }
}

extension Format where Value == RolloutSettings.Share {
    static var share: Format {
        .scalar(
            "a number of nodes, or a percentage such as 25%",
            schema: [
                "anyOf": [
                    ["type": "integer", "minimum": 1, "maximum": 100_000],
                    ["type": "string", "pattern": "^([1-9][0-9]?|100)%$"],
                ]
            ],
            parse: { scalar in
                if scalar.text.hasSuffix("%"), scalar.text.first != "0", let percent = UInt8(scalar.text.dropLast()) {
                    return (1...100).contains(percent) && scalar.text.first != "+" ? .percent(Int(percent)) : nil
                }
                guard scalar.isPlain, let count = Int(scalar.text) else { return nil }
                return (1...100_000).contains(count) ? .count(count) : nil
            })
    }
}

extension Format where Value == Int? {
    /// Less than a few seconds no controller could keep; a day is a node that nobody waits for.
    fileprivate static var confirmWithin: Format {
        .scalar(
            "a duration such as 10m, from 5s to 24h, or never",
            schema: [
                "anyOf": [
                    ["type": "integer", "minimum": 5, "maximum": 86_400],
                    ["type": "string", "pattern": "^([0-9]{1,5}[smh]|never)$"],
                ]
            ],
            parse: { scalar in
                if scalar.text == "never" { return .some(nil) }
                guard let seconds = Format<Int>.seconds(scalar.text, isPlain: scalar.isPlain),
                    (5...86_400).contains(seconds)
                else { return nil }
                return .some(seconds)
            })
    }
}

extension Format where Value == Int {
    /// Seconds: `10s`, `5m`, `1h`, or a number alone.
    static func duration(_ range: ClosedRange<Int>) -> Format {
        .scalar(
            "a duration such as 10s, 5m or 1h",
            schema: [
                "anyOf": [
                    ["type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound)],
                    ["type": "string", "pattern": "^[0-9]{1,5}[smh]$"],
                ]
            ],
            parse: { scalar in
                guard let seconds = seconds(scalar.text, isPlain: scalar.isPlain), range.contains(seconds) else {
                    return nil
                }
                return seconds
            })
    }

    fileprivate static func seconds(_ text: String, isPlain: Bool) -> Int? {
        let factors: [Character: Int] = ["s": 1, "m": 60, "h": 3600]
        guard let unit = text.last, let factor = factors[unit] else { return isPlain ? Int(text) : nil }
        let digits = text.dropLast()
        guard (1...5).contains(digits.utf8.count), digits.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
        return Int(digits).map { $0 * factor }
    }
}
