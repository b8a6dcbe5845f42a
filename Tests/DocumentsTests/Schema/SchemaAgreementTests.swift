import Fleet
import Foundation
import Testing

@testable import Documents

/// An editor with the schema accepts what the reader accepts. What only shows between parts of a document (a name that
/// nothing has, a number given twice) is the reader's alone.
@Suite struct SchemaAgreementTests {
    private static let readersAlone: Set<String> = [
        "selector", "unknown-device", "unknown-group", "unknown-node", "duplicate-node", "duplicate-group",
        "duplicate-device", "duplicate-guest", "shared-address", "group-cycle",
        "unknown-time-zone", "window-too-short", "window-without-end", "invalid-cron",
    ]

    /// Nil = only the reader can tell.
    private static func readerAccepts(_ tree: Tree, _ kind: DocumentSchema) -> Bool? {
        let diagnostics = Diagnostics(file: "x", kind: kind.rawValue)
        switch kind {
        case .inventory:
            var draft = InventoryDraft()
            OwnInventory.read(tree, into: &draft, diagnostics)
        case .playbook:
            _ = PlaybookDocument.read(tree, diagnostics)
        case .config:
            _ = ServiceDocument.read(tree, diagnostics)
        }
        let codes = diagnostics.errors.map { $0.code.rawValue.dropFirst(kind.rawValue.count + 1) }
        if codes.contains(where: { !readersAlone.contains(String($0)) }) { return false }
        return codes.isEmpty ? true : nil
    }

    private static func documents(_ kind: DocumentSchema) throws -> [String] {
        let root = ShippedFilesTests.root
        switch kind {
        case .inventory:
            return [
                OwnInventoryTests.full, try String(contentsOfFile: "\(root)/inventory/example.yaml", encoding: .utf8),
            ]
        case .playbook:
            return try [PlaybookDocumentTests.full]
                + ["gpu-passthrough", "amd-gpu", "compliance-only"].map {
                    try String(contentsOfFile: "\(root)/playbooks/\($0).yaml", encoding: .utf8)
                }
        case .config: return [ServiceDocumentTests.full, ServiceDocumentTests.more]
        }
    }

    @Test(arguments: DocumentSchema.allCases)
    func goodDocumentsAreAcceptedByBoth(_ kind: DocumentSchema) throws {
        for text in try Self.documents(kind) {
            let tree = try #require(YAMLTree.read(text, Diagnostics(file: "x", kind: "x")))
            #expect(Self.readerAccepts(tree, kind) != false)
            #expect(try SchemaValidator.accepts(tree, kind.json))
        }
    }

    /// Each good document with one thing changed, everywhere it can be.
    @Test(arguments: DocumentSchema.allCases, Mutation.allCases)
    func bothJudgeEveryChangeAlike(_ kind: DocumentSchema, _ mutation: Mutation) throws {
        var judged = 0
        for text in try Self.documents(kind) {
            let tree = try #require(YAMLTree.read(text, Diagnostics(file: "x", kind: "x")))
            for changed in mutation.applied(to: tree) {
                let schema = try SchemaValidator.accepts(changed, kind.json)
                guard let reader = Self.readerAccepts(changed, kind) else { continue }
                judged += 1
                #expect(schema == reader, "\(mutation): schema \(schema), reader \(reader): \(changed.outline)")
            }
        }
        #expect(judged > 20)
    }

    /// The files in docs/schema are what the program would print. To renew one: vfiofleet schema KIND > FILE.
    @Test(arguments: DocumentSchema.allCases)
    func theSchemaFilesAreTheTables(_ kind: DocumentSchema) throws {
        let path = "\(ShippedFilesTests.root)/docs/schema/\(kind.rawValue).json"
        #expect(try String(contentsOfFile: path, encoding: .utf8) == kind.text)
        #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(kind.text.utf8)) }
    }
}

extension Tree {
    /// The document on one line, for a failing test.
    fileprivate var outline: String {
        switch content {
        case .scalar(let scalar): scalar.isPlain ? scalar.text : "'\(scalar.text)'"
        case .sequence(let items): "[\(items.map(\.outline).joined(separator: ", "))]"
        case .mapping(let entries): "{\(entries.map { "\($0.key): \($0.value.outline)" }.joined(separator: ", "))}"
        }
    }
}
