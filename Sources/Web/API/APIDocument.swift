internal import Foundation
internal import HTTPTypes

/// `openapi.json`. What is done at the control socket alone is described there alone too.
struct APIDocument: Sendable {
    let bytes: [UInt8]
    /// The methods of each path, such as `GET` of `/nodes/{node}`.
    let methods: [String: Set<String>]

    static let atSocket = APIDocument(PackageResources.openapi_json) { _ in true }
    static let overNetwork = APIDocument(PackageResources.openapi_json) { $0["x-socket-only"] as? Bool != true }

    /// Empty where it is no OpenAPI document.
    private init(_ source: [UInt8], isThere: ([String: Any]) -> Bool) {
        var document = (try? JSONSerialization.jsonObject(with: Data(source))) as? [String: Any] ?? [:]
        let all = document["paths"] as? [String: [String: [String: Any]]] ?? [:]
        let paths = all.mapValues { $0.filter { isThere($0.value) } }.filter { !$0.value.isEmpty }
        document["paths"] = paths
        let options: JSONSerialization.WritingOptions = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        bytes = [UInt8]((try? JSONSerialization.data(withJSONObject: document, options: options)) ?? Data())
        methods = paths.mapValues { Set($0.keys.map { $0.uppercased() }) }
    }
}
