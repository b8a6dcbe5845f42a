import Fleet
import Foundation
import Store
import TestSupport
import Testing

/// Who may do what at the control socket: real users of this machine, told by the kernel.
@Suite(.serialized, .enabled(if: SimulatedFleet.obstacle == nil, "\(SimulatedFleet.obstacle ?? "")"))
struct ControllerRightsTests {
    /// Users that every Debian has, and a group that none of them is in by itself.
    private enum Local: String {
        /// By their roles in `control`.
        case viewer = "daemon"
        case `operator` = "games"
        case approver = "news"
    }

    private let fleet: SimulatedFleet
    private let store: Store
    private let playbook: String
    /// Where everybody gets to, unlike the database's folder.
    private let folder: TemporaryFolder
    private var socket: String { folder.path + "/control.sock" }

    init() async throws {
        fleet = try await SimulatedFleet.start(["n1"], of: "intel-z390-rtx2070", rebootSeconds: 0.5)
        store = try Store.open(path: fleet.database)
        folder = try TemporaryFolder()
        playbook = try folder.write(
            """
            playbook: gpu
            devices: [{name: gpu, at: "01:00"}]
            rollout: {canary: 0, batch: 1, pause: 0s, return-within: 60s}
            """, to: "gpu.yaml")
    }

    private func serve(_ more: String = "") async throws -> RunningProgram {
        let config = try fleet.folder.write(
            "control: {socket: \(socket), group: mail, users: {games: operator, news: approver}\(more)}\n",
            to: "vfiofleet.yaml")
        let serve = try fleet.start(["serve", "--config", config])
        #expect(try await serve.waits { try await fleet.run(["rollout", "list", "--socket", socket]).status == 0 })
        return serve
    }

    /// As a user does who was put into the group, or was not; without any right on the database.
    private func start(_ user: String, group: String = "mail", _ arguments: String...) throws -> RunningProgram {
        let program = Program.built("vfiofleet")
        return try Program(
            "/usr/bin/setpriv", environment: ["HOME": "/nonexistent", "VFIOFLEET_SOCKET": socket, "VFIOFLEET_DB": ""]
        ).start(["--reuid", user, "--regid", group, "--clear-groups", program.path] + arguments)
    }

    private func run(_ user: Local, _ arguments: [String]) async throws -> Program.Result {
        let program = Program.built("vfiofleet")
        return try await Program(
            "/usr/bin/setpriv", environment: ["HOME": "/nonexistent", "VFIOFLEET_SOCKET": socket, "VFIOFLEET_DB": ""]
        ).run(["--reuid", user.rawValue, "--regid", "mail", "--clear-groups", program.path] + arguments)
    }

    private func expect(_ user: Local, refused code: String, _ arguments: String...) async throws {
        let result = try await run(user, arguments)
        #expect(result.status == 1 && result.error.contains("[\(code)]"), "\(user) \(arguments): \(result.transcript)")
    }

    @Test(.timeLimit(.minutes(3))) func eachMayDoWhatTheRoleAllows() async throws {
        let serve = try await serve()
        let mode = try FileManager.default.attributesOfItem(atPath: socket)
        #expect(mode[.posixPermissions] as? Int == 0o660 && mode[.groupOwnerAccountName] as? String == "mail")

        // Without any right on the database: all of it comes through the socket.
        #expect(try await run(.viewer, ["rollout", "list"]).status == 0)
        for command in [["detect"], ["plan", playbook], ["verify", playbook], ["apply", playbook, "--yes"]] {
            let result = try await run(.viewer, command)
            #expect(result.status == 1 && result.error.contains("[forbidden]"), "\(result.transcript)")
        }
        #expect(try await run(.operator, ["detect"]).status == 0)
        #expect(try await run(.operator, ["plan", playbook]).status == 2)
        #expect(try await run(.approver, ["apply", playbook, "--yes"]).status == 0)
        #expect(try await store.rollouts().first?.createdBy == "news")
        try await expect(.viewer, refused: "forbidden", "rollout", "refuse", "1")
        try await expect(.operator, refused: "forbidden", "proposal", "reject", "1")
        #expect(try await run(.viewer, ["rollout", "show", "--json"]).status == 0)
        #expect(try await run(.viewer, ["proposal"]).status == 0)

        // The kernel tells who asks, whatever is claimed, and strangers are told nothing.
        let curl = ["-s", "--unix-socket", socket, "-H", "Vfiofleet-Actor: root", "http://localhost/api/v1/whoami"]
        func whoami(_ user: String, _ group: String) async throws -> String {
            try await Program("/usr/bin/setpriv").run(
                ["--reuid", user, "--regid", group, "--clear-groups", "/usr/bin/curl"] + curl
            ).output
        }
        #expect(try await whoami("games", "mail").contains(#""name" : "games""#))
        #expect(try await whoami("0", "0").contains(#""name" : "root""#))
        let stranger = try start("news", group: "news", "rollout", "list", "--socket", socket)
        let refused = try await stranger.result()
        #expect(refused.status == 1 && refused.error.contains("[controller-forbidden]"), "\(refused.transcript)")
        serve.send(SIGTERM)
        _ = try await serve.result()
        try await fleet.lab.down()
    }

