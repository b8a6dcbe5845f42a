internal import Documents
internal import Engine
internal import Fleet
internal import Synchronization
internal import Web

/// The file that tells what the controller does by itself, with what it names.
struct ServiceFile {
    var path: String

    /// The configuration, with every playbook read once. Fails with all that is wrong, as `read` and with `errors` of it.
    func load() throws -> LoadedConfiguration {
        let loaded = try read()
        guard loaded.errors.isEmpty else { throw Failures(errors: loaded.errors) }
        return loaded
    }

    /// Fails where the file itself is not valid.
    func read() throws -> LoadedConfiguration {
        let (configuration, places) = try ServiceDocument.loadWithPlaces(path)
        var loaded = LoadedConfiguration(configuration: configuration, places: places)
        let byPlaybook = Dictionary(grouping: configuration.schedules, by: \.playbook)
        for (path, schedules) in byPlaybook.sorted(by: { $0.key < $1.key }) { loaded.add(path, of: schedules) }
        return loaded
    }
}

/// A configuration with what its schedules need.
struct LoadedConfiguration {
    let configuration: ServiceConfiguration
    let places: ServiceDocument.Places
    /// The names of the schedules' playbooks, as far as these can be read.
    private(set) var playbooks: Set<String> = []
    /// What keeps it from being used.
    private(set) var errors: [FleetError] = []

    init(configuration: ServiceConfiguration, places: ServiceDocument.Places) {
        self.configuration = configuration
        self.places = places
    }

    fileprivate mutating func add(_ path: String, of schedules: [Schedule]) {
        let places = places
        func place(_ schedule: Schedule, _ key: String) -> SourceLocation {
            places[["schedules", schedule.name.description, key]]
        }
        let unusable = schedules.compactMap { FleetError.unusable("playbook", path, at: place($0, "playbook")) }
        guard unusable.isEmpty else {
            errors += unusable
            return
        }
        do throws(InvalidDocument) {
            let playbook = try PlaybookDocument.load(path)
            playbooks.insert(playbook.name)
            guard playbook.settings.complianceOnly else { return }
            errors += schedules.filter { $0.remediation != nil }
                .map { .remediesNothing($0.name, playbook.name, at: place($0, "remediate")) }
        } catch { errors += error.errors }
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
    fileprivate static func remediesNothing(
        _ schedule: ScheduleName, _ playbook: String, at place: SourceLocation
    ) -> FleetError {
        FleetError(
            "config-remediates-nothing",
            "The schedule \(schedule) is to put right what drifts, and its playbook \(playbook) only observes.",
            at: place,
            advice: "Leave “remediate” out, or name a playbook that says what to change.")
    }
}
