import Fleet
import Foundation

extension SecretText {
    /// What it stands for, read anew: files and their content change.
    ///
    /// Fails with `secret-unreadable`; the error names the file or variable, never the content.
    func read() throws(FleetError) -> String {
        switch self {
        case .plain(let text): return text
        case .environment(let name):
            guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else {
                throw FleetError(
                    "secret-unreadable", "The environment variable \(name) is not set, or empty.",
                    advice: "Set it for the process that sends alerts, or name a file instead.")
            }
            return value
        case .file(let path):
            let text = (try? String(contentsOfFile: path, encoding: .utf8))?
                .trimmingCharacters(in: .whitespacesAndNewlines)
            guard let text, !text.isEmpty else {
                throw FleetError(
                    "secret-unreadable", "The file \(path) can't be read as text, or is empty.",
                    advice: "Make it readable to the user that the controller runs as, and to nobody else.")
            }
            return text
        }
    }

    /// Whether it must not be shown.
    var isSecret: Bool { if case .plain = self { false } else { true } }
}

extension String {
    /// Without these texts, whoever wrote them into it.
    func redacting(_ secrets: [String]) -> String {
        secrets.filter { !$0.isEmpty }.reduce(self) { $0.replacingOccurrences(of: $1, with: "•••") }
    }
}
