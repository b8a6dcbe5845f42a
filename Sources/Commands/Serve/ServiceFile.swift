internal import Alerting
internal import Documents
internal import Engine
internal import Fleet
internal import Synchronization

/// The file that tells what the controller does by itself, with what it names.
struct ServiceFile {
    var path: String

    /// The configuration, with every playbook read once. All that is wrong is told at once.
    func load() throws -> ServiceConfiguration {
        let configuration = try ServiceDocument.load(path)
        var errors: [FleetError] = []
        for playbook in Set(configuration.schedules.map(\.playbook)).sorted() {
            do throws(InvalidDocument) { _ = try PlaybookDocument.load(playbook) } catch { errors += error.errors }
        }
        guard errors.isEmpty else { throw Failures(errors: errors) }
        return configuration
    }

    /// Receivers whose secrets can't be read now, by this user.
    static func unreachable(in configuration: ServiceConfiguration) -> [FleetError] {
        configuration.receivers.compactMap { receiver in
            do throws(FleetError) { try ChannelSender.check(receiver) } catch {
                return FleetError(
                    error.code, "The receiver “\(receiver.name)” can't be told anything: \(error.message)",
                    advice: error.advice)
            }
            return nil
        }
    }
}

extension ServiceConfiguration {
    /// `2 schedules, 1 receiver of alerts`
    var words: String {
        func count(_ number: Int, _ one: String, _ many: String) -> String { "\(number) \(number == 1 ? one : many)" }
        let schedules = count(schedules.count, "schedule", "schedules")
        guard !receivers.isEmpty else { return schedules }
        return "\(schedules), \(count(receivers.count, "receiver", "receivers")) of alerts"
    }
}

/// The configuration that is in force, for everything that runs by it.
final class ServiceSettings: Sendable {
    private let configuration: Mutex<ServiceConfiguration>

    init(_ configuration: ServiceConfiguration) { self.configuration = Mutex(configuration) }

    var current: ServiceConfiguration {
        get { configuration.withLock { $0 } }
        set { configuration.withLock { $0 = newValue } }
    }
}
