import Foundation
import TestSupport
import Testing

/// The configuration's file as an operator checks it.
@Suite struct ConfigTests {
    private let folder: TemporaryFolder
    private let program: Program

    init() throws {
        folder = try TemporaryFolder()
        program = Program.built("vfiofleet", environment: ["VFIOFLEET_DB": folder.path + "/fleet.db"])
    }

    private func check(_ text: String) async throws -> Program.Result {
        try await program.run("config", "check", try folder.write(text, to: "c.yaml"))
    }

    /// As it is printed, and with every example in it made real.
    @Test func theSampleCanBeUsed() async throws {
        let sample = try await program.run("config", "sample").output
        #expect(try await check(sample).output.contains("0 schedules"))
        let real = sample.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.hasPrefix("#  ") ? "  " + $0.dropFirst(3) : $0.hasSuffix(": {}") ? $0.dropLast(3) + "" : "\($0)" }
            .joined(separator: "\n")
            .replacingOccurrences(of: "/etc/vfiofleet/", with: folder.path + "/")
        try folder.write("playbook: gpu-passthrough\n", to: "playbooks/gpu-passthrough.yaml")
        let missing = try await check(real)
        #expect(missing.status == 1 && missing.error.contains("“operations” can't be told anything"))
        for name in ["webhook.secret", "ntfy.token"] { try folder.write("x", to: name) }
        let authority = try await TestAuthority()
        try folder.write(try authority.text, to: "company-ca.pem")
        try folder.write("https://hooks.slack.com/services/T/B/x", to: "slack.url")
        let checked = try await check(real)
        #expect(checked.output.contains("1 schedule, 5 receivers of alerts"), "\(checked.transcript)")
    }

    @Test func allThatIsWrongIsToldAtOnce() async throws {
        let result = try await check(
            """
            schedules:
              a: {when: '@daily', playbook: none.yaml}
              b: {when: '@daily', playbook: nowhere.yaml}
            """)
        #expect(result.status == 1 && result.error.contains("/none.yaml”") && result.error.contains("/nowhere.yaml”"))
        let url = try await check("alerts: {a: {slack: {url: {environment: VFIOFLEET_TEST_URL}}}}\n")
        #expect(url.status == 1 && url.error.contains("VFIOFLEET_TEST_URL is not set"))
    }

    @Test func aReceiverCanBeTried() async throws {
        let server = try await HTTPReceiver()
        let config = try folder.write("alerts: {a: {webhook: {url: '\(server.url)/x'}}}\n", to: "c.yaml")
        let tried = try await program.run("alerts", "test", "a", "--config", config)
        #expect(tried.status == 0 && tried.output == "a has taken it.\n", "\(tried.transcript)")
        #expect(try server.requests.first?.body.contains("This is a test of the alerts.") == true)
        try server.answer(500)
        let failed = try await program.run("alerts", "test", "--config", config)
        #expect(
            failed.status == 1 && failed.error.contains("answered 500") && failed.error.contains("[alert-not-sent]"))
        let wrong = try await program.run("alerts", "test", "b", "--config", config)
        #expect(wrong.status == 1 && wrong.error.contains("There are: a."))
    }
}
