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
            .map { $0 == "#web:" ? "web:" : $0 }
            .map { $0.hasPrefix("#  ") ? "  " + $0.dropFirst(3) : $0.hasSuffix(": {}") ? $0.dropLast(3) + "" : "\($0)" }
            .joined(separator: "\n")
            .replacingOccurrences(of: "/etc/vfiofleet/", with: folder.path + "/")
            .replacingOccurrences(of: "/usr/local/bin/page", with: "/bin/true")
            .replacingOccurrences(of: "from: vfiofleet@example.com", with: "sendmail: /bin/true")
            .replacingOccurrences(of: "group: vfiofleet-users", with: "group: daemon")
        try folder.write("playbook: gpu-passthrough\n", to: "playbooks/gpu-passthrough.yaml")
        let missing = try await check(real)
        #expect(missing.status == 1 && missing.error.contains("webhook.secret” is not there"), "\(missing.transcript)")
        try await folder.makeCertificate("cert.pem", key: "key.pem")
        for name in ["webhook.secret", "ntfy.token"] { try folder.write("x", to: name) }
        let authority = try await TestAuthority()
        try folder.write(try authority.text, to: "company-ca.pem")
        try folder.write("https://hooks.slack.com/services/T/B/x", to: "slack.url")
        let checked = try await check(real)
        #expect(
            checked.output.contains("1 schedule, 5 receivers of alerts, the web page on 127.0.0.1:8080"),
            "\(checked.transcript)")
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
        #expect(url.status == 0 && url.error.contains("c.yaml:1:41: "), "\(url.transcript)")
        #expect(url.error.contains("VFIOFLEET_TEST_URL is not set") && url.error.hasPrefix("warning: "))
    }

    /// Everything of this machine that a configuration names: what was found, and where that is written.
    @Test func whatItNamesIsLookedAt() async throws {
        try folder.write("playbook: gpu\n", to: "gpu.yaml")
        try folder.write("", to: "empty.secret")
        try folder.write("no certificate\n", to: "ca.pem")
        try folder.write("#!/bin/sh\n", to: "page")
        let result = try await check(
            """
            schedules:
              a: {when: '@daily', playbook: gpu.yaml}
              b: {when: '@daily', playbook: none.yaml}
            alerts:
              file: {webhook: {url: 'https://x.example/', secret: {file: none.secret}}}
              empty: {ntfy: {url: 'https://x.example/', token: {file: empty.secret}}}
              ca: {slack: {url: 'https://x.example/', ca: ca.pem}}
              folder: {mattermost: {url: 'https://x.example/', ca: /etc}}
              program: {command: {run: [/nowhere/page]}}
              plain: {command: {run: ["\(folder.path)/page"]}}
              short: {command: {run: [page]}}
              mail: {mail: {to: [a@example.com], sendmail: /nowhere/sendmail}}
            control: {group: no-such-group-here}
            web:
              listen: 127.0.0.1:8080
              tls: {certificate: none.pem, key: none.key}
            """)
        #expect(result.status == 1)
        for (place, words) in [
            ("3:33", "/none.yaml” is not there."), ("5:62", "none.secret” is not there."),
            ("6:17", "empty.secret can't be read as text, or is empty."), ("7:15", "ca.pem can't be read"),
            ("8:56", "“/etc” is a folder."), ("9:28", "“/nowhere/page” is not there."),
            ("10:26", "/page” may not be run by"), ("11:26", "“page” is no whole path."),
            ("12:48", "“/nowhere/sendmail” is not there."), ("13:18", "There is no group “no-such-group-here”"),
            ("16:22", "The certificate “"), ("16:37", "The certificate's key “"),
        ] {
            let line = result.error.split(separator: "\n").first { $0.contains("c.yaml:\(place):") }
            #expect(line?.contains(words) == true, "\(place) \(words): \(result.transcript)")
        }
        let lines = result.error.matches(of: /c\.yaml:(\d+):/).compactMap { Int($0.output.1) }
        #expect(lines == lines.sorted() && lines.count == 12, "they are told in the order of the text: \(lines)")
    }

    /// A receiver that waits for a playbook which nobody verifies against is told nothing, ever.
    @Test func receiversWaitForPlaybooksThatThereAre() async throws {
        try folder.write("playbook: gpu-passthrough\n", to: "gpu.yaml")
        let result = try await check(
            """
            schedules: {a: {when: '@daily', playbook: gpu.yaml}}
            alerts: {a: {command: {run: [/bin/true]}, playbooks: [gpu-passthrugh]}}
            """)
        #expect(result.status == 1 && result.error.contains("Did you mean “gpu-passthrough”?"), "\(result.transcript)")
        #expect(result.error.contains("c.yaml:2:54: ") && result.error.contains("[config-playbook-unknown]"))
    }

    @Test func aKeyBelongsToItsCertificate() async throws {
        for name in ["a", "b"] { try await folder.makeCertificate("\(name).pem", key: "\(name).key") }
        func check(_ certificate: String, _ key: String) async throws -> Program.Result {
            try await self.check(
                "web: {listen: '127.0.0.1:1', tls: {certificate: \(certificate), key: \(key)}}\n")
        }
        #expect(try await check("a.pem", "a.key").status == 0)
        for (certificate, key, words) in [
            ("a.pem", "b.key", "does not belong to the certificate"), ("a.key", "a.key", "The certificate"),
            ("a.pem", "a.pem", "The certificate's key"),
        ] {
            let result = try await check(certificate, key)
            #expect(result.status == 1 && result.error.contains("c.yaml:1:"), "\(result.transcript)")
            #expect(result.error.contains(words) && result.error.contains("[web-certificate-unreadable]"))
        }
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
