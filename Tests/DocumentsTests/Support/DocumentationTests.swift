import Documents
import Fleet
import Foundation
import Testing

/// Every example of the references is a document the tool takes.
@Suite struct DocumentationTests {
    struct Example: Sendable {
        var language: String
        var text: String
        var line: Int
    }

    /// The fenced blocks whose first line names a kind of document: ```` ```yaml playbook ````.
    static func examples(_ page: String, kind: String) throws -> [Example] {
        let text = try String(contentsOfFile: "\(ShippedFilesTests.root)/docs/\(page)", encoding: .utf8)
        var examples: [Example] = []
        var open: Example?
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.hasPrefix("```") {
                if let example = open, example.language.hasSuffix(" \(kind)") { examples.append(example) }
                open = open == nil ? Example(language: String(line.dropFirst(3)), text: "", line: index + 1) : nil
            } else {
                open?.text += line + "\n"
            }
        }
        return examples
    }

    @Test func everyInventoryOfTheReferenceIsValid() throws {
        let examples = try Self.examples("inventory.md", kind: "inventory")
        #expect(examples.count == 4)
        for example in examples {
            let name = example.language.hasPrefix("ini") ? "hosts.ini" : "example.yaml"
            let reading = try InventoryDocument.parse(example.text, file: "\(name) at line \(example.line)")
            #expect(!reading.inventory.nodes.isEmpty)
        }
    }

    @Test func everyPlaybookOfTheReferenceIsValid() throws {
        let examples = try Self.examples("playbooks.md", kind: "playbook")
        #expect(examples.count == 8)
        for example in examples {
            _ = try PlaybookDocument.parse(example.text, file: "example at line \(example.line)")
        }
    }

    @Test func theDefaultsOfTheReferenceAreTheDefaults() throws {
        let examples = try Self.examples("playbooks.md", kind: "playbook")
        let text = try #require(examples.first { $0.text.contains("playbook: everything") }).text
        let playbook = try PlaybookDocument.parse(text, file: "p.yaml")
        #expect(playbook.settings == NodeSettings())
        #expect(playbook.rollout == RolloutSettings())
    }
}
