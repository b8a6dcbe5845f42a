package import Fleet

extension RolloutSettings {
    /// `1 canary, then 2 at a time with 10s between; at most 1 of a cluster; the lowest risk first; stops at the first
    /// failure`
    package var phrase: String {
        let first = canaries == 0 ? "" : "\(canaries) canar\(canaries == 1 ? "y" : "ies"), then "
        let rest = maxUnavailable.map { "\($0.phrase) under way at any time" } ?? "\(batch.phrase) at a time"
        return [first + rest + pauses, limits, priority, ending].filter { !$0.isEmpty }.joined(separator: "; ")
    }

    private var pauses: String {
        let between = maxUnavailable == nil && pauseSeconds > 0 ? ["\(duration(seconds: pauseSeconds)) between"] : []
        let soak = soakSeconds ?? pauseSeconds
        let after = canaries > 0 && soak > 0 ? ["\(duration(seconds: soak)) after the canaries"] : []
        return (between + after).map { ", " + $0 }.joined()
    }

    private var limits: String {
        let labels = perLabel.sorted { $0.key < $1.key }.map { "\($0.value.phrase) with the same \($0.key)" }
        return "at most " + (["\(perCluster.phrase) of a cluster"] + labels).joined(separator: ", ")
    }

    private var priority: String { order == .risk ? "the lowest risk first" : "in the inventory's order" }

    private var ending: String {
        failureBudget == 0 ? "stops at the first failure" : "stops when more than \(failureBudget) failed"
    }
}

extension EvacuationSettings {
    /// `shutdown; 104: refuse`
    package var phrase: String {
        let fallback = otherwise == .refuse ? [] : ["otherwise: \(otherwise.rawValue)"]
        let words = [usual.rawValue] + exceptions.map { "\($0.vm): \($0.choice.rawValue)" } + fallback
        return words.joined(separator: "; ")
    }
}

extension RolloutSettings.Share {
    /// As a playbook writes it: `2`, `25%`.
    package var phrase: String {
        switch self {
        case .count(let count): "\(count)"
        case .percent(let percent): "\(percent)%"
        }
    }
}
