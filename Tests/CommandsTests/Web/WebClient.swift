import Foundation
import TestSupport

/// One HTTP exchange over a socket of its own, with every byte of the test's choosing.
struct WebClient {
    var port: UInt16
    var address = "127.0.0.1"

    struct Answer {
        var status: Int
        /// By name in lower case.
        var headers: [String: String]
        var body: String

        /// Nil = the server closed without a word.
        init?(_ text: String) {
            guard let end = text.range(of: "\r\n\r\n") else { return nil }
            let lines = text[..<end.lowerBound].components(separatedBy: "\r\n")
            guard let status = lines[0].split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else { return nil }
            self.status = status
            let pairs = lines.dropFirst().compactMap { line -> (String, String)? in
                guard let colon = line.firstIndex(of: ":") else { return nil }
                return (
                    line[..<colon].lowercased(), line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
                )
            }
            headers = Dictionary(pairs, uniquingKeysWith: { $0 + "\n" + $1 })
            body = Self.unchunked(String(text[end.upperBound...]), headers["transfer-encoding"] == "chunked")
        }

        private static func unchunked(_ text: String, _ isChunked: Bool) -> String {
            guard isChunked else { return text }
            var (rest, body) = (Array(text.utf8)[...], [UInt8]())
            while let end = rest.firstRange(of: Array("\r\n".utf8)),
                let size = Int(String(decoding: rest[..<end.lowerBound], as: UTF8.self), radix: 16), size > 0
            {
                body += rest[end.upperBound...].prefix(size)
                rest = rest[end.upperBound...].dropFirst(size + 2)
            }
            return String(decoding: body, as: UTF8.self)
        }
    }

    func get(_ path: String, _ headers: String...) throws -> Answer {
        try ask("GET \(path) HTTP/1.1\r\n" + head(headers) + "\r\n")
    }

    func post(_ path: String, _ form: String, _ headers: String...) throws -> Answer {
        let type = "Content-Type: application/x-www-form-urlencoded"
        return try ask(
            "POST \(path) HTTP/1.1\r\n" + head(headers + [type, "Content-Length: \(form.utf8.count)"]) + "\r\n" + form)
    }

    private func head(_ headers: [String]) -> String {
        let host = headers.contains { $0.hasPrefix("Host:") } ? [] : ["Host: \(address):\(port)"]
        return (host + ["Connection: close"] + headers).map { $0 + "\r\n" }.joined()
    }

    /// Sends these bytes and reads until the server closes.
    func ask(_ text: String) throws -> Answer {
        let words = try exchange(text)
        guard let answer = Answer(words) else { throw TestSupportError("no answer to \(text.prefix(200)): \(words)") }
        return answer
    }

    /// What came back, however little. `pieces`: what is sent after the first part, each after a pause. Ends after
    /// `seconds` whether the server has closed or not.
    func exchange(_ text: String, then pieces: [String] = [], pause: useconds_t = 0, seconds: Int = 40) throws -> String
    {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var patience = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        guard withSocketAddress(address, port, { connect(socket, $0, $1) }) == 0 else {
            throw TestSupportError("nothing listens on \(address):\(port)")
        }
        send(text, socket)
        for piece in pieces {
            usleep(pause)
            send(piece, socket)
        }
        return String(decoding: Self.readAll(socket), as: UTF8.self)
    }

    private func send(_ text: String, _ socket: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { Foundation.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard sent > 0 else { return }
            rest = rest.dropFirst(sent)
        }
    }

    private static func readAll(_ socket: Int32) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
    }
}
