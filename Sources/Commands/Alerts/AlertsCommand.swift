internal import Alerting
internal import ArgumentParser
internal import Documents
internal import Engine
internal import Fleet
internal import Forms
internal import Store

struct AlertsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alerts", abstract: "Show what people were told, try a receiver, or try again.",
        discussion: """
            Examples:
              vfiofleet alerts
              vfiofleet alerts test chat --config vfiofleet.yaml
              vfiofleet alerts retry
            """,
        subcommands: [AlertsList.self, AlertsTest.self, AlertsRetry.self], defaultSubcommand: AlertsList.self)
}

struct AlertsList: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List alerts, the latest last.",
        discussion: """
            Exit status: 0 all were delivered or wait for it, 2 at least one was given up.

            Examples:
              vfiofleet alerts list --last 50
              vfiofleet alerts list --json
            """)

    @Option(help: "How many.") var last = 20
    @Flag(help: "As JSON.") var json = false
    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard last >= 1 else { throw ValidationError("--last is at least 1.") }
    }

    func execute(in context: Context) async throws -> Outcome {
        let alerts = try await context.openStore().alerts(latest: last)
        if json {
            try context.console.writeJSON(alerts.map(AlertDocument.init))
        } else {
            context.console.write(Self.table(alerts))
            if alerts.isEmpty { context.console.note("Nobody was told anything yet.") }
        }
        return alerts.contains { $0.state == .givenUp } ? .attention : .good
    }

    private static func table(_ alerts: [StoredAlert]) -> Table {
        var table = Table([
            .init("ID", right: true), .init("AT"), .init("RECEIVER"), .init("STATE"), .init("ALERT", flexible: true),
        ])
        for alert in alerts {
            let error = alert.error.map { " (\($0.message))" } ?? ""
            table.add([
                .init("\(alert.id)"), .init(alert.createdAt.iso8601), .init(alert.receiver),
                .init(alert.state.words, alert.state.style), .init((alert.alert.title + error).printableLine),
            ])
        }
        return table
    }
}

extension StoredAlert.State {
    var words: String {
        switch self {
        case .waiting(let until): "waits until \(until.iso8601)"
        case .sent: "sent"
        case .givenUp: "GIVEN UP"
        }
    }

    var style: Style {
        switch self {
        case .waiting: .warning
        case .sent: .good
        case .givenUp: .bad
        }
    }
}

struct AlertsTest: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Tell a receiver at once that this is a test.",
        discussion: """
            Secrets are read as the user who runs this. Nothing is kept of it.

            Examples:
              vfiofleet alerts test chat --config vfiofleet.yaml
              sudo -u vfiofleet vfiofleet alerts test chat --config /etc/vfiofleet/vfiofleet.yaml
            """)

    @Argument(help: "The receiver's name; all of them when left out.") var receiver: String?
    @Option(help: ArgumentHelp("The configuration's file.", valueName: "file")) var config: String
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let receivers = try chosen(ServiceDocument.load(config).receivers)
        let sender = ChannelSender()
        var errors: [FleetError] = []
        for receiver in receivers {
            do throws(FleetError) {
                try await sender.send(.test(to: receiver.name), to: receiver)
                context.console.writeLine("\(receiver.name) has taken it.")
            } catch {
                errors.append(
                    FleetError(error.code, "\(receiver.name) was not told: \(error.message)", advice: error.advice))
            }
        }
        await sender.close()
        guard errors.isEmpty else { throw Failures(errors: errors) }
        return .good
    }

    private func chosen(_ all: [AlertReceiver]) throws(FleetError) -> [AlertReceiver] {
        let names = all.map(\.name).joined(separator: ", ")
        guard !all.isEmpty else {
            throw FleetError("alert-receiver-unknown", "\(config) names no receiver of alerts.")
        }
        guard let receiver else { return all }
        let chosen = all.filter { $0.name == receiver }
        guard !chosen.isEmpty else {
            throw FleetError(
                "alert-receiver-unknown", "\(config) names no receiver “\(receiver)”.", advice: "There are: \(names).")
        }
        return chosen
    }
}

extension StoredAlert {
    fileprivate static func test(to receiver: String) -> StoredAlert {
        let uid = (0..<2).map { _ in String(UInt64.random(in: .min ... .max) | 1 << 63, radix: 16) }.joined()
        let alert = Alert(playbook: nil, at: Context.now, notice: "This is a test of the alerts.")
        return StoredAlert(
            id: 0, uid: uid, receiver: receiver, alert: alert, createdAt: Context.now, attempts: 0,
            state: .waiting(until: Context.now))
    }
}

struct AlertsRetry: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Have serve try again at once what was not delivered.",
        discussion: """
            Examples:
              vfiofleet alerts retry
              vfiofleet alerts retry 17 18
            """)

    @Argument(help: "Which, by their ids; all when left out.") var ids: [Int64] = []
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let count = try await context.openStore().retryAlerts(ids.isEmpty ? nil : ids, at: Context.now)
        context.console.writeLine("\(count) alert\(count == 1 ? "" : "s") will be tried again by vfiofleet serve.")
        return .good
    }
}
