import Foundation
import Store
import TestSupport
import Testing

/// Requests that no browser sends.
@Suite struct HostileWebTests {
    private let safe = [
        "content-security-policy", "x-content-type-options", "referrer-policy", "cross-origin-opener-policy",
        "cross-origin-resource-policy", "permissions-policy", "cache-control",
    ]

    @Test(.timeLimit(.minutes(2))) func malformedAndOversizedRequestsAreRefused() async throws {
        let web = try await WebFixture()
        let client = web.client
        let host = "Host: 127.0.0.1:\(web.port)\r\n"
        for request in [
            "nonsense\r\n\r\n", "GET / HTTP/9.9\r\n\(host)\r\n", "GET /\u{0} HTTP/1.1\r\n\(host)\r\n",
            "GET / HTTP/1.1\r\n\(host)X: \(String(repeating: "a", count: 20_000))\r\n\r\n",
            "GET / HTTP/1.1\r\n\(host)" + (0..<500).map { "X-\($0): y\r\n" }.joined() + "\r\n",
            "POST /login HTTP/1.1\r\n\(host)Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
            "POST /login HTTP/1.1\r\n\(host)Content-Length: -1\r\n\r\n",
        ] {
            let words = try client.exchange(request)
            let status = WebClient.Answer(words)?.status ?? 400
            #expect((400...431).contains(status), "\(request.prefix(60)): \(words.prefix(200))")
        }
        let large = try client.post("/login", "user=" + String(repeating: "a", count: 100_000))
        #expect(large.status == 413, "\(large)")
        let chunked = "10000\r\n" + String(repeating: "a", count: 65_536) + "\r\n"
        let endless = try client.exchange(
            "POST /login HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\n\(chunked)\(chunked)0\r\n\r\n",
            seconds: 15)
        #expect(WebClient.Answer(endless)?.status == 413, "\(endless.prefix(300))")
        let typed =
            "POST /login HTTP/1.1\r\n\(host)Connection: close\r\nContent-Type: text/xml\r\nContent-Length: 3\r\n\r\n<a>"
        #expect(try client.ask(typed).status == 415)
        #expect(try client.get("/healthz").status == 200, "it goes on")
    }

    @Test(.timeLimit(.minutes(2))) func nothingOfTheDiskCanBeHad() async throws {
        let web = try await WebFixture()
        try await web.add("vera", "viewer")
        let token = try await web.token("vera")
        for path in [
            "/assets/../../../etc/passwd", "/assets/%2e%2e/%2e%2e/etc/passwd", "/../etc/passwd", "//etc/passwd",
            "/assets/..%2f..%2fetc%2fpasswd", "/nodes/..%2f..%2fetc%2fpasswd", "/nodes/%00", "/api/v1/nodes/%2e%2e",
            "/api/v1/rollouts/..", "/api/v1/plans/%2e%2e%2f", "/rollouts/%ff%fe",
        ] {
            let answer = try web.client.get(path, token)
            #expect([400, 404].contains(answer.status) && !answer.body.contains("root:"), "\(path): \(answer)")
            for name in safe { #expect(answer.headers[name] != nil, "\(path) lacks \(name)") }
        }
        let script = try web.client.get("/nodes/%3Cscript%3Ealert(1)%3C%2Fscript%3E", token)
        #expect(script.status == 404 && !script.body.contains("<script>alert"), "\(script.body)")
        let wrong = try web.client.get("/?selector=%3Cimg%20src%3Dx%3E&state=%22%3E", token)
        #expect(wrong.status == 200 && !wrong.body.contains("<img"))
        #expect(try web.client.get("/api/v1/nodes?limit=0", token).status == 400)
        #expect(try web.client.get("/api/v1/nodes?offset=-1", token).status == 400)
        #expect(
            try web.client.ask(
                "DELETE /api/v1/nodes HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\(token)\r\n\r\n"
            ).status == 405)
    }

