public import Fleet
import Foundation

/// The controller's configuration as YAML.
public enum ServiceDocument {
    /// - Parameter file: playbooks are found beside it.
    /// - Throws: everything that is wrong, with codes `config-…`.
    public static func parse(_ text: String, file: String) throws(InvalidDocument) -> ServiceConfiguration {
        try parseWithPlaces(text, file: file).0
    }

    static func parseWithPlaces(_ text: String, file: String) throws(InvalidDocument) -> (ServiceConfiguration, Places)
    {
        let diagnostics = Diagnostics(file: file, kind: "config")
        let tree = YAMLTree.read(text, diagnostics)
        let configuration = tree.flatMap { read($0, diagnostics) }
        try diagnostics.throwErrors()
        guard let tree, let configuration else {
            throw InvalidDocument([
                FleetError("config-empty", "The document is empty.", at: SourceLocation(file: file))
            ])
        }
        return (configuration, Places(root: tree))
    }

    /// Reads one file.
    public static func load(_ path: String) throws(InvalidDocument) -> ServiceConfiguration {
        try parse(try DocumentFile.text(path, kind: "config"), file: path)
    }

    static func read(_ tree: Tree, _ diagnostics: Diagnostics) -> ServiceConfiguration? {
        guard let fields = ServiceKeys.document.open(tree, diagnostics) else { return nil }
        let directory = URL(fileURLWithPath: diagnostics.file).deletingLastPathComponent()
        func path(_ written: String) -> String {
            URL(fileURLWithPath: written, relativeTo: directory).standardizedFileURL.path
        }
        let schedules = (fields[ServiceKeys.schedules] ?? []).compactMap { entry in
            ScheduleName(entry.name).map { name in
                var schedule = entry.value
                schedule.name = name
                schedule.playbook = path(schedule.playbook)
                return schedule
            }
        }
        let receivers = (fields[ServiceKeys.alerts] ?? []).map { entry in
            var receiver = entry.value
            receiver.route.receiver = entry.name
            receiver.channel.resolveFiles(path)
            return receiver
        }
        return ServiceConfiguration(
            schedules: schedules.sorted { $0.name < $1.name }, receivers: receivers.sorted { $0.name < $1.name },
            retention: fields[ServiceKeys.retention] ?? Retention(), web: fields[ServiceKeys.web]?.beside(directory),
            control: fields[ServiceKeys.control] ?? ControlSettings(),
            connections: fields[ServiceKeys.connections] ?? KeptConnectionLimits())
    }
}

/// The keys of the configuration.
enum ServiceKeys {
    static let schedules = Key(
        "schedules",
        Format<Schedule>.schedule.mapping(
            "schedules by name", key: "a schedule's name (letters, digits, “-”, “_” and “.”)",
            keyPattern: "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$", isKey: { ScheduleName($0) != nil }),
        "What is verified by itself, and when.")
    static let alerts = Key(
        "alerts",
        Format<AlertReceiver>.alertReceiver.mapping(
            "receivers by name", key: "a receiver's name (letters, digits, “-”, “_” and “.”)",
            keyPattern: "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$", isKey: { ScheduleName($0) != nil }),
        "Who is told when a rule holds no longer, or again.")
    static let retention = Key("retention", Format<Retention>.retention, "How much of what is over is kept.")
    static let web = Key("web", Format<WebSettings>.web, "The web page and the API; none when left out.")
    static let control = Key(
        "control", Format<ControlSettings>.control, "The socket through which commands talk to the running controller.")
    static let connections = Key(
        "connections", Format<KeptConnectionLimits>.keptConnections,
        "How many connections to nodes stay open between looks.")
    static let document = Shape(
        name: "the configuration", keys: [schedules, alerts, retention, web, control, connections])
}

extension Format where Value == Schedule {
    /// Its name is the key it stands under.
    static var schedule: Format {
        let when = Key(
            "when", Format<CronExpression>.cron,
            "Minute, hour, day of the month, month, day of the week, as crontab(5) has them; or @hourly, @daily, @weekly.",
            isRequired: true)
        let zone = Key("time-zone", Format<String>.timeZone, "Whose clocks; UTC when left out.")
        let jitter = Key(
            "jitter", Format<Int>.duration(0...86_400),
            "Each run begins up to so much late, so that not all begin at once.")
        let playbook = Key(
            "playbook", .text("a file's path"), "The playbook to verify against; relative to this file.",
            isRequired: true)
        let nodes = Key("nodes", .selector, "Only these of the playbook's nodes, as a selector.")
        let remediate = Key(
            "remediate", Format<Remediation>.remediation,
            "What is done where a node was changed: never, propose or apply, for all rules or for each.")
        let shape = Shape(name: "a schedule", keys: [when, zone, jitter, playbook, nodes, remediate])
        return .object(shape) { fields in
            guard let cron = fields[when], let file = fields[playbook], let unnamed = ScheduleName("unnamed") else {
                return nil
            }
            return Schedule(
                name: unnamed, cron: cron, zone: fields[zone] ?? MaintenanceWindow.utc,
                jitterSeconds: fields[jitter] ?? 0, playbook: file, selector: fields[nodes],
                remediation: fields[remediate])
        }
    }
}

extension Format where Value == CronExpression {
    static var cron: Format {
        // What is in each field the reader tells.
        let words = "@(hourly|daily|midnight|weekly|monthly|yearly|annually)"
        let schema: JSON = [
            "type": "string", "pattern": .string("^[ \\t]*(\(words)|[^ \\t]+([ \\t]+[^ \\t]+){4})[ \\t]*$"),
        ]
        return Format("a crontab(5) expression", schema: schema) { tree, diagnostics in
            guard let scalar = tree.scalar, !scalar.isNull else {
                diagnostics.wrongType(tree, expected: "a crontab(5) expression such as 30 4 * * mon-fri, or @daily")
                return nil
            }
            do throws(FleetError) { return try CronExpression(parsing: scalar.text) } catch {
                diagnostics.report("invalid-cron", error.message, at: tree.location, advice: error.advice)
                return nil
            }
        }
    }
}

extension Format where Value == String {
    /// Whether a zone is known only the reader can tell.
    static var timeZone: Format {
        let schema: JSON = ["type": "string", "pattern": "^[A-Za-z][A-Za-z0-9/_+-]{0,63}$"]
        return Format("a time zone such as Europe/Berlin", schema: schema) { tree, diagnostics in
            guard let text = tree.scalar?.text, !tree.isNull else {
                diagnostics.wrongType(tree, expected: "a time zone such as Europe/Berlin")
                return nil
            }
            diagnostics.checkZone(text, at: tree.location)
            return text
        }
    }
}

extension Diagnostics {
    func checkZone(_ name: String, at location: SourceLocation) {
        guard TimeZone(identifier: name) == nil else { return }
        let near = nearest(to: name, in: TimeZone.knownTimeZoneIdentifiers)
        report(
            "unknown-time-zone", "There is no time zone \(quoted(name)).", at: location,
            advice: near.map { "Did you mean \(quoted($0))?" }
                ?? "Name one as the IANA database does, such as Europe/Berlin; UTC when left out.")
    }
}
