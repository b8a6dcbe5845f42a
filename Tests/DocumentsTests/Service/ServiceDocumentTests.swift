import Documents
import Fleet
import Testing

@Suite struct ServiceDocumentTests {
    static let full = """
        schedules:
          nightly:
            when: 30 3 * * mon-fri
            time-zone: Europe/Berlin
            jitter: 10m
            playbook: playbooks/gpu.yaml
            nodes: label:rack=a
          hourly: {when: "@hourly", playbook: /etc/vfiofleet/nic.yaml}
          yearly: {when: 0 0 29 feb *, time-zone: UTC, jitter: 3600, playbook: ./x.yaml, nodes: all, remediate: propose}
          Odd_name-1.2: {when: "*/5 8-18/2 1,15 * 1-5", time-zone: America/St_Johns, jitter: 5s, playbook: y.yaml}
        alerts:
          ops:
            webhook: {url: "https://alerts.example.com/x?y=1", secret: {file: keys/ops}}
            severity: medium
            events: [fails, exemption-expired]
            playbooks: [gpu, nic]
          chat: {slack: {url: {file: /run/credentials/slack}}, severity: high}
          team: {mail: {to: [a@example.com, b@example.com], from: f@example.com, sendmail: /usr/lib/sendmail}}
        retention: {days: 30, megabytes: 512}
        connections: {keep: 64, idle: 5m}
        control: {group: ops, role: operator, users: {alice: approver, b-1: viewer}, four-eyes: true}
        """

    static let more = """
        schedules:
          a: {when: "@weekly", jitter: 1h, playbook: a.yaml, nodes: "pve[01-08]"}
          b: {when: "0 0 1 jan,jul *", time-zone: Asia/Kolkata, jitter: 30, playbook: ../b.yaml, nodes: "!pve03"}
          c: {when: "15 10 * * sun", time-zone: Etc/GMT+5, jitter: 0, playbook: "c d.yaml", nodes: "cluster:x"}
          d: {when: "@daily", playbook: d.yaml, remediate: {files: apply, kernel-command-line: never, driver: propose}}
        alerts:
          mm: {mattermost: {url: {environment: MM_URL}}}
          phone: {ntfy: {url: "http://127.0.0.1:8080/t", token: {environment: _T0}}, events: [unobservable]}
          pager: {command: {run: [/usr/local/bin/page, --team, 5], timeout: 2m}, severity: low}
          one: {mail: {to: a@example.com}}
        web:
          listen: 127.0.0.1:8443
          names: [fleet.example.org]
          tls: {certificate: cert.pem, key: /etc/ssl/private/key.pem}
          behind-proxy: false
          four-eyes: true
        control: {socket: /run/fleet/control.sock}
        connections: {keep: 0}
        """

