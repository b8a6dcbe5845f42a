import Alerting
import Engine
import Fleet
import Foundation
import Store
import TestSupport
import Testing

/// Alerts as receivers get them: from real servers and programs.
@Suite("Delivering alerts") struct SenderTests {
    static let stored = StoredAlert(
        id: 7, uid: "0123456789abcdef0123456789abcdef", receiver: "ops",
        alert: Alert(
            playbook: "gpu", at: Timestamp(milliseconds: 1_767_225_600_000),
            items: [
                item("pve2", .check(.files), "<!here> *bold*\nBcc: x@example.com"),
                item("pve1", .check(.driver), "nouveau ☠"),
            ]), createdAt: Timestamp(milliseconds: 1_767_225_600_000), attempts: 0,
        state: .waiting(until: Timestamp(milliseconds: 0)))

    private static func item(_ node: String, _ rule: RuleID, _ message: String) -> AlertItem {
        guard let name = NodeName(node) else { preconditionFailure(node) }
        let subject = RuleSubject(node: name, rule: rule, device: rule == .check(.driver) ? "0000:01:00.0" : nil)
        return AlertItem(.fails, subject, verdict: "holds no longer", message: message, drift: .corrective)
    }

    private func send(_ channel: AlertChannel) async throws {
        let sender = ChannelSender()
        let receiver = AlertReceiver(route: AlertRoute("ops"), channel: channel)
        let result = await Task { try await sender.send(Self.stored, to: receiver) }.result
        await sender.close()
        try result.get()
    }

    private func failure(_ channel: AlertChannel) async throws -> FleetError {
        let error = await #expect(throws: FleetError.self) { try await send(channel) }
        return try #require(error)
    }

    /// The signature is computed anew by another implementation: Python's.
    @Test func webhooksAreSignedWithTheTime() async throws {
        let server = try await HTTPReceiver()
        let folder = try TemporaryFolder()
        let key = try folder.write("whsec_c2VjcmV0LWtleS1vZi1zb21lLWJ5dGVz\n", to: "key")
        try await send(.post(AlertPost(.webhook, url: .plain(server.url + "/hook"), secret: .file(key))))
        let request = try #require(try server.requests.first)
        let (id, seconds) = (
            try #require(request.headers["webhook-id"]), try #require(request.headers["webhook-timestamp"])
        )
        let now = Int(Date().timeIntervalSince1970)
        #expect(id == Self.stored.uid && abs(now - (Int(seconds) ?? 0)) < 60)
        let script = """
            import base64, hashlib, hmac, sys
            key = base64.b64decode('c2VjcmV0LWtleS1vZi1zb21lLWJ5dGVz')
            content = sys.stdin.buffer.read()
            print('v1,' + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode())
            """
        let expected = try await Program("/usr/bin/python3")
            .run(["-c", script], input: "\(id).\(seconds).\(request.body)").output
        #expect(request.headers["webhook-signature"] == expected.trimmingCharacters(in: .newlines))
        let body = try #require(try JSONSerialization.jsonObject(with: Data(request.body.utf8)) as? [String: Any])
        #expect(body["title"] as? String == "gpu: 2 not as asked (pve[1-2])")
        #expect((body["items"] as? [[String: Any]])?.last?["device"] as? String == "0000:01:00.0")
        #expect(body["at"] as? String == "2026-01-01T00:00:00Z")
    }

    @Test func chatsGetTextThatMentionsNobody() async throws {
        let server = try await HTTPReceiver()
        let folder = try TemporaryFolder()
        let url = try folder.write(server.url + "/services/T0/B0/xyz", to: "url")
        try await send(.post(AlertPost(.slack, url: .file(url))))
        try await send(.post(AlertPost(.mattermost, url: .file(url))))
        let requests = try server.requests
        try #require(requests.count == 2)
        #expect(requests[0].path == "/services/T0/B0/xyz")
        #expect(requests[0].body.contains("&lt;!here&gt;") && !requests[0].body.contains("<!here>"))
        #expect(requests[1].body.contains(#"\\<\\!here\\> \\*bold\\*"#), "\(requests[1].body)")
    }

    @Test func ntfyGetsPriorityAndToken() async throws {
        let server = try await HTTPReceiver()
        let folder = try TemporaryFolder()
        let token = try folder.write("tk_abc", to: "token")
        try await send(.post(AlertPost(.ntfy, url: .plain(server.url + "/topic"), secret: .file(token))))
        let headers = try #require(try server.requests.first).headers
        #expect(headers["authorization"] == "Bearer tk_abc" && headers["priority"] == "4")
        #expect(headers["title"] == "gpu: 2 not as asked (pve[1-2])")
    }

