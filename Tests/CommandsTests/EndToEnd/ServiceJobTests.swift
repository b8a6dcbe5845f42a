import Documents
import Fleet
import Foundation
import Store
import TestSupport
import Testing

/// `serve` beside real nodes and real receivers.
@Suite(.serialized, .enabled(if: SimulatedFleet.obstacle == nil, "\(SimulatedFleet.obstacle ?? "")"))
struct ServiceJobTests {
    private static let playbook = """
        playbook: gpu
        devices: [{name: gpu, at: "01:00"}]
        rollout: {canary: 0, batch: 1, pause: 0s, return-within: 60s}
        """

    /// A fleet with a schedule that is due.
    struct Service {
        let fleet: SimulatedFleet
        let store: Store
        let config: String
        private let more: String

        init(
            _ more: String, nodes: [String] = ["n1"], schedule: String = "", database: String? = nil
        ) async throws {
            fleet = try await SimulatedFleet.start(
                nodes, of: "intel-z390-rtx2070", rebootSeconds: 0.5, database: database)
            self.more = more
            _ = try fleet.folder.write(ServiceJobTests.playbook, to: "gpu.yaml")
            config = try fleet.folder.write(
                "schedules: {often: {when: '@hourly', playbook: gpu.yaml\(schedule)}}\n\(more)\n", to: "vfiofleet.yaml")
            store = try Store.open(path: fleet.database)
            try await becomeDue()
        }

