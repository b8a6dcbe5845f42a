import Fleet
import Foundation
import Store
import TestSupport
import Testing

/// What happens to the controller's database in the middle of a roll-out: it is said by a code, nothing is half done, and
/// once the cause is gone, `rollout resume` ends it as it would have ended.
@Suite(.serialized, .enabled(if: SimulatedFleet.obstacle == nil, "\(SimulatedFleet.obstacle ?? "")"))
struct DatabaseTroubleTests {
    private static let playbook = """
        playbook: trouble
        devices: [{name: gpu, at: "01:00"}]
        rollout: {canary: 0, batch: 1, pause: 0s, return-within: 60s}
        """

    let disk: SmallDisk
    let fleet: SimulatedFleet
    let store: Store

    init() async throws {
        disk = try SmallDisk(kilobytes: 32 << 10)
        fleet = try await SimulatedFleet.start(
            ["n1", "n2"], of: "intel-z390-rtx2070", rebootSeconds: 0.5, database: disk.path + "/fleet.db")
        store = try Store.open(path: fleet.database)
    }

    /// Begins a roll-out; back when its first node is in this step.
    private func begin(until step: String) async throws -> RunningProgram {
        let playbook = try fleet.folder.write(Self.playbook, to: "p.yaml")
        let apply = try fleet.start(["apply", playbook, "--yes"])
        let isThere = try await apply.waits {
            try await store.rollouts().first?.rollout.nodes.first?.state.step?.name == step
        }
        try #require(isThere)
        return apply
    }

    private func expect(_ code: String, of program: RunningProgram, saying words: String = "") async throws {
        let result = try await program.result()
        #expect(result.status == 1 && result.error.contains("[\(code)]"), "\(result.transcript)")
        #expect(words.isEmpty || result.error.contains(words), "\(result.transcript)")
    }

    private func endsAsItWouldHave() async throws {
        try await fleet.expect(0, "rollout", "resume")
        #expect(try await fleet.boots() == ["n1": 2, "n2": 2])
        #expect(try await fleet.expect(0, "verify", fleet.folder.path(of: "p.yaml")).contains("2 compliant"))
        #expect(try await fleet.shell("n1", "ls /var/lib/vfiofleet/lock 2>/dev/null").isEmpty)
        try await fleet.expect(0, "audit", "verify")
        try store.close()
        try await fleet.lab.down()
    }

    @Test(.timeLimit(.minutes(3)), arguments: ["write", "await-return"]) func aFullDisk(step: String) async throws {
        let apply = try await begin(until: step)
        try disk.fill()
        try await expect("store-disk-full", of: apply, saying: "has stopped midway, with n1 at ")
        let refused = try await fleet.run(["rollout", "resume"])
        #expect(refused.status == 1 && refused.error.contains("[store-disk-full]"), "\(refused.transcript)")
        #expect(try await fleet.expect(0, "rollout", "show").contains("n1"), "reading needs no room")
        try disk.makeRoom()
        try await endsAsItWouldHave()
    }

    @Test(.timeLimit(.minutes(3))) func aDatabaseThatSomebodyKeepsLocked() async throws {
        let apply = try await begin(until: "write")
        let holder = try LockHolder(fleet.database)
        try await expect("store-locked", of: apply)
        try holder.letGo()
        try await endsAsItWouldHave()
    }

    /// The whole database is moved away and back; and another one takes its place meanwhile.
    @Test(.timeLimit(.minutes(3)), arguments: [false, true]) func aDatabaseThatIsTakenAway(isReplaced: Bool)
        async throws
    {
        let apply = try await begin(until: "write")
        let files = ["", "-wal", "-shm"].map { fleet.database + $0 }
        let manager = FileManager.default
        for file in files { try manager.moveItem(atPath: file, toPath: file + ".away") }
        if isReplaced { try Store.open(path: fleet.database).close() }
        try await expect("store-replaced", of: apply)
        let unknown = try await fleet.run(["rollout", "resume"])
        #expect(unknown.status == 1, "\(unknown.transcript)")
        for file in files {
            try? manager.removeItem(atPath: file)
            try manager.moveItem(atPath: file + ".away", toPath: file)
        }
        try await endsAsItWouldHave()
    }

    @Test(.timeLimit(.minutes(3))) func aDatabaseThatCanOnlyBeRead() async throws {
        let apply = try await begin(until: "write")
        apply.send(SIGKILL)
        _ = try await apply.result()
        try store.close()
        try disk.makeReadOnly()
        let refused = try await fleet.run(["rollout", "resume"])
        #expect(refused.status == 1 && refused.error.contains("[store-read-only]"), "\(refused.transcript)")
        #expect(try await fleet.boots() == ["n1": 1, "n2": 1])
        try disk.makeWritable()
        try await endsAsItWouldHave()
    }

    /// Stopped for longer than its lease lasts, it finds its roll-out in other hands and leaves it there.
    @Test(.timeLimit(.minutes(3))) func aControllerThatWasStoppedTooLong() async throws {
        let apply = try await begin(until: "write")
        apply.send(SIGSTOP)
        let early = try await fleet.run(["rollout", "resume"])
        #expect(early.status == 1 && early.error.contains("[lease-held]"), "\(early.transcript)")
        let lease = try #require(
            try await store.lease(store.rollouts().first.map { Lease.name(for: $0.rollout.id) } ?? ""))
        let milliseconds = lease.expiresAt.milliseconds - Int64(Date().timeIntervalSince1970 * 1000)
        try await Task.sleep(for: .milliseconds(max(0, milliseconds) + 500))
        let resume = try fleet.start(["rollout", "resume"])
        #expect(try await resume.waits { try await (store.lease(lease.name)?.number ?? 0) > lease.number })
        apply.send(SIGCONT)
        let late = try await apply.result()
        #expect(late.status == 1 && late.error.contains("[lease-lost]"), "\(late.transcript)")
        let result = try await resume.result()
        #expect(result.status == 0, "\(result.transcript)")
        try await endsAsItWouldHave()
    }
}

/// Another program that keeps a database locked for writing.
final class LockHolder {
    private let process = Process()
    private let input = Pipe()

    init(_ database: String) throws {
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/sqlite3")
        process.arguments = [database]
        (process.standardInput, process.standardOutput) = (input, output)
        try process.run()
        try input.fileHandleForWriting.write(
            contentsOf: Data(".timeout 5000\nBEGIN IMMEDIATE; SELECT 'held';\n".utf8))
        guard try output.fileHandleForReading.read(upToCount: 4) == Data("held".utf8) else {
            throw CocoaError(.fileLocking)
        }
    }

    func letGo() throws {
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}
