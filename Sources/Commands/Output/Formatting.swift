internal import Fleet
internal import Foundation

extension String {
    /// Filled with blanks up to `width` columns, and at least one.
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: Swift.max(1, width - displayWidth))
    }
}

extension Timestamp {
    /// `2026-05-01T10:00:00Z`: one form for people and scripts.
    var iso8601: String {
        Date(timeIntervalSince1970: Double(milliseconds) / 1000).formatted(.iso8601)
    }
}

/// `about 40 min` of 2365 seconds: as exact as an estimate is.
func about(seconds: Int) -> String {
    let minutes = max(1, (seconds + 30) / 60)
    if minutes < 10 { return "about \(minutes) min" }
    if minutes < 120 { return "about \((minutes + 2) / 5 * 5) min" }
    if minutes < 48 * 60 { return "about \((minutes + 30) / 60) h" }
    return "about \((minutes + 720) / 1440) days"
}

/// `10m` of 600 seconds: in the largest unit that leaves nothing over, as a playbook writes it.
func duration(seconds: Int) -> String {
    if seconds > 0, seconds % 3600 == 0 { return "\(seconds / 3600)h" }
    return seconds > 0 && seconds % 60 == 0 ? "\(seconds / 60)m" : "\(seconds)s"
}