    @Test(.timeLimit(.minutes(3))) func fourEyesHoldOnThisMachineToo() async throws {
        let serve = try await serve(", four-eyes: true")
        let own = try start("news", "apply", playbook, "--yes")
        #expect(try await own.waits { try await store.openRequests().count == 1 })
        try await expect(.approver, refused: "four-eyes", "rollout", "approve", "1")
        // Nor as root by sudo, which names the person.
        let sudo = try await Program.built("vfiofleet", environment: ["SUDO_USER": "news"]).run(
            "rollout", "approve", "1", "--socket", socket)
        #expect(sudo.status == 1 && sudo.error.contains("[four-eyes]"), "\(sudo.transcript)")
        try await expect(.operator, refused: "forbidden", "rollout", "approve", "1")
        // Who asked may take it back, and is told so where it waits.
        #expect(try await run(.approver, ["rollout", "refuse", "1"]).status == 0)
        let taken = try await own.result(within: .seconds(20))
        #expect(taken.status == 1 && taken.error.contains("[rollout-refused]"), "\(taken.transcript)")

        let asked = try start("games", "apply", playbook, "--yes")
        #expect(try await asked.waits { try await store.openRequests().first?.askedBy == "games" })
        #expect(try await run(.viewer, ["rollout", "requests"]).status == 2)
        #expect(try await run(.approver, ["rollout", "approve", "2"]).status == 0)
        let done = try await asked.result()
        #expect(done.status == 0 && done.output.contains("1 verified: n1"), "\(done.transcript)")
        #expect(try await store.rollouts().first?.createdBy == "news")
        #expect(try await fleet.boots() == ["n1": 2])
        serve.send(SIGTERM)
        _ = try await serve.result()
        try await fleet.lab.down()
    }

    /// Whatever listens there, no command takes it for a controller with its database.
    @Test(.timeLimit(.minutes(2)), arguments: Impostor.allCases) func impostorsAreNotBelieved(_ impostor: Impostor)
        async throws
    {
        let listener = try Program("/usr/bin/python3").start(["-c", Impostor.script, socket, impostor.answer])
        #expect(try await listener.waits { FileManager.default.fileExists(atPath: socket) })
        let program = Program.built("vfiofleet", environment: ["VFIOFLEET_DB": fleet.database])
        let strict = try await program.run("rollout", "list", "--socket", socket, timeout: .seconds(30))
        #expect(strict.status == 1 && strict.error.contains("[\(impostor.code)]"), "\(strict.transcript)")
        let found = try await Program.built(
            "vfiofleet", environment: ["VFIOFLEET_DB": fleet.database, "VFIOFLEET_SOCKET": socket]
        ).run("rollout", "list", timeout: .seconds(30))
        #expect(!found.error.contains("\u{1B}"), "it can't steer the terminal")
        #expect(found.status == (impostor == .otherVersion ? 1 : 0), "\(found.transcript)")
        if impostor != .otherVersion { #expect(found.error.contains("Working alone"), "\(found.transcript)") }
        #expect(try await program.run("rollout", "list", "--local").status == 0)
        listener.send(SIGKILL)
        try await fleet.lab.down()
    }

    enum Impostor: CaseIterable, Sendable {
        case otherVersion, otherDatabase, noJSON, noHTTP

        var code: String {
            switch self {
            case .otherVersion: "controller-other-version"
            case .otherDatabase: "controller-other-database"
            case .noJSON: "controller-unintelligible"
            case .noHTTP: "controller-gone"
            }
        }

        var answer: String {
            func http(_ body: String) -> String {
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
            }
            func hello(_ version: String) -> String {
                #"{"version":"\#(version)","name":"root","role":"approver","fourEyes":false,"database":{"path":"/else\u001b[2J","device":"1","inode":"1"}}"#
            }
            return switch self {
            case .otherVersion: http(hello(#"9.9\u001b[2J"#))
            case .otherDatabase: http(hello("0.1.0"))
            case .noJSON: http("<html>")
            case .noHTTP: "SSH-2.0-OpenSSH\r\n"
            }
        }

        static let script = """
            import socket, sys
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(sys.argv[1])
            listener.listen(16)
            while True:
                peer, _ = listener.accept()
                try:
                    peer.recv(65536)
                    peer.sendall(sys.argv[2].encode())
                except OSError:
                    pass
                peer.close()
            """
    }
}