    @Test func connectionsThatAreKeptAreBounded() throws {
        #expect(try ServiceDocument.parse(Self.full, file: "x.yaml").connections == .init(most: 64, idleSeconds: 300))
        #expect(try ServiceDocument.parse(Self.more, file: "x.yaml").connections == .init(most: 0, idleSeconds: 900))
        for text in ["{keep: -1}", "{keep: many}", "{idle: 0s}", "{idle: 2d}", "{keeps: 3}"] {
            let error = #expect(throws: InvalidDocument.self) {
                try ServiceDocument.parse("connections: \(text)\n", file: "x.yaml")
            }
            #expect(error?.errors.first?.location?.line == 1, "\(text)")
        }
    }

    @Test func theSocketIsItsOwnersAloneUnlessAGroupIsNamed() throws {
        let control = try ServiceDocument.parse(Self.full, file: "x.yaml").control
        let (alice, other) = (UserName("alice"), UserName("b-1"))
        #expect(control.group == "ops" && control.role == .operator && control.socket == nil)
        #expect(control.users == [try #require(alice): .approver, try #require(other): .viewer])
        let usual = try ServiceDocument.parse("schedules: {}\n", file: "x.yaml").control
        #expect(usual.group == nil && usual.role == .viewer && !usual.needsFourEyes)
        // Asked for in one place, it holds in both.
        let page = try ServiceDocument.parse("web: {listen: '127.0.0.1:1', four-eyes: true}\n", file: "x.yaml")
        #expect(page.control.needsFourEyes)
        for (text, code) in [
            ("{users: {alice: approver}}", "config-control-without-group"), ("{socket: here}", "config-invalid-value"),
            ("{group: ops, role: admin}", "config-invalid-value"),
            ("{group: ops, users: {'a b': viewer}}", "config-invalid-value"),
            ("{socket: /\(String(repeating: "x", count: 107))}", "config-invalid-value"),
        ] {
            let error = #expect(throws: InvalidDocument.self) {
                try ServiceDocument.parse("control: \(text)\n", file: "x.yaml")
            }
            #expect(error?.errors.map(\.code.rawValue) == [code], "\(text)")
        }
    }

    @Test func isReadWithPlaybooksBesideIt() throws {
        let schedules = try ServiceDocument.parse(Self.full, file: "/srv/fleet/vfiofleet.yaml").schedules
        #expect(schedules.map(\.name.description) == ["Odd_name-1.2", "hourly", "nightly", "yearly"])
        #expect(
            schedules.map(\.playbook) == [
                "/srv/fleet/y.yaml", "/etc/vfiofleet/nic.yaml", "/srv/fleet/playbooks/gpu.yaml", "/srv/fleet/x.yaml",
            ])
        #expect(schedules.map(\.zone) == ["America/St_Johns", "UTC", "Europe/Berlin", "UTC"])
        #expect(schedules.map(\.jitterSeconds) == [5, 0, 600, 3600])
        #expect(schedules.map(\.selector) == [nil, nil, "label:rack=a", "all"])
        #expect(schedules[2].cron == CronExpression("30 3 * * mon-fri"))
        #expect(schedules.map { $0.remediation?.mode(for: .check(.files)) } == [nil, nil, nil, .propose])
    }

    @Test func receiversAreReadWithWhatTheyWant() throws {
        let full = try ServiceDocument.parse(Self.full, file: "/etc/vfiofleet/f.yaml")
        let more = try ServiceDocument.parse(Self.more, file: "f.yaml")
        #expect(full.retention == Retention(days: 30, megabytes: 512) && more.retention == Retention())
        #expect(full.receivers.map(\.name) == ["chat", "ops", "team"])
        let ops = try #require(full.receivers.first { $0.name == "ops" })
        let url = SecretText.plain("https://alerts.example.com/x?y=1")
        #expect(ops.channel == .post(AlertPost(.webhook, url: url, secret: .file("/etc/vfiofleet/keys/ops"))))
        #expect(
            ops.route
                == AlertRoute(
                    "ops", minimum: .medium, events: [.fails, .exemptionExpired], playbooks: ["gpu", "nic"]))
        #expect(
            more.receivers.map(\.channel) == [
                .post(AlertPost(.mattermost, url: .environment("MM_URL"))), .mail(AlertMail(to: ["a@example.com"])),
                .command(["/usr/local/bin/page", "--team", "5"], timeoutSeconds: 120),
                .post(AlertPost(.ntfy, url: .plain("http://127.0.0.1:8080/t"), secret: .environment("_T0"))),
            ])
        #expect(
            more.schedules.last?.remediation
                == Remediation(rules: [
                    .check(.files): .apply, .check(.kernelCommandLine): .never, .check(.driver): .propose,
                ]))
    }

    @Test func theWebPageIsReadWithItsFilesBesideIt() throws {
        let web = try #require(try ServiceDocument.parse(Self.more, file: "/srv/fleet/f.yaml").web)
        #expect(web.address == .tcp("127.0.0.1", port: 8443) && web.needsFourEyes && !web.isBehindProxy)
        #expect(web.tls == .init(certificate: "/srv/fleet/cert.pem", key: "/etc/ssl/private/key.pem"))
        #expect(try ServiceDocument.parse("schedules: {}", file: "f.yaml").web == nil)
    }

    @Test(arguments: [
        ("127.0.0.1:80", true), ("127.9.9.9:80", true), ("[::1]:80", true), ("unix:/run/web.sock", true),
        ("192.0.2.1:80", false), ("0.0.0.0:80", false), ("[::]:80", false),
    ])
    func onlyThisMachineIsSpokenToWithoutTLS(_ listen: String, _ isLocal: Bool) throws {
        let plain = "web: {listen: \"\(listen)\"}"
        if isLocal {
            #expect(try ServiceDocument.parse(plain, file: "f.yaml").web?.address.description == listen)
        } else {
            let error = #expect(throws: InvalidDocument.self) { try ServiceDocument.parse(plain, file: "f.yaml") }
            #expect(error?.errors.map(\.code) == ["config-web-unprotected"])
        }
        for more in ["tls: {certificate: a, key: b}", "behind-proxy: true"] {
            let text = "web: {listen: \"\(listen)\", \(more)}"
            #expect(try ServiceDocument.parse(text, file: "f.yaml").web?.isSecure == true)
        }
    }

    /// Errors end in logs.
    @Test(arguments: [
        "alerts: {a: {webhook: {url: https://x, secret: hunter2}}}",
        "alerts: {a: {webhook: {url: https://x, secret: [hunter2]}}}",
        "alerts: {a: {slack: {url: hooks.example.com/hunter2}}}",
        "alerts: {a: {ntfy: {url: https://x, token: hunter2}}}",
    ])
    func aSecretInClearIsNotRepeated(_ text: String) {
        let error = #expect(throws: InvalidDocument.self) { try ServiceDocument.parse(text, file: "f.yaml") }
        #expect(error?.errors.isEmpty == false && error.map { "\($0)".contains("hunter2") } == false)
        #expect(error?.errors.first?.advice?.contains("file: PATH") == true)
    }

    @Test(arguments: [
        ("schedules: {a: {when: 5 4 * *, playbook: x}}", "config-invalid-cron", 1, 23),
        ("schedules: {a: {when: 0 0 30 2 *, playbook: x}}", "config-invalid-cron", 1, 23),
        ("schedules: {a: {when: '@daily'}}", "config-missing-key", 1, 16),
        ("schedules: {a: {when: '@daily', playbok: x}}", "config-unknown-key", 1, 33),
        ("schedules: {a: {when: '@daily', playbook: x, time-zone: Europe/Berln}}", "config-unknown-time-zone", 1, 57),
        ("schedules: {'a b': {when: '@daily', playbook: x}}", "config-invalid-value", 1, 13),
        ("web: {listen: localhost:80}", "config-invalid-value", 1, 15),
        ("web: {listen: 127.0.0.1}", "config-invalid-value", 1, 15),
        ("web: {listen: 127.0.0.1:99999}", "config-invalid-value", 1, 15),
        ("web: {listen: 0.0.0.0:80}", "config-web-unprotected", 1, 6),
        ("web: {listen: 127.0.0.1:80, tls: {key: x}}", "config-missing-key", 1, 34),
        ("shedules: {}", "config-unknown-key", 1, 1),
        ("schedules: [nightly]", "config-wrong-type", 1, 12),
        ("alerts: {a: {severity: high}}", "config-missing-key", 1, 13),
        ("alerts: {a: {slack: {url: https://x}, command: {run: [/x]}}}", "config-conflicting-keys", 1, 13),
        ("alerts: {a: {slack: {url: ftp://x}}}", "config-invalid-value", 1, 27),
        ("alerts: {a: {webhook: {url: https://x, secret: abc}}}", "config-wrong-type", 1, 48),
        ("alerts: {a: {slack: {url: https://x}, severity: hihg}}", "config-invalid-value", 1, 49),
        ("alerts: {a: {mail: {to: 'a@b, c@d'}}}", "config-invalid-value", 1, 25),
        ("schedules: {a: {when: '@daily', playbook: x, remediate: {drivr: apply}}}", "config-unknown-key", 1, 58),
        ("schedules: {a: {when: '@daily', playbook: x, remediate: aply}}", "config-invalid-value", 1, 57),
    ])
    func isRefusedAtItsPlace(_ text: String, _ code: String, _ line: Int, _ column: Int) {
        let error = #expect(throws: InvalidDocument.self) { try ServiceDocument.parse(text, file: "f.yaml") }
        let first = error?.errors.first { $0.code.rawValue == code }
        #expect(first?.location == SourceLocation(file: "f.yaml", line: line, column: column), "\(error?.errors ?? [])")
        #expect(
            first?.advice != nil || code == "config-wrong-type" || code == "config-missing-key"
                || code == "config-conflicting-keys" || text.contains("a b"))
    }
}
