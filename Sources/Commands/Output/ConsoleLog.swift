internal import Fleet
internal import Foundation
internal import Logging

/// What the engine logs, on standard error: above the part that is redrawn, where there is one, so that it destroys nothing.
///
/// What becomes of nodes is shown as it happens; only what is not shown so is told from the level `notice` on.
struct ConsoleLog: LogHandler {
    var logLevel = Logger.Level.notice
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let details = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        let suffix = details.isEmpty ? "" : " (\(details.map { "\($0.key): \($0.value)" }.joined(separator: ", ")))"
        let text = "\(event.level): \(event.message)\(suffix)".printableLine
        Progress.complain(text)
    }
}
