internal import AsyncHTTPClient
internal import Fleet
internal import Foundation
internal import NIOCore

/// Server-sent events, one after the other.
struct EventReader {
    struct Event {
        var kind: String
        var data: Data
        /// Only a sign of life.
        var isSilence: Bool { kind.isEmpty }

        /// Fails with `controller-unintelligible`.
        func value<Value: Decodable>() throws -> Value {
            do { return try JSONDecoder().decode(Value.self, from: data) } catch {
                throw FleetError(
                    "controller-unintelligible", "The controller tells of “\(kind.printableLine)” in unknown words.",
                    advice: "Are controller and command of the same version?")
            }
        }
    }

    private var parts: HTTPClientResponse.Body.AsyncIterator
    private let path: String
    private var buffer: [UInt8] = []

    /// One line is an event's data: a plan's verdicts at most.
    private static let mostBytes = 256 << 20

    init(body: HTTPClientResponse.Body, path: String) {
        parts = body.makeAsyncIterator()
        self.path = path
    }

    /// Nil at the end of the stream. Fails with `controller-gone`.
    mutating func next() async throws -> Event? {
        var (kind, data) = ("message", [UInt8]())
        while let line = try await line() {
            if line.first == UInt8(ascii: ":") { return Event(kind: "", data: Data()) }
            if line.isEmpty {
                if !data.isEmpty { return Event(kind: kind, data: Data(data)) }
                continue
            }
            let text = String(decoding: line.prefix(64), as: UTF8.self)
            if text.hasPrefix("event: ") { kind = String(decoding: line.dropFirst(7), as: UTF8.self) }
            if text.hasPrefix("data: ") { data += line.dropFirst(6) }
        }
        return nil
    }

    private mutating func line() async throws -> [UInt8]? {
        var searched = 0
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { buffer.removeFirst(end + 1) }
                return Array(buffer[..<end])
            }
            searched = buffer.count
            guard buffer.count < Self.mostBytes else {
                throw FleetError("controller-unintelligible", "The controller sends a line without end.")
            }
            do {
                guard let part = try await parts.next(isolation: #isolation) else { return nil }
                buffer += part.readableBytesView
            } catch is CancellationError { throw CancellationError() } catch {
                throw FleetError.controllerGone(path, "\(error)")
            }
        }
    }
}
