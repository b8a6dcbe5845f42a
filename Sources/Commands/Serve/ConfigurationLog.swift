internal import Fleet
internal import Foundation
internal import Store

/// What the audit log tells of the configuration: which changes were taken over, and which were not.
struct ConfigurationLog {
    let store: Store
    let file: ServiceFile
    let console: Console
    /// What is in force until the next start.
    let fourEyes: Bool

    /// So many errors of a file are told, and so much of each.
    private static let mostErrors = 5
    private static let longestError = 400

    func began() async {
        await keep { time throws(FleetError) in
            try await store.noteFourEyes(fourEyes, by: file.wholePath, at: time, as: Context.actor)
        }
    }

    func took(_ configuration: ServiceConfiguration) async {
        var detail = ["holds": configuration.words]
        let wanted = configuration.control.needsFourEyes
        if wanted != fourEyes { detail["fourEyes"] = "\(wanted ? "on" : "off") from the next start" }
        await note("config-reload", detail)
    }

    /// `sentences`: why.
    func refused(_ sentences: [String]) async {
        let told = sentences.prefix(Self.mostErrors).map { String($0.printableLine.prefix(Self.longestError)) }
        let more = sentences.count - told.count
        await note(
            "config-refused", ["errors": (told + (more > 0 ? ["\(more) more"] : [])).joined(separator: " ")])
    }

    private func note(_ action: String, _ detail: [String: String]) async {
        await keep { time throws(FleetError) in
            try await store.note(action, subject: file.wholePath, detail: detail, at: time, by: Context.actor)
        }
    }

    /// What can't be written down does not keep the service from going on.
    private func keep(_ write: (Timestamp) async throws(FleetError) -> Void) async {
        do throws(FleetError) { try await write(Context.now) } catch {
            console.complain("warning: This is not in the audit log: \(error.description.printable)")
        }
    }
}

extension ServiceFile {
    var wholePath: String { URL(fileURLWithPath: path).standardizedFileURL.path }
}
