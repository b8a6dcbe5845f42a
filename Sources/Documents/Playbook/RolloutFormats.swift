import Fleet

extension Format where Value == RolloutSettings {
    static var rollout: Format {
        let canary = Key(
            "canary", .integer(0...1000, "a number of nodes"),
            "Nodes that go first and must be proven before others follow.")
        let batch = Key("batch", Format<RolloutSettings.Batch>.batch, "Nodes at a time: 2, or 25%.")
        let pause = Key("pause", Format<Int>.duration(0...86_400), "Between two batches.")
        let within = Key(
            "return-within", Format<Int>.duration(1...86_400), "From the reboot until a node must be back.")
        return .object(Shape(name: "the roll-out", keys: [canary, batch, pause, within])) { fields in
            let usual = RolloutSettings()
            return RolloutSettings(
                canaries: fields[canary] ?? usual.canaries, batch: fields[batch] ?? usual.batch,
                pauseSeconds: fields[pause] ?? usual.pauseSeconds,
                returnWithinSeconds: fields[within] ?? usual.returnWithinSeconds)
        }
    }
}

extension Format where Value == RolloutSettings.Batch {
    static var batch: Format {
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

    private static func seconds(_ text: String, isPlain: Bool) -> Int? {
        let factors: [Character: Int] = ["s": 1, "m": 60, "h": 3600]
        guard let unit = text.last, let factor = factors[unit] else { return isPlain ? Int(text) : nil }
        let digits = text.dropLast()
        guard (1...5).contains(digits.utf8.count), digits.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
        return Int(digits).map { $0 * factor }
    }
}
