package import Fleet
internal import Foundation

extension Timestamp {
    /// `2026-05-01T10:00:00Z`: one form for people and scripts.
    package var iso8601: String {
        Date(timeIntervalSince1970: Double(milliseconds) / 1000).formatted(.iso8601)
    }
}

/// `about 40 min` of 2365 seconds: as exact as an estimate is.
package func about(seconds: Int) -> String {
    let minutes = max(1, (seconds + 30) / 60)
    if minutes < 10 { return "about \(minutes) min" }
    if minutes < 120 { return "about \((minutes + 2) / 5 * 5) min" }
    if minutes < 48 * 60 { return "about \((minutes + 30) / 60) h" }
    return "about \((minutes + 720) / 1440) days"
}

/// `10m` of 600 seconds: in the largest unit that leaves nothing over, as a playbook writes it.
package func duration(seconds: Int) -> String {
    if seconds > 0, seconds % 3600 == 0 { return "\(seconds / 3600)h" }
    return seconds > 0 && seconds % 60 == 0 ? "\(seconds / 60)m" : "\(seconds)s"
}

extension String {
    /// Columns on a terminal, near enough for node and device names: one per character.
    package var displayWidth: Int { count }

    /// Cut to `width` columns, with `…` as the last one.
    package func shortened(to width: Int) -> String {
        displayWidth <= width ? self : width < 1 ? "" : String(prefix(width - 1)) + "…"
    }
}
