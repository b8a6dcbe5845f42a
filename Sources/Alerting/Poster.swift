import AsyncHTTPClient
import Engine
import Fleet
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL
import Store

/// Posts alerts over HTTP. Redirects are not followed: they would carry what is signed to somebody else.
struct Poster: Sendable {
    private let client: HTTPClient
    private let time: any TimeSource

    /// From the beginning to the end of one request.
    private static let seconds: Int64 = 30
    /// The content was not understood: it will not be at another attempt.
    private static let refusals: Set<UInt> = [400, 405, 413, 415, 422]

    init(time: any TimeSource) {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout = .init(connect: .seconds(10), read: .seconds(Self.seconds))
        // The outbox does that; and what is wrong with a certificate shall be said, not that time ran out.
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        self.time = time
    }

    func close() async { try? await client.shutdown() }

    func send(_ alert: StoredAlert, by post: AlertPost) async throws(FleetError) {
        let url = try post.url.read()
        let secret = try post.secret.map { secret throws(FleetError) in try secret.read() }
        let hidden = [post.url.isSecret ? url : nil, secret].compactMap(\.self)
        let content = try PostRequest(alert, post.format, secret: secret, at: time.now())
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        for (name, value) in content.headers { request.headers.add(name: name, value: value) }
        request.body = .bytes(ByteBuffer(bytes: content.body))
        request.tlsConfiguration = try post.authorities.map(Self.trusting)
        let answer: (status: UInt, words: String)
        do { answer = try await self.answer(to: request) } catch {
            throw FleetError(
                "alert-not-sent", "The request failed: \("\(error)".redacting(hidden).printableLine).",
                advice: "It is tried again.")
        }
        guard !(200..<300).contains(answer.status) else { return }
        throw FleetError(
            Self.refusals.contains(answer.status) ? "alert-refused" : "alert-not-sent",
            "The receiver answered \(answer.status): \(answer.words.redacting(hidden).printableLine)",
            advice: answer.status < 400 ? "Redirects are not followed: name the address they lead to." : nil)
    }

    /// Read at each message: who renews the file need not restart anything.
    static func trusting(_ file: String) throws(FleetError) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        do {
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(file))
        } catch {
            throw FleetError(
                "alert-ca-unreadable", "The certificate authorities in \(file) can't be read: \(error).",
                advice: "It is a PEM file with at least one certificate, which the controller's user may read.")
        }
        return configuration
    }

    private func answer(to request: HTTPClientRequest) async throws -> (UInt, String) {
        let response = try await client.execute(request, timeout: .seconds(Self.seconds))
        var body = ByteBuffer()
        // The status says whether it was taken; that a receiver closes without a word after it changes nothing.
        do {
            for try await part in response.body {
                body.writeImmutableBuffer(part)
                if body.readableBytes > 300 { break }
            }
        } catch {}
        return (response.status.code, String(decoding: body.readableBytesView.prefix(300), as: UTF8.self))
    }
}
