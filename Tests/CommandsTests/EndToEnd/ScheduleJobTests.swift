import Documents
import Fleet
import Foundation
import Store
import TestSupport
import Testing

/// Scheduled compliance as an operator sees it.
@Suite(.serialized, .enabled(if: SimulatedFleet.obstacle == nil, "\(SimulatedFleet.obstacle ?? "")"))
struct ScheduleJobTests {
    private static let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))

    @Test(.timeLimit(.minutes(3))) func aMissedRunIsMadeUpForAndItsResultsCanBeExempted() async throws {
        let fleet = try await SimulatedFleet.start(["n1", "n2"], of: "intel-z390-rtx2070", rebootSeconds: 0.5)
        _ = try fleet.folder.write(
            "playbook: gpu\ndevices: [{name: gpu, at: \"01:00\"}]\n", to: "gpu.yaml")
        let config = try fleet.folder.write(
            "schedules: {often: {when: '@hourly', playbook: gpu.yaml}}\n", to: "vfiofleet.yaml")
        #expect(try await fleet.expect(0, "serve", "--config", config, "--check").contains("1 schedule"))
        #expect(try await fleet.run(["compliance"]).status == 1, "nothing was verified yet")

        // It was known two hours ago, and nobody ran it.
        let store = try Store.open(path: fleet.database)
        let schedules = try ServiceDocument.load(config).schedules
        try await store.setSchedules(schedules, at: Self.now.adding(seconds: -7200))
        let serve = try fleet.start(["serve", "--config", config])
        #expect(try await serve.waits { try await store.schedules().first?.outcome != nil })
        let second = try await fleet.run(["serve", "--config", config])
        #expect(second.status == 1 && second.error.contains("[lease-held]"), "\(second.transcript)")

        let shown = try await fleet.expect(2, "compliance")
        #expect(shown.contains("driver") && shown.contains("FAILS") && !shown.contains("holds"), "\(shown)")
        #expect(try await fleet.expect(0, "schedule").contains("2 not compliant"))
        let json = try await fleet.expect(2, "compliance", "n1", "--json")
        #expect(json.contains(#""rule" : "observed""#) && json.contains(#""severity" : "high""#))

        let wrong = try await fleet.run(
            ["exemption", "grant", "n1", "--rule", "drivr", "--until", "2199-01-01", "--reason", "r"])
        #expect(wrong.status == 1 && wrong.error.contains("Did you mean “driver”?"), "\(wrong.transcript)")
        for node in ["n1", "n2"] {
            try await fleet.expect(
                0, "exemption", "grant", node, "--until", "2199-01-01", "--reason", "not yet rolled out")
        }
        let exempt = try await fleet.expect(0, "compliance")
        #expect(exempt.contains("exempt") && exempt.contains("not yet rolled out") && !exempt.contains("FAILS"))
        try await fleet.expect(0, "exemption", "withdraw", "1")
        try await fleet.expect(2, "compliance", "n1")

        serve.send(SIGTERM)
        let ended = try await serve.result()
        #expect(ended.status == 130 && ended.output.contains("often: 2 not compliant"), "\(ended.transcript)")
        #expect(try await store.lease("schedules") == nil)
        try await fleet.expect(0, "audit", "verify")
        try await fleet.lab.down()
    }

    @Test func wrongInputIsNamedBeforeAnythingRuns() async throws {
        let folder = try TemporaryFolder()
        let program = Program.built("vfiofleet", environment: ["VFIOFLEET_DB": folder.path + "/fleet.db"])
        let missing = try folder.write("schedules: {a: {when: '@daily', playbook: none.yaml}}\n", to: "a.yaml")
        let result = try await program.run("serve", "--config", missing)
        #expect(result.status == 1 && result.error.contains("/none.yaml”"), "\(result.transcript)")
        let cron = try folder.write("schedules: {a: {when: 61 * * * *, playbook: none.yaml}}\n", to: "b.yaml")
        let refused = try await program.run("serve", "--config", cron, "--check")
        #expect(
            refused.status == 1 && refused.error.contains("b.yaml:1:23: “61” is no minute"), "\(refused.transcript)")
    }
}