    @Test(.timeLimit(.minutes(1))) func onlyItsOwnNamesAreAnswered() async throws {
        let web = try await WebFixture("  names: [fleet.example.org]\n")
        for (host, status) in [
            ("evil.example", 421), ("127.0.0.1.evil.example", 421), ("", 421), ("fleet.example.org", 200),
            ("FLEET.example.org:8443", 200), ("localhost:\(web.port)", 200), ("[::1]", 200),
        ] {
            #expect(try web.client.get("/login", "Host: \(host)").status == status, "\(host)")
        }
        let absent = try web.client.exchange("GET /login HTTP/1.1\r\nConnection: close\r\n\r\n")
        #expect(WebClient.Answer(absent).map { $0.status >= 400 } ?? true)
    }

    /// What stands in front of the page may go by one of them, and the page by the other.
    @Test(.timeLimit(.minutes(1))) func whoNamesTwoHostsIsRefused() async throws {
        let web = try await WebFixture("  names: [fleet.example.org]\n")
        func status(_ target: String, _ fields: String...) throws -> Int {
            let head = fields.map { $0 + "\r\n" }.joined()
            return try web.client.ask("GET \(target) HTTP/1.1\r\nConnection: close\r\n\(head)\r\n").status
        }
        for path in ["/login", "/healthz", "/readyz", "/api/v1/nodes", "/nowhere"] {
            #expect(try status(path, "Host: localhost", "Host: evil.example") == 400, "\(path)")
            #expect(try status(path, "Host: localhost", "host: localhost") == 400, "\(path)")
            #expect(try status("http://evil.example\(path)", "Host: localhost") == 400, "\(path)")
            #expect(try status("HTTP://evil.example:80\(path)?x=/", "Host: localhost") == 400, "\(path)")
            #expect(try status("https://evil@localhost\(path)", "Host: localhost") == 400, "\(path)")
            #expect(try status(path) == 400, "\(path): none")
            #expect(try status("http://localhost\(path)") == 400, "\(path): none beside the address")
        }
        #expect(try status("http://evil.example", "Host: localhost") == 400)
        #expect(try status("http://evil.example/login", "Host: evil.example") == 421)
        #expect(try status("http://fleet.example.org/login", "Host: FLEET.example.org") == 200)
        #expect(try status("/login?next=http://evil.example/", "Host: localhost") == 200)
    }

    /// Neither a page nor a program that nobody is known of learns where the database is.
    @Test(.timeLimit(.minutes(1))) func whoIsNotLoggedInLearnsNoPath() async throws {
        let web = try await WebFixture()
        // Once it has written what it writes at its start: what comes ends it.
        while try await web.store.lease("schedules") == nil { try await Task.sleep(for: .milliseconds(20)) }
        try await Task.sleep(for: .seconds(1))
        try FileManager.default.moveItem(
            atPath: web.folder.path + "/fleet.db", toPath: web.folder.path + "/elsewhere.db")
        let answers = [
            try web.client.post("/login", "user=anna&password=guess"), try web.client.get("/readyz"),
            try web.client.get("/", "Cookie: vfiofleet=vff_x"),
            try web.client.get("/api/v1/nodes", "Authorization: Bearer vff_x"),
        ]
        #expect(answers[0].status == 500 && answers[0].body.contains("store-replaced"), "\(answers[0])")
        for answer in answers {
            #expect(!answer.body.contains("fleet.db") && !answer.body.contains("vfiofleet-test"), "\(answer)")
        }
        let ended = try await web.end()
        #expect(ended.error.contains("fleet.db"), "the log says it: \(ended.transcript)")
    }

    @Test(.timeLimit(.minutes(2))) func whoeverSendsDropByDropIsLeft() async throws {
        let web = try await WebFixture()
        let head = "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n"
        let start = ContinuousClock.now
        let words = try web.client.exchange(
            head, then: Array(repeating: "a", count: 12), pause: 1_000_000, seconds: 20)
        #expect(WebClient.Answer(words)?.status == 408, "\(words)")
        #expect(ContinuousClock.now - start < .seconds(25))
    }
}
