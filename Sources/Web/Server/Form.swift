internal import Fleet
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// What a page's form sent.
struct Form: Sendable {
    private let fields: [String: String]

    static let mostBytes = 64 * 1024
    /// For the whole body, however slowly it comes.
    private static let patience = Duration.seconds(10)

    subscript(_ name: String) -> String { fields[name] ?? "" }

    /// Reads the body. Fails with `body-too-large`, `body-too-slow`, `body-not-a-form`.
    static func read(_ request: Request) async throws -> Form {
        let buffer = try await body(of: request, upTo: mostBytes)
        if buffer.readableBytes == 0 { return Form(fields: [:]) }
        let type = request.headers[.contentType]?.split(separator: ";").first ?? ""
        guard type == "application/x-www-form-urlencoded" else {
            throw WebFailure(.unsupportedMediaType, "body-not-a-form", "A form or an empty body is wanted here.")
        }
        return Form(fields: decode(String(buffer: buffer)))
    }

    /// Fails with `body-too-large`, `body-too-slow`.
    static func body(of request: Request, upTo mostBytes: Int) async throws -> ByteBuffer {
        try await withThrowingTaskGroup(of: ByteBuffer?.self) { group in
            group.addTask {
                do { return try await request.body.collect(upTo: mostBytes) } catch is NIOTooManyBytesError {
                    throw WebFailure(
                        .contentTooLarge, "body-too-large", "A body here has at most \(mostBytes) bytes.")
                }
            }
            group.addTask {
                try await Task.sleep(for: patience)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let buffer = first else {
                throw WebFailure(.requestTimeout, "body-too-slow", "The body did not come in time.")
            }
            return buffer
        }
    }

    private static func decode(_ text: String) -> [String: String] {
        func plain(_ part: Substring) -> String {
            part.replacingOccurrences(of: "+", with: " ").removingPercentEncoding ?? ""
        }
        let pairs = text.split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (plain(parts[0]), parts.count > 1 ? plain(parts[1]) : "")
        }
        return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }
}

/// What a program sent as JSON.
enum JSONBody {
    /// A playbook for thousands of nodes is no larger.
    private static let mostBytes = 1024 * 1024

    /// Fails with `body-not-json`, and as forms do.
    static func read<Value: Decodable>(_ request: Request) async throws -> Value {
        let buffer = try await Form.body(of: request, upTo: mostBytes)
        do { return try JSONDecoder().decode(Value.self, from: Data(buffer.readableBytesView)) } catch {
            throw WebFailure(.badRequest, "body-not-json", "The body is not the JSON that is wanted here.")
        }
    }
}
