internal import Foundation

/// A real HTTP server that keeps what is posted to it, and answers as it is told; with a certificate it speaks TLS.
public final class HTTPReceiver: Sendable {
    public struct Request: Decodable, Sendable {
        public var path: String
        /// Names in lower case.
        public var headers: [String: String]
        public var body: String
    }

    private let folder: TemporaryFolder
    private let server: RunningProgram
    public let port: Int
    private let scheme: String
    public var url: String { "\(scheme)://127.0.0.1:\(port)" }

    private static let script = """
        import http.server, json, os, ssl, sys
        folder = sys.argv[1]
        count = 0
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                global count
                body = self.rfile.read(int(self.headers.get('Content-Length', 0))).decode()
                count += 1
                headers = {name.lower(): value for name, value in self.headers.items()}
                with open(f'{folder}/part', 'w') as out:
                    json.dump({'path': self.path, 'headers': headers, 'body': body}, out)
                os.rename(f'{folder}/part', f'{folder}/request-{count}')
                status = int(open(f'{folder}/status').read())
                self.send_response(status)
                if 300 <= status < 400: self.send_header('Location', '/elsewhere')
                self.end_headers()
                self.wfile.write(b'said ' + self.path.encode() + b' ' + self.headers.get('authorization', '').encode())
            def log_message(self, *arguments): pass
        # A thread for each connection: one that fails its handshake holds up nobody.
        server = http.server.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[2])), Handler)
        if len(sys.argv) > 3:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(sys.argv[3], sys.argv[4])
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        open(f'{folder}/port-part', 'w').write(str(server.server_port))
        os.rename(f'{folder}/port-part', f'{folder}/port')
        server.serve_forever()
        """

    /// `port`: 0 = any that is free.
    public init(port wanted: Int = 0, status: Int = 200, tls: TestAuthority.Certificate? = nil) async throws {
        scheme = tls == nil ? "http" : "https"
        folder = try TemporaryFolder()
        try folder.write("\(status)", to: "status")
        server = try Program("/usr/bin/python3").start(
            ["-c", Self.script, folder.path, "\(wanted)"] + (tls.map { [$0.certificate, $0.key] } ?? []))
        var found: Int?
        while found == nil {
            guard server.isRunning else { throw TestSupportError(try await server.result().transcript) }
            found = (try? folder.text("port")).flatMap(Int.init)
            try await Task.sleep(for: .milliseconds(5))
        }
        port = found ?? 0
    }

    /// From now on it answers so.
    public func answer(_ status: Int) throws { try folder.write("\(status)", to: "status") }

    /// What was posted so far, in order.
    public var requests: [Request] {
        get throws {
            var requests: [Request] = []
            while let text = try? folder.text("request-\(requests.count + 1)") {
                requests.append(try JSONDecoder().decode(Request.self, from: Data(text.utf8)))
            }
            return requests
        }
    }

    /// Waits until so many were posted.
    public func requests(atLeast count: Int, within limit: Duration = .seconds(30)) async throws -> [Request] {
        let deadline = ContinuousClock.now + limit
        while try requests.count < count, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(10))
        }
        return try requests
    }

    public func stop() { server.send(SIGKILL) }
}
