internal import Alerting
internal import Documents
internal import Engine
internal import Fleet
internal import Synchronization
internal import Web

/// The file that tells what the controller does by itself, with what it names.
struct ServiceFile {
    var path: String

    /// The configuration, with every playbook read once. All that is wrong is told at once.
    func load() throws -> ServiceConfiguration {
        let configuration = try ServiceDocument.load(path)
        var errors: [FleetError] = []
        for (path, schedules) in Dictionary(grouping: configuration.schedules, by: \.playbook).sorted(by: {
            $0.key < $1.key
        }) {
            do throws(InvalidDocument) {
                let playbook = try PlaybookDocument.load(path)
                guard playbook.settings.complianceOnly else { continue }
                errors += schedules.filter { $0.remediation != nil }.map { .remediesNothing($0.name, playbook.name) }
            } catch { errors += error.errors }
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
    /// `2 schedules, 1 receiver of alerts, the web page on 127.0.0.1:8080`
    var words: String {
        func count(_ number: Int, _ one: String, _ many: String) -> String { "\(number) \(number == 1 ? one : many)" }
        let schedules = count(schedules.count, "schedule", "schedules")
        let alerts = receivers.isEmpty ? nil : count(receivers.count, "receiver", "receivers") + " of alerts"
        return [schedules, alerts, web.map { "the web page on \($0.address)" }].compactMap(\.self).joined(
            separator: ", ")
    }
}

/// The configuration that is in force, for everything that runs by it.
final class ServiceSettings: Sendable {
    private let configuration: Mutex<ServiceConfiguration>
    private let listening = Mutex<WebCertificate?>(nil)

    init(_ configuration: ServiceConfiguration) { self.configuration = Mutex(configuration) }

    /// What the page listens with; nil = it speaks no TLS.
    var certificate: WebCertificate? {
        get { listening.withLock { $0 } }
        set { listening.withLock { $0 = newValue } }
    }

    var current: ServiceConfiguration {
        get { configuration.withLock { $0 } }
        set { configuration.withLock { $0 = newValue } }
    }
}

extension FleetError {
    fileprivate static func remediesNothing(_ schedule: ScheduleName, _ playbook: String) -> FleetError {
        FleetError(
            "config-remediates-nothing",
            "The schedule \(schedule) is to put right what drifts, and its playbook \(playbook) only observes.",
            advice: "Leave “remediate” out, or name a playbook that says what to change.")
    }
}