    @Test(arguments: [
        (503, "alert-not-sent"), (404, "alert-not-sent"), (302, "alert-not-sent"), (400, "alert-refused"),
    ])
    func whatIsNotTakenIsSaidWithoutSecrets(_ status: Int, _ code: FleetError.Code) async throws {
        let server = try await HTTPReceiver(status: status)
        let folder = try TemporaryFolder()
        let url = try folder.write(server.url + "/very-secret", to: "url")
        let error = try await failure(
            .post(AlertPost(.ntfy, url: .file(url), secret: .file(try folder.write("tk_hidden", to: "token")))))
        #expect(error.code == code && error.message.contains("\(status)"))
        #expect(!error.description.contains("tk_hidden"))
        #expect(try server.requests.count == 1, "redirects are not followed")
    }

    @Test func aSecretThatCannotBeReadIsNamedAndNothingIsSent() async throws {
        let server = try await HTTPReceiver()
        let error = try await failure(
            .post(AlertPost(.webhook, url: .plain(server.url), secret: .environment("VFIOFLEET_NO_SUCH"))))
        #expect(error.code == "secret-unreadable" && error.message.contains("VFIOFLEET_NO_SUCH"))
        #expect(try server.requests.isEmpty)
    }

    @Test func nobodyListening() async throws {
        let server = try await HTTPReceiver()
        server.stop()
        try await Task.sleep(for: .milliseconds(50))
        #expect(try await failure(.post(AlertPost(.webhook, url: .plain(server.url)))).code == "alert-not-sent")
    }

    @Test func commandsGetJSONAndMustEndWell() async throws {
        let folder = try TemporaryFolder()
        try await send(.command(["/bin/sh", "-c", "cat > \(folder.path)/got"], timeoutSeconds: 10))
        #expect(try folder.text("got").contains(#""rule":"driver""#))
        let failed = try await failure(.command(["/bin/sh", "-c", "echo no paper >&2; exit 3"], timeoutSeconds: 10))
        #expect(failed.code == "alert-not-sent" && failed.message.contains("status 3: no paper"), "\(failed)")
        let late = try await failure(.command(["/bin/sleep", "60"], timeoutSeconds: 1))
        #expect(late.message.contains("had not ended after 1 s"))
        let missing = try await failure(.command(["/nowhere/page"], timeoutSeconds: 1))
        #expect(missing.code == "alert-not-sent" && missing.message.contains("/nowhere/page"))
    }

    /// Secrets of other receivers may be in ours.
    @Test func commandsGetLittleOfTheEnvironment() async throws {
        let folder = try TemporaryFolder()
        setenv("VFIOFLEET_TEST_SECRET", "hunter2", 1)
        setenv("TZ", "Europe/Berlin", 0)
        try await send(.command(["/usr/bin/env", "sh", "-c", "env > \(folder.path)/got"], timeoutSeconds: 10))
        let got = try folder.text("got")
        #expect(!got.contains("hunter2") && got.contains("PATH=/") && got.contains("\nTZ="), "\(got)")
        let names = Set(got.split(separator: "\n").compactMap { $0.split(separator: "=").first.map(String.init) })
        // The shell's own.
        let known = [
            "HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "TMPDIR", "TZ", "USER", "PWD", "_", "SHLVL", "OLDPWD",
        ]
        #expect(names.subtracting(known).isEmpty, "\(names)")
    }

    /// Read back by Python's parser of mail.
    @Test func mailIsOneMessageWhateverNodesSay() async throws {
        let folder = try TemporaryFolder()
        let program = try folder.write(
            "#!/bin/sh\necho \"$@\" > \(folder.path)/arguments\ncat > \(folder.path)/mail\n", to: "sendmail")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
        try await send(
            .mail(AlertMail(to: ["a@example.com", "b@example.com"], from: "f@example.com", program: program)))
        #expect(try folder.text("arguments") == "-i -t\n")
        let script = """
            import email, email.policy, sys
            mail = email.message_from_file(open(sys.argv[1]), policy=email.policy.default)
            print(mail['to'], '|', mail['subject'], '|', mail['bcc'], '|', mail['message-id'][:33], '|', mail['date'])
            print(mail.get_content())
            """
        let read = try await Program("/usr/bin/python3").run("-c", script, folder.path + "/mail").output
        let fields = try #require(read.split(separator: "\n").first).split(separator: "|")
            .map { $0.trimmingCharacters(in: .whitespaces) }
        let expected = [
            "a@example.com, b@example.com", "[vfiofleet] gpu: 2 not as asked (pve[1-2])", "None",
            "<\(Self.stored.uid)", "Thu, 01 Jan 2026 00:00:00 +0000",
        ]
        #expect(fields == expected)
        #expect(read.contains("pve1 driver 0000:01:00.0 holds no longer: nouveau ☠"))
    }
}
