internal import Crypto
internal import Fleet
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import Store

/// Answers whose content is known as a whole, with an entity tag by which a client asks whether it changed.
enum JSONAnswer {
    static func encoder() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return encoder
    }

    /// In one line, for an event's data; empty where there is no such JSON.
    static func line(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: Redaction.hide([UInt8]((try? encoder.encode(value)) ?? Data())), as: UTF8.self)
    }

    static func make(
        _ value: some Encodable, for request: Request, status: HTTPResponse.Status = .ok, links: String? = nil
    ) throws -> Response {
        var headers: HTTPFields = [.contentType: "application/json"]
        if let links { headers[.named("Link")] = links }
        return tagged([UInt8](try encoder().encode(value)), headers, status, for: request)
    }

    /// 304 without content where the client has it already.
    static func tagged(
        _ content: [UInt8], _ fields: HTTPFields, _ status: HTTPResponse.Status = .ok, for request: Request
    ) -> Response {
        let bytes = Redaction.hide(content)
        var headers = fields
        let tag =
            "\"" + SHA256.hash(data: bytes).prefix(16).map { String(Int($0) + 256, radix: 16).dropFirst() }.joined()
            + "\""
        headers[.eTag] = tag
        if headers[.cacheControl] == nil { headers[.cacheControl] = "private, no-cache" }
        if status == .ok, matches(request.headers[.ifNoneMatch], tag) {
            headers[.contentType] = nil
            return Response(status: .notModified, headers: headers)
        }
        return Response(status: status, headers: headers, body: .init(byteBuffer: .init(bytes: bytes)))
    }

    private static func matches(_ wanted: String?, _ tag: String) -> Bool {
        guard let wanted else { return false }
        return wanted.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
            .contains { $0 == "*" || $0 == tag || $0 == "W/\(tag)" }
    }
}

/// A part of a long list: `?limit=100&offset=200`.
struct PageOfList {
    let limit: Int
    let offset: Int

    static let usual = 100
    static let most = 1000

    /// Fails with `paging-invalid`.
    init(_ request: Request, usual: Int = usual) throws(WebFailure) {
        limit = try Self.number("limit", 1...Self.most, in: request) ?? usual
        offset = try Self.number("offset", 0...1_000_000_000, in: request) ?? 0
    }

    /// A number of the query; nil = it is not in it. Fails with `paging-invalid`.
    static func number(
        _ name: String, _ range: ClosedRange<Int>, in request: Request
    ) throws(WebFailure) -> Int? {
        guard let text = request.uri.queryParameters[Substring(name)] else { return nil }
        guard let number = Int(text), range.contains(number), text.utf8.allSatisfy({ (48...57).contains($0) }) else {
            throw WebFailure(
                .badRequest, "paging-invalid",
                "“\(text)” is no \(name): a whole number from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }

    func part<Element>(_ all: [Element]) -> [Element] { Array(all.dropFirst(offset).prefix(limit)) }

    /// The nodes that this part is about, where each has so many elements and their lists follow one another; `before`: how
    /// many of these nodes' elements come before the part.
    func nodes(of counts: [(node: NodeName, count: Int)]) -> (nodes: [NodeName], before: Int) {
        var (seen, before, nodes) = (0, 0, [NodeName]())
        for (node, count) in counts where count > 0 {
            if seen < offset + limit, seen + count > offset {
                if nodes.isEmpty { before = offset - seen }
                nodes.append(node)
            }
            seen += count
        }
        return (nodes, before)
    }

    /// RFC 8288: where the parts before and after are.
    func links(_ request: Request, of count: Int) -> String? {
        var links: [String] = []
        if offset + limit < count { links.append("<\(address(request, offset + limit))>; rel=\"next\"") }
        if offset > 0 { links.append("<\(address(request, max(0, offset - limit)))>; rel=\"prev\"") }
        return links.isEmpty ? nil : links.joined(separator: ", ")
    }

    func address(_ request: Request, _ offset: Int) -> String {
        let others = (request.uri.query ?? "").split(separator: "&").map(String.init)
            .filter { !$0.hasPrefix("limit=") && !$0.hasPrefix("offset=") }
        return request.uri.path + "?" + (others + ["limit=\(limit)", "offset=\(offset)"]).joined(separator: "&")
    }

    func json<Element: Encodable>(_ all: [Element], _ request: Request) throws -> Response {
        try json(part: part(all), of: all.count, request)
    }

    func json<Element: Encodable>(part: [Element], of count: Int, _ request: Request) throws -> Response {
        try JSONAnswer.make(part, for: request, links: links(request, of: count))
    }
}
