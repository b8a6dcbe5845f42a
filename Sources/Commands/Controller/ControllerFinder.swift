internal import Fleet
internal import Foundation
internal import Store
internal import Web

/// Where controllers listen.
enum ControllerPlaces {
    /// As the package's unit has it (RuntimeDirectory).
    static let usual = "/run/vfiofleet/control.sock"

    static func beside(_ database: String) -> String { database + ".sock" }

    /// Where one listens whose configuration does not say.
    static func own(_ database: String, _ environment: [String: String]) -> String {
        // systemd names several, separated by colons.
        let runtime = environment["RUNTIME_DIRECTORY"]?.split(separator: ":").first
        return runtime.map { "\($0)/control.sock" } ?? beside(database)
    }
}

/// Looks for the running controller that has this command's database.
struct ControllerFinder {
    let context: Context
    /// Named by `--socket`: then it has to be there.
    let socket: String?

    private enum Found {
        case controller(RemoteController)
        /// Why it can't be this one.
        case not(FleetError, isWorthTelling: Bool)
    }

    /// Nil = there is none, so this process works alone.
    func find() async throws -> RemoteController? {
        if let socket {
            switch try await look(socket) {
            case .controller(let controller): return controller
            case .not(let error, _): throw error
            }
        }
        for place in places {
            switch try await look(place) {
            case .controller(let controller): return controller
            case .not(let error, let isWorthTelling):
                if isWorthTelling || context.common.verbose { context.console.note("Working alone: \(error.message)") }
            }
        }
        return nil
    }

    private var places: [String] {
        if let named = given("VFIOFLEET_SOCKET") { return [named] }
        return [ControllerPlaces.beside(context.common.databasePath), ControllerPlaces.usual]
    }

    private func given(_ variable: String) -> String? {
        ProcessInfo.processInfo.environment[variable].flatMap { $0.isEmpty ? nil : $0 }
    }

    private func look(_ path: String) async throws -> Found {
        func not(_ code: FleetError.Code, _ reason: String, isWorthTelling: Bool = false) -> Found {
            let advice = "Start it, name another socket, or work alone with --local."
            return .not(FleetError(code, reason, advice: advice), isWorthTelling: isWorthTelling)
        }
        switch ControlSocket.state(of: path) {
        case .absent: return not("controller-not-there", "There is no socket \(path).")
        case .silent: return not("controller-not-there", "No controller listens at \(path) any more.")
        case .foreign:
            return not("controller-unintelligible", "\(path) is no socket of a controller.", isWorthTelling: true)
        case .forbidden: return not("controller-forbidden", "You may not connect to the controller at \(path).")
        case .listening: break
        }
        let client = ControllerClient(path: path)
        do {
            return try accept(RemoteController(client: client, about: try await client.get("controller", within: 10)))
        } catch let error as FleetError where Self.passing.contains(error.code) {
            return .not(error, isWorthTelling: error.code != "peer-unknown")
        }
    }

    /// Of something that was found without being named, such as a controller that is just ending.
    private static let passing: Set<FleetError.Code> = ["peer-unknown", "controller-gone", "controller-unintelligible"]

    /// Fails with `controller-other-version`: working alone beside it could change the database under it.
    private func accept(_ controller: RemoteController) throws -> Found {
        let (about, path) = (controller.about, controller.client.path)
        guard about.version == VFIOFleet.version else {
            throw FleetError(
                "controller-other-version",
                "The controller at \(path) is version \(about.version.printableLine), and this is \(VFIOFleet.version).",
                advice: "Start it anew (systemctl restart vfiofleet) after an upgrade, or work alone with --local.")
        }
        guard let other = otherDatabase(than: about.database) else { return .controller(controller) }
        let words = "the controller at \(path) has the database \(about.database.path.printableLine), not \(other)."
        return .not(
            FleetError(
                "controller-other-database", "The database is another one: \(words)",
                advice: "Name its database (--db), or leave --db and VFIOFLEET_DB out, or work alone with --local."),
            isWorthTelling: path != ControllerPlaces.usual || !isDatabaseNamed)
    }

    private var isDatabaseNamed: Bool { context.common.database != nil || given("VFIOFLEET_DB") != nil }

    /// The database of this command, where that is meant and another one. A usual one that was never made is not meant.
    private func otherDatabase(than theirs: DatabaseIdentity) -> String? {
        let path = context.common.databasePath
        let ours = DatabaseIdentity(path)
        if ours.isSame(as: theirs) { return nil }
        return isDatabaseNamed || (socket == nil && ours.inode != nil) ? path : nil
    }
}
