internal import Alerting
internal import Documents
internal import Fleet
internal import Foundation
internal import Web

/// What a configuration names on this machine, looked at as the user who runs this.
struct ConfigurationCheck {
    private(set) var errors: [FleetError] = []
    /// What may be otherwise for the process that serves.
    private(set) var warnings: [FleetError] = []
    private let places: ServiceDocument.Places

    init(_ loaded: LoadedConfiguration) {
        places = loaded.places
        check(loaded.configuration.web)
        check(group: loaded.configuration.control.group)
        for receiver in loaded.configuration.receivers {
            check(receiver)
            if loaded.errors.isEmpty { check(receiver.route, loaded.playbooks) }
        }
    }

    private mutating func check(_ web: WebSettings?) {
        guard let tls = web?.tls else { return }
        let keys = ["web", "tls"]
        let areThere = [
            isUsable("certificate", tls.certificate, keys + ["certificate"]),
            isUsable("certificate's key", tls.key, keys + ["key"]),
        ]
        guard areThere.allSatisfy(\.self) else { return }
        do throws(FleetError) { _ = try WebCertificate(tls) } catch { report(error, keys) }
    }

    private mutating func check(group: String?) {
        guard let group else { return }
        do throws(FleetError) { try ControlSocket.check(group) } catch { report(error, ["control", "group"]) }
    }

    private mutating func check(_ receiver: AlertReceiver) {
        let keys = ["alerts", receiver.name]
        switch receiver.channel {
        case .command(let arguments, _):
            _ = isUsable("program", arguments.first ?? "", keys + ["command", "run"], for: .running)
        case .mail(let mail):
            _ = isUsable("program that sends mail", mail.program, keys + ["mail", "sendmail"], for: .running)
        case .post(let post): check(post, of: receiver, keys + [post.format.rawValue])
        }
    }

    private mutating func check(_ post: AlertPost, of receiver: AlertReceiver, _ keys: [String]) {
        var areThere = [isThere(post.url, keys + ["url"])]
        if let secret = post.secret {
            areThere.append(isThere(secret, keys + [post.format == .ntfy ? "token" : "secret"]))
        }
        if let file = post.authorities { areThere.append(isUsable("file of authorities", file, keys + ["ca"])) }
        guard areThere.allSatisfy(\.self) else { return }
        // Now what is in them.
        do throws(FleetError) { try ChannelSender.check(receiver) } catch {
            let words = "The receiver “\(receiver.name)” can't be told anything: \(error.message)"
            report(FleetError(error.code, words, advice: error.advice), keys)
        }
    }

    /// A receiver that waits for what never comes.
    private mutating func check(_ route: AlertRoute, _ playbooks: Set<String>) {
        for name in (route.playbooks ?? []).subtracting(playbooks).sorted() {
            let known = playbooks.sorted()
            let valid =
                known.isEmpty ? "No schedule has one." : "Those of schedules are: \(known.joined(separator: ", "))."
            let near = nearest(to: name, in: known).map { "Did you mean “\($0)”? " } ?? ""
            report(
                FleetError(
                    "config-playbook-unknown", "No schedule verifies against a playbook “\(name.printableLine)”.",
                    advice: near + valid), ["alerts", route.receiver, "playbooks"])
        }
    }

    private mutating func isThere(_ secret: SecretText, _ keys: [String]) -> Bool {
        switch secret {
        case .plain: return true
        case .file(let path): return isUsable("file of the secret", path, keys + ["file"])
        case .environment(let name):
            if ProcessInfo.processInfo.environment[name]?.isEmpty == false { return true }
            warnings.append(
                FleetError(
                    "config-variable-unset", "The environment variable \(name) is not set here, or empty.",
                    at: places[keys + ["environment"]],
                    advice: "Set it for the process that serves: Environment= or EnvironmentFile= of its unit."))
            return false
        }
    }

    /// False = it was reported.
    private mutating func isUsable(
        _ what: String, _ path: String, _ keys: [String], for use: LocalFile.Use = .reading
    ) -> Bool {
        guard let error = FleetError.unusable(what, path, for: use, at: places[keys]) else { return true }
        errors.append(error)
        return false
    }

    private mutating func report(_ error: FleetError, _ keys: [String]) {
        var error = error
        error.location = places[keys]
        errors.append(error)
    }
}

extension FleetError {
    /// Why a file that a configuration names can't be used; nil = it can.
    static func unusable(
        _ what: String, _ path: String, for use: LocalFile.Use = .reading, at place: SourceLocation
    ) -> FleetError? {
        LocalFile.trouble(with: path, for: use).map { trouble in
            FleetError(
                "config-file-unusable", "The \(what) “\(path.printableLine)” \(trouble.found).", at: place,
                advice: trouble.advice)
        }
    }
}
