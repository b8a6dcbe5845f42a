import Foundation
import TestSupport

/// `plan --json`, as far as it is documented.
struct PlanDocument: Decodable {
    struct Node: Decodable {
        struct Reason: Decodable {
            var code: String
            var message: String
        }
        struct File: Decodable {
            var path: String
            var diff: String
        }
        var node: String
        var verdict: String
        var reasons: [Reason]
        var files: [File]
        var commands: [String]
        var reboot: Bool

        /// The lines a file gets.
        func added(to path: String) -> [String] {
            let diff = files.first { $0.path == path }?.diff ?? ""
            return diff.split(separator: "\n").filter { $0.hasPrefix("+") && !$0.hasPrefix("+++") }
                .map { String($0.dropFirst()) }
        }

        func messages(_ code: String) -> [String] { reasons.filter { $0.code == code }.map(\.message) }
    }
    var nodes: [Node]
}

/// `verify --json`, as far as it is documented.
struct VerifyDocument: Decodable {
    struct Node: Decodable {
        struct Check: Decodable {
            var id: String
            var device: String?
            var status: String
            var message: String
        }
        var node: String
        var verdict: String
        var checks: [Check]
    }
    var nodes: [Node]
}

extension Program.Result {
    /// The standard output, decoded.
    func document<Document: Decodable>(_ type: Document.Type) throws -> Document {
        do { return try JSONDecoder().decode(type, from: Data(output.utf8)) } catch {
            throw TestSupportError("no such document: \(error)\n\(transcript)")
        }
    }
}
