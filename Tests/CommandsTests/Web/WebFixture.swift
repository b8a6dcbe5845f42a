import Engine
import Fleet
import Foundation
import Store
import TestSupport
import Testing
import Web

/// The built program serving a page on a port of its own, over a database of the test's.
final class WebFixture: Sendable {
    static let password = "correct horse battery"

    let folder: TemporaryFolder
    let store: Store
    let port: UInt16
    let program: Program
    private let server: RunningProgram

    var client: WebClient { WebClient(port: port) }
    var base: String { "http://127.0.0.1:\(port)" }

    /// - Parameter options: further lines of the configuration's `web:`.
    /// - Parameter fill: puts what the test needs into the database before the server starts.
    init(_ options: String = "", fill: (Store) async throws -> Void = { _ in }) async throws {
        folder = try TemporaryFolder()
        port = try Loopback.freePort(on: "127.0.0.1")
        let database = folder.path + "/fleet.db"
        program = Program.built("vfiofleet", environment: ["VFIOFLEET_DB": database])
        store = try Store.open(path: database)
        try await fill(store)
        let config = try folder.write("web:\n  listen: 127.0.0.1:\(port)\n\(options)", to: "web.yaml")
        server = try program.start(["serve", "--config", config])
        try await Loopback.waitForListener("127.0.0.1", port)
    }

    /// Adds a user as an administrator does.
    func add(_ name: String, _ role: String) async throws {
        let added = try await program.run("user", "add", name, "--role", role, input: Self.password + "\n")
        try #require(added.status == 0, "\(added.transcript)")
    }

    /// A user's token as a header.
    func token(_ user: String) async throws -> String {
        let made = try await program.run("token", "create", user, "--for", "test")
        try #require(made.status == 0, "\(made.transcript)")
        return "Authorization: Bearer " + made.output.trimmingCharacters(in: .newlines)
    }

    /// A session as a browser gets it: the cookie as a header, and the token that its forms carry.
    func logIn(_ name: String) throws -> (cookie: String, form: String) {
        let answer = try client.post("/login", "user=\(name)&password=correct+horse+battery")
        let cookie = try #require(answer.headers["set-cookie"]?.split(separator: ";").first, "\(answer)")
        let page = try client.get("/", "Cookie: \(cookie)").body
        let form = try #require(page.firstMatch(of: /name="form-token" value="([^"]+)"/)?.1)
        return ("Cookie: \(cookie)", "form-token=\(form)")
    }

    func hangUp() { server.send(SIGHUP) }

    func end() async throws -> Program.Result {
        server.send(SIGTERM)
        return try await server.result(within: .seconds(30))
    }
}

/// What a fleet's database holds after some weeks.
enum WebFleet {
    static let now = SystemTime().now()
    static let day = 86_400

    /// `count` nodes in four clusters, made of one machine's answer; each hundredth is broken since a few days, each
    /// seventieth needs a look, one can't be reached.
    static func fill(_ store: Store, _ count: Int) async throws {
        let names = (1...count).compactMap { NodeName("node\(String(repeating: "0", count: 4 - "\($0)".count))\($0)") }
        let nodes = names.enumerated().map { index, name in
            Node(
                name: name, connection: ConnectionSettings(address: "127.0.0.1", port: 1),
                labels: ["rack": "r\(index % 40)"],
                cluster: "cluster-\(index * 4 / count + 1)")
        }
        _ = try await store.importInventory(Inventory(nodes: nodes), at: ago(30), by: "test")
        let checkout = URL(filePath: #filePath).pathComponents.dropLast(4).joined(separator: "/")
        let raw = [UInt8](try Data(contentsOf: URL(filePath: "\(checkout)/Tests/Fuzzing/Answers/chipset.answer")))
        for part in stride(from: 0, to: count, by: 250) {
            let some = names[part..<min(part + 250, count)]
            _ = try await store.record(some.map { Sighting(of: $0, at: ago(0), answer: raw) })
        }
        for day in [20, 5, 2, 0] {
            let looks = names.enumerated().map { look($1, $0 + 1, day) }
            _ = try await store.record(looks, under: "gpu", at: ago(day))
        }
        if let last = names.last {
            let error = FleetError("connect-refused", "The connection was refused.", advice: "Is sshd running?")
            _ = try await store.record([Sighting(of: last, at: ago(0), failed: error)])
        }
    }

    static func ago(_ days: Int) -> Timestamp { now.adding(seconds: -days * day) }

    private static func look(_ node: NodeName, _ number: Int, _ day: Int) -> NodeRules {
        let isBroken = number % 100 == 3 && day <= 5
        let isOdd = number % 70 == 5 && day <= 2
        let evidence = [Evidence(command: "lspci -nnks 01:00.0", output: "Kernel driver in use: <b>nouveau</b>")]
        let checks = [
            CheckResult(
                .driver, device: "0000:01:00.0", isBroken ? .fail : .pass,
                isBroken ? "01:00.0 is on nouveau." : "01:00.0 is on vfio-pci.", evidence: evidence),
            CheckResult(
                .files, isOdd ? .fail : .pass, isOdd ? "/etc/modules was edited." : "The files are as asked.",
                evidence: []),
        ]
        return NodeRules(
            NodeCompliance(node: node, checks: checks), failure: nil, settings: .sha256(Array("asked".utf8)))
    }
}
