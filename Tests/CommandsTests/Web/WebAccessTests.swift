import Fleet
import Forms
import Foundation
import Store
import TestSupport
import Testing

/// The page lets in who belongs, and nobody else.
@Suite struct WebAccessTests {
    @Test(.timeLimit(.minutes(2))) func onlyUsersGetIn() async throws {
        let web = try await WebFixture()
        try await web.add("anna", "approver")
        for path in ["/", "/gpus", "/nodes/x", "/rollouts", "/audit", "/compliance", "/nowhere"] {
            let answer = try web.client.get(path)
            #expect(
                answer.status == 303 && answer.headers["location"]?.hasPrefix("/login") == true, "\(path): \(answer)")
        }
        for path in ["/api/v1/nodes", "/api/v1/nowhere", "/metrics"] {
            let answer = try web.client.get(path)
            #expect(answer.status == 401 && answer.headers["content-type"] == "application/problem+json", "\(path)")
        }
        #expect(try web.client.post("/rollouts/x/abort", "").status == 401)
        for path in ["/healthz", "/readyz", "/login"] { #expect(try web.client.get(path).status == 200) }

        let wrong = try web.client.post("/login", "user=anna&password=wrong+horse+battery")
        #expect(wrong.status == 401 && wrong.headers["set-cookie"] == nil && wrong.body.contains("is wrong"))
        let nobody = try web.client.post("/login", "user=nobody&password=correct+horse+battery")
        #expect(nobody.status == 401 && nobody.body == wrong.body, "who there is can't be told")

        let right = try web.client.post("/login", "user=anna&password=correct+horse+battery&next=//evil.example/")
        #expect(right.status == 303 && right.headers["location"] == "/")
        let cookie = try #require(right.headers["set-cookie"])
        #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && !cookie.contains("Secure"))
        let (session, form) = try web.logIn("anna")
        #expect(try web.client.get("/", session).status == 200)
        #expect(try web.client.get("/", "Cookie: vfiofleet=vff_made-up").status == 303)
        #expect(try web.client.post("/logout", "", session).status == 403, "a form of nobody's")
        #expect(try web.client.post("/logout", form, session).status == 303)
        #expect(try web.client.get("/", session).status == 303)
        let actions = try await web.store.auditLog().map(\.action).filter { $0 != "lease-take" }
        #expect(actions == ["user-add", "login-refused", "login-refused", "login", "login", "logout"])
        #expect(try await web.end().status == 130)
    }

    @Test(.timeLimit(.minutes(2))) func rolesAndFormsBoundWhatIsDone() async throws {
        let web = try await WebFixture()
        try await web.add("vera", "viewer")
        try await web.add("olaf", "operator")
        let (viewer, operator_) = (try await web.token("vera"), try await web.token("olaf"))
        let refused = try web.client.post("/api/v1/rollouts/r1/abort", "", viewer)
        #expect(refused.status == 403 && refused.body.contains("takes the role operator"))
        #expect(try web.client.post("/api/v1/rollouts/r1/abort", "", operator_).status == 404)
        #expect(try web.client.post("/api/v1/requests/1/approve", "", operator_).status == 403)
        #expect(try web.client.get("/metrics", viewer).body.contains("vfiofleet_nodes{state=\"good\"} 0"))

        let (session, form) = try web.logIn("olaf")
        #expect(try web.client.post("/rollouts/r1/abort", form, session).status == 404)
        #expect(try web.client.post("/rollouts/r1/abort", "form-token=AAAA", session).status == 403)
        for foreign in ["Origin: https://evil.example", "Sec-Fetch-Site: cross-site", "Origin: null"] {
            let answer = try web.client.post("/rollouts/r1/abort", form, session, foreign)
            #expect(answer.status == 403 && answer.body.contains("another site"), "\(foreign): \(answer)")
        }
        #expect(try web.client.post("/rollouts/r1/abort", form, session, "Origin: \(web.base)").status == 404)

        let id = try #require(try await web.store.tokens().first).id
        try await web.store.revokeToken(id, at: WebFleet.now.adding(seconds: 5), by: "test")
        #expect(try web.client.get("/api/v1/nodes", viewer).status == 401)
    }

    /// Of a refused login the name is kept, and nothing that could be a password.
    @Test(.timeLimit(.minutes(2))) func refusedNamesAreKeptAndPasswordsAreNot() async throws {
        let web = try await WebFixture()
        try await web.add("annas-very-long-name", "viewer")
        let secret = "Tr0ub4dor-and-3"
        for (user, password) in [
            ("annas-very-long-name", "nonsense+nonsense"), ("mallory", "guess"), ("%1b%5b2Jx", "guess"),
            (secret, ""), ("short-one", "short-one"), ("%C3%A9".repeated(4000), "guess"),
        ] { #expect(try web.client.post("/login", "user=\(user)&password=\(password)").status == 401) }
        let refused = try await web.store.auditLog().filter { $0.action == "login-refused" }
        #expect(refused.allSatisfy { $0.subject == "127.0.0.1" })
        #expect(
            refused.map { AuditDocument($0).detail["name"] } == [
                "annas-very-long-name", "mallory", "\\e[2Jx", "Tr0… (15 bytes)", "(as the password)",
                "ééé… (128 bytes)",
            ])
        for entry in refused {
            for secret in [secret, "nonsense", "guess", "short-one"] { #expect(!entry.detail.contains(secret)) }
        }
        #expect(try await web.store.checkAudit().flaws.isEmpty)
    }

    @Test(.timeLimit(.minutes(2))) func passwordsCannotBeTriedAtWill() async throws {
        let web = try await WebFixture()
        try await web.add("anna", "viewer")
        for _ in 1...5 { #expect(try web.client.post("/login", "user=anna&password=guess").status == 401) }
        let limited = try web.client.post("/login", "user=anna&password=correct+horse+battery")
        #expect(limited.status == 429 && (Int(limited.headers["retry-after"] ?? "") ?? 0) > 60, "\(limited)")
    }

    @Test(.timeLimit(.minutes(2))) func secretsAreNotInTheDatabase() async throws {
        let web = try await WebFixture()
        try await web.add("anna", "viewer")
        let token = try #require(try await web.token("anna").split(separator: " ").last)
        let session = try #require(try web.logIn("anna").cookie.split(separator: "=").last)
        let short = try await web.program.run("user", "add", "ben", "--role", "viewer", input: "short\n")
        #expect(short.status == 1 && short.error.contains("[password-weak]"))
        let argument = try await web.program.run("user", "passwd", "anna", "--password", "correct horse battery")
        #expect(argument.status == 64)
        let ended = try await web.end()
        let files = try FileManager.default.contentsOfDirectory(atPath: web.folder.path).filter {
            $0.hasPrefix("fleet.db")
        }
        for secret in [String(token), String(session), WebFixture.password] {
            for file in files {
                let bytes = try Data(contentsOf: URL(filePath: web.folder.path + "/" + file))
                #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(file) holds a secret")
            }
            #expect(!ended.transcript.contains(secret))
        }
        #expect(
            try await web.store.userToCheck(try #require(.init("anna")))?.password.hasPrefix("scrypt$15$8$3$") == true)
    }
}

extension String {
    fileprivate func repeated(_ count: Int) -> String { String(repeating: self, count: count) }
}