        /// As if nobody had run it for two hours.
        func becomeDue() async throws {
            let time = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)).adding(seconds: -7200)
            try await store.setSchedules([], at: time)
            try await store.setSchedules(try ServiceDocument.load(config).schedules, at: time)
        }

        func start() throws -> RunningProgram { try fleet.start(["serve", "--config", config]) }

        /// Runs it until its schedule has run once more.
        func serve(until done: () async throws -> Bool) async throws -> Program.Result {
            let program = try start()
            let isDone = try await program.waits(for: done)
            program.send(SIGTERM)
            let result = try await program.result()
            #expect(isDone, "\(result.transcript)")
            return result
        }
    }

    @Test(.timeLimit(.minutes(3))) func anAlertOutlivesARestartAndIsToldOnce() async throws {
        let port = try await unusedPort()
        let service = try await Service("alerts: {ops: {webhook: {url: 'http://127.0.0.1:\(port)/'}}}")
        // Nobody listens: it is tried and waits, over the end of the process.
        _ = try await service.serve { try await service.store.alerts().first?.attempts ?? 0 > 0 }
        #expect(try await service.fleet.expect(0, "alerts").contains("waits until"))
        let server = try await HTTPReceiver(port: port)
        try await service.fleet.expect(0, "alerts", "retry")
        let serve = try service.start()
        let requests = try await server.requests(atLeast: 1)
        // The same look again, which shows the same, and time for a second message that must not come.
        try await service.becomeDue()
        #expect(try await serve.waits { try await service.store.schedules().first?.endedAt != nil })
        serve.send(SIGTERM)
        _ = try await serve.result()
        #expect(requests.count == 1)
        #expect(try server.requests.count == 1, "what stands as before is no news")
        #expect(requests.first?.body.contains(#""rule":"driver""#) == true)
        #expect(try await service.fleet.expect(0, "alerts", "list", "--json").contains(#""state" : "sent""#))
        try await service.fleet.lab.down()
    }

    @Test(.timeLimit(.minutes(3))) func aHangupReloadsAndABadFileChangesNothing() async throws {
        let service = try await Service("")
        let serve = try service.start()
        #expect(try await serve.waits { try await service.store.schedules().first?.outcome != nil })
        let good = try String(contentsOfFile: service.config, encoding: .utf8)
        _ = try service.fleet.folder.write(good.replacingOccurrences(of: "often", with: "other"), to: "vfiofleet.yaml")
        serve.send(SIGHUP)
        let isOther = try await serve.waits {
            try await service.store.schedules().map(\.schedule.name.description) == ["other"]
        }
        #expect(isOther)
        _ = try service.fleet.folder.write("schedules: {x: {when: never, playbook: y}}\n", to: "vfiofleet.yaml")
        serve.send(SIGHUP)
        try await Task.sleep(for: .milliseconds(500))
        #expect(serve.isRunning)
        #expect(try await service.store.schedules().map(\.schedule.name.description) == ["other"])
        serve.send(SIGTERM)
        let result = try await serve.result()
        #expect(result.error.contains("Reloaded") && result.error.contains("The configuration stays as it was"))
        try await service.fleet.lab.down()
    }

    @Test(.timeLimit(.minutes(3))) func aKilledServiceBeginsItsRunAgain() async throws {
        let service = try await Service("alerts: {ops: {command: {run: [/bin/true]}}}")
        let serve = try service.start()
        #expect(try await serve.waits { try await service.store.schedules().first?.isUnfinished == true })
        serve.send(SIGKILL)
        _ = try await serve.result()
        #expect(try await service.store.schedules().first?.isUnfinished == true)
        // Its lease is still there; nobody lives who could end the run.
        #expect(try await service.fleet.expect(0, "schedule").contains("broken off"))
        #expect(try await service.fleet.expect(0, "schedule", "--json").contains(#""run" : "broken-off""#))
        _ = try await service.serve { try await service.store.alerts().first.map { $0.state.isSent } ?? false }
        #expect(try await service.store.alerts().count == 1)
        #expect(try await service.fleet.expect(0, "schedule", "--json").contains(#""run" : "ended""#))
        try await service.fleet.expect(0, "audit", "verify")
        try await service.fleet.lab.down()
    }

    enum Trouble: CaseIterable {
        case fullDisk, lock

        var code: String { self == .fullDisk ? "store-disk-full" : "store-locked" }
        /// The lease is renewed every ten seconds, and a lock is waited for so long.
        var seconds: Int { self == .fullDisk ? 12 : 22 }
    }

    /// What keeps the database from being written to for a while does not end the service.
    @Test(.timeLimit(.minutes(3)), arguments: Trouble.allCases) func troubleThatPassesIsOutlived(_ trouble: Trouble)
        async throws
    {
        let disk = try SmallDisk(kilobytes: 32 << 10)
        let service = try await Service("", database: disk.path + "/fleet.db")
        let serve = try service.start()
        #expect(try await serve.waits { try await service.store.schedules().first?.outcome != nil })
        try await service.becomeDue()
        let holder = trouble == .lock ? try LockHolder(service.fleet.database) : nil
        if trouble == .fullDisk { try disk.fill() }
        try await Task.sleep(for: .seconds(trouble.seconds))
        #expect(serve.isRunning)
        if trouble == .fullDisk { try disk.makeRoom() }
        try holder?.letGo()
        let hasRun = try await serve.waits { try await service.store.schedules().first?.endedAt != nil }
        serve.send(SIGTERM)
        let result = try await serve.result()
        #expect(hasRun && result.error.contains(trouble.code), "\(result.transcript)")
        try await service.fleet.expect(0, "audit", "verify")
        try service.store.close()
        try await service.fleet.lab.down()
    }

    /// What systemd hears, at a socket of our own; in the abstract name space, too.
    @Test(.timeLimit(.minutes(2)), arguments: ["", "@"]) func theServiceManagerIsToldWhatItDoes(prefix: String)
        async throws
    {
        let folder = try TemporaryFolder()
        let config = try folder.write("schedules: {}\n", to: "c.yaml")
        let address = prefix + folder.path + "/notify"
        let script = """
            import socket, sys
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            listener.bind(sys.argv[1].replace('@', chr(0), 1))
            listener.settimeout(30)
            out = open(sys.argv[2], 'w', buffering=1)
            while True:
                out.write(listener.recv(4096).decode().replace(chr(10), ' ') + chr(10))
            """
        let listener = try Program("/usr/bin/python3").start(["-c", script, address, folder.path + "/heard"])
        #expect(try await listener.waits { (try? folder.text("heard")) != nil })
        let serve = try Program.built(
            "vfiofleet",
            environment: [
                "VFIOFLEET_DB": folder.path + "/fleet.db", "NOTIFY_SOCKET": address, "WATCHDOG_USEC": "300000",
            ]
        ).start(["serve", "--config", config])
        func hears(_ text: String) async throws -> Bool {
            try await serve.waits { try folder.text("heard").contains(text) }
        }
        #expect(try await hears("READY=1 STATUS=Running 0 schedules"))
        #expect(try await hears("WATCHDOG=1"))
        serve.send(SIGHUP)
        #expect(try await hears("RELOADING=1 MONOTONIC_USEC="))
        serve.send(SIGTERM)
        _ = try await serve.result()
        #expect(try folder.text("heard").contains("STOPPING=1"))
        listener.send(SIGKILL)
    }

    /// The unit as systemd reads it, and how much it leaves to whoever gets into the service (10 = everything).
    @Test func theUnitIsSoundAndLeavesLittleExposed() async throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardized.path
        let folder = try TemporaryFolder()
        let text = try String(contentsOfFile: root + "/packaging/vfiofleet.service", encoding: .utf8)
            .replacingOccurrences(of: "/usr/bin/vfiofleet", with: "/usr/bin/true")
            .replacingOccurrences(of: "Documentation=", with: "#")
        let unit = try folder.write(text, to: "vfiofleet.service")
        let verified = try await Program("/usr/bin/systemd-analyze").run("verify", unit)
        #expect(verified.status == 0 && verified.error.isEmpty, "\(verified.transcript)")
        let security = try await Program("/usr/bin/systemd-analyze")
            .run("security", "--offline=yes", "--threshold=20", unit)
        #expect(security.status == 0, "\(security.transcript)")
    }

    /// Rolls the playbook out, has it verified, and then takes a file away on the node.
    private func drifted(_ mode: String, nodes: [String] = ["n1"]) async throws -> Service {
        let service = try await Service(
            "alerts: {ops: {command: {run: [/bin/true]}, events: [proposed, remediated]}}", nodes: nodes,
            schedule: ", remediate: \(mode)")
        try await service.fleet.expect(0, "apply", service.fleet.folder.path(of: "gpu.yaml"), "--yes")
        _ = try await service.serve { try await service.store.schedules().first?.endedAt != nil }
        #expect(try await service.store.proposals().isEmpty)
        for node in nodes { _ = try await service.fleet.shell(node, "rm /etc/modprobe.d/vfio.conf") }
        try await service.becomeDue()
        return service
    }

    @Test(.timeLimit(.minutes(4))) func driftIsProposedOnceAndApprovedByItsPlan() async throws {
        let service = try await drifted("propose")
        _ = try await service.serve { try await service.store.schedules().first?.endedAt != nil }
        let proposal = try #require(try await service.store.proposals().first)
        #expect(proposal.nodes.map(\.description) == ["n1"] && proposal.state == .open)
        #expect(try await service.store.alerts().flatMap(\.alert.items).map(\.event) == [.proposed])
        // The same again is not proposed again.
        try await service.becomeDue()
        _ = try await service.serve { try await service.store.schedules().first?.endedAt != nil }
        #expect(try await service.store.proposals().count == 1)
        #expect(try await service.fleet.expect(2, "proposal").contains(proposal.plan.short))
        #expect(try await service.fleet.expect(0, "proposal", "show", "1").contains("/etc/modprobe.d/vfio.conf"))
        try await service.fleet.expect(0, "apply", "--plan", proposal.plan.short, "--yes")
        guard case .begun = try await service.store.proposals().first?.state else {
            Issue.record("the proposal does not know its roll-out")
            return
        }
        let refused = try await service.fleet.run(["proposal", "reject", "1"])
        #expect(refused.status == 1 && refused.error.contains("[proposal-not-open]"))
        try await service.fleet.expect(0, "verify", service.fleet.folder.path(of: "gpu.yaml"))
        try await service.fleet.lab.down()
    }

    @Test(.timeLimit(.minutes(4))) func driftIsPutRightByItselfAlsoOverARestart() async throws {
        let service = try await drifted("apply", nodes: ["n1", "n2"])
        // It is told to end in mid-roll-out, which it parks first.
        let parked = try await service.serve {
            try await service.store.rollouts().first { !$0.rollout.isEnded }?.rollout.nodes.first?.state.step != nil
        }
        #expect(parked.status == 130, "\(parked.transcript)")
        let rollout = try #require(try await service.store.rollouts().first).rollout
        #expect(
            rollout.phase == .suspended && rollout.nodes.map(\.state.result) == [.verified, nil], "\(rollout.phase)")
        _ = try await service.serve {
            try await service.store.alerts().contains { $0.alert.items[0].event == .remediated }
        }
        let items = try await service.store.alerts().flatMap(\.alert.items)
        #expect(items.map(\.event) == [.proposed, .proposed, .remediated, .remediated])
        #expect(items.suffix(2).allSatisfy { $0.verdict == "was put right by itself" }, "\(items)")
        try await service.fleet.expect(0, "verify", service.fleet.folder.path(of: "gpu.yaml"))
        #expect(
            try await service.store.auditLog().contains {
                $0.actor == "schedule often" && $0.action == "rollout-create"
            })
        try await service.fleet.expect(0, "audit", "verify")
        try await service.fleet.lab.down()
    }

    private func unusedPort() async throws -> Int {
        let server = try await HTTPReceiver()
        server.stop()
        return server.port
    }
}

extension StoredAlert.State {
    var isSent: Bool { if case .sent = self { true } else { false } }
}
