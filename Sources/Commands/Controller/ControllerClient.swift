internal import AsyncHTTPClient
internal import Fleet
internal import Foundation
internal import NIOCore
internal import NIOHTTP1

/// Requests to the controller's API through its socket. Its problems become the errors they were made of.
struct ControllerClient: Sendable {
    let path: String
    /// More than any answer has but a plan of thousands of nodes.
    private static let mostBytes = 1 << 30
    private static let seconds: Int64 = 60

    /// For the life of the process: nothing is left to be closed in order when it ends.
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout = .init(connect: .seconds(5))
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    func get<Value: Decodable>(_ address: String, within seconds: Int64 = Self.seconds) async throws -> Value {
        try decode(try await whole(request(.GET, address), seconds))
    }

    func post(_ address: String, form: [String: String] = [:]) async throws {
        _ = try await whole(request(.POST, address, form: form), Self.seconds)
    }

    func post<Value: Decodable>(_ address: String) async throws -> Value {
        try decode(try await whole(request(.POST, address), Self.seconds))
    }

    /// The answer as server-sent events. Fails with `controller-gone` when it ends before its time.
    func events(_ address: String) async throws -> EventReader { try await events(of: request(.GET, address)) }

    /// The same for what a body asks for.
    func events(_ address: String, sending body: some Encodable) async throws -> EventReader {
        var request = try request(.POST, address)
        request.headers.add(name: "Content-Type", value: "application/json")
        request.body = .bytes(ByteBuffer(bytes: try JSONEncoder().encode(body)))
        return try await events(of: request)
    }

    private func events(of request: HTTPClientRequest) async throws -> EventReader {
        let response = try await execute(request, .distantFuture)
        try await check(response)
        return EventReader(body: response.body, path: path)
    }

    private func request(_ method: HTTPMethod, _ address: String, form: [String: String] = [:]) throws
        -> HTTPClientRequest
    {
        guard let url = URL(httpURLWithSocketPath: path, uri: "/api/v1/\(address)") else {
            throw FleetError("controller-not-there", "“\(path)” can't be the path of a socket.")
        }
        var request = HTTPClientRequest(url: url.absoluteString)
        request.method = method
        request.headers.add(name: "Host", value: "localhost")
        // Believed of root only, who may act for whom sudo names.
        if let user = ProcessInfo.processInfo.environment["SUDO_USER"] {
            request.headers.add(name: "Vfiofleet-Actor", value: user.filter { $0.isASCII && !$0.isNewline })
        }
        if !form.isEmpty {
            request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
            let text = form.map { "\($0.key)=\($0.value.asQueryValue)" }.joined(separator: "&")
            request.body = .bytes(ByteBuffer(string: text))
        }
        return request
    }

    private func whole(_ request: HTTPClientRequest, _ seconds: Int64) async throws -> ByteBuffer {
        let response = try await execute(request, .now() + .seconds(seconds))
        try await check(response)
        do { return try await response.body.collect(upTo: Self.mostBytes) } catch { throw gone(error) }
    }

    private func execute(_ request: HTTPClientRequest, _ deadline: NIODeadline) async throws -> HTTPClientResponse {
        do { return try await Self.client.execute(request, deadline: deadline) } catch is CancellationError {
            throw CancellationError()
        } catch { throw gone(error) }
    }

    /// Fails with what the controller says went wrong.
    private func check(_ response: HTTPClientResponse) async throws {
        guard !(200..<300).contains(response.status.code) else { return }
        let body: ByteBuffer
        do { body = try await response.body.collect(upTo: 1 << 20) } catch { throw gone(error) }
        let problem: SentProblem
        do { problem = try decode(body) } catch { throw unintelligible("it answered \(response.status.code)") }
        throw problem.error
    }

    private func decode<Value: Decodable>(_ buffer: ByteBuffer) throws -> Value {
        do { return try JSONDecoder().decode(Value.self, from: Data(buffer.readableBytesView)) } catch {
            throw unintelligible("its answer is not what was asked for")
        }
    }

    private func unintelligible(_ reason: String) -> FleetError {
        FleetError(
            "controller-unintelligible", "What listens at \(path) is no controller of this version: \(reason).",
            advice: "Name its socket with --socket, or work alone with --local.")
    }

    private func gone(_ error: any Error) -> FleetError { .controllerGone(path, "\(error)") }
}

/// What the API says of a request that failed (RFC 9457, with our code).
struct SentProblem: Decodable {
    var code: String
    var detail: String
    var advice: String?
    var errors: [FleetError]?

    /// As it was before it was sent.
    var error: any Error {
        let first = FleetError(FleetError.Code(rawValue: code), detail, advice: advice)
        guard let errors else { return first }
        return errors.count == 1 ? errors[0] : Failures(errors: errors)
    }
}

extension FleetError {
    static func controllerGone(_ path: String, _ reason: String) -> FleetError {
        FleetError(
            "controller-gone", "The controller at \(path) does not answer any more (\(reason)).",
            advice: "Does it run? See: systemctl status vfiofleet.")
    }
}

extension String {
    var asQueryValue: String {
        addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(CharacterSet(charactersIn: "-._~"))) ?? ""
    }
}
