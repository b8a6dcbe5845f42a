import Fleet
import TestSupport

/// The maintenance windows of a simulated fleet, and the clocks they go by.
enum SimulatedClocks {
    /// Longer than any node may take, on all days.
    static func windows(_ random: inout SeededNumbers) -> [MaintenanceWindow] {
        (0..<Int.random(in: 1...2, using: &random)).compactMap { _ in
            let begin = Int.random(in: 0..<1440, using: &random)
            let end = (begin + Int.random(in: 90...600, using: &random)) % 1440
            let times = [begin / 60, begin % 60, end / 60, end % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
            return MaintenanceWindow("daily \(times[0]):\(times[1])-\(times[2]):\(times[3]) Simulated")
        }
    }

    /// A zone whose clocks are set on the first days.
    static func zone(_ random: inout SeededNumbers) -> ZoneOffsets {
        let changes = [0, 86_400, 2 * 86_400].map { day in
            ZoneOffsets.Change(
                at: Timestamp(milliseconds: Int64(day + Int.random(in: 0..<86_400, using: &random)) * 1000),
                seconds: Int.random(in: -12...12, using: &random) * 1800)
        }
        return ZoneOffsets(zone: "Simulated", changes: changes)
    }

    /// What is wrong about beginning a node at this time: at some minute from then to its last deadline, the clocks of the
    /// zone show a time outside of every window.
    static func flaws(of run: NodeRun, in rollout: Rollout, at time: Timestamp) -> [String] {
        let windows = rollout.settings.windows
        guard let zone = rollout.zones.first, !windows.isEmpty else { return [] }
        let last = time.seconds + rollout.settings.longestSeconds(reboots: run.work.reboots) - 1
        for second in Array(stride(from: time.seconds, to: last, by: 60)) + [last]
        where !windows.contains(where: { $0.shows(second + zone.offset(at: second)) }) {
            return ["\(run.node) begins at \(time.seconds), and \(second) is outside of every window"]
        }
        return []
    }
}

extension MaintenanceWindow {
    /// Whether clocks that show so many seconds since 1970 show a time inside it; for windows of all days. Apart from how
    /// the roll-out finds that out.
    fileprivate func shows(_ local: Int) -> Bool {
        let second = (local % 86_400 + 86_400) % 86_400
        return [second, second + 86_400].contains { (begin * 60..<(begin + minutes) * 60).contains($0) }
    }
}

extension ZoneOffsets {
    fileprivate func offset(at second: Int) -> Int {
        (changes.last { $0.at.seconds <= second } ?? changes.first)?.seconds ?? 0
    }
}
