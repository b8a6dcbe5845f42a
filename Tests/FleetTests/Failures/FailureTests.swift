import Foundation
import TestSupport
import Testing

@testable import Fleet

/// Every known way in which passthrough goes wrong is seen, and told by its own code: not on the healthy node, and on the
/// same node with the failure. docs/failures.md is the list for people.
@Suite struct FailureTests {
    static let all =
        Failure.platform + Failure.boot + Failure.groups + Failure.bindings + Failure.leftovers + Failure.hardware
        + Failure.guests

    @Test(arguments: all) func isToldByItsOwnCode(_ failure: Failure) throws {
        var node = failure.isChecked ? try failure.rolledOut() : try failure.healthy()
        #expect(try node.tells(failure.sign).isEmpty, "the healthy node shows it already")
        try failure.happens(&node)
        let told = try node.tells(failure.sign)
        let reasons = node.plan(try Fixtures.node()).reasons
        #expect(!told.isEmpty, "\(reasons.map { "\($0.severity) \($0.code)" })")
        for words in failure.says {
            #expect(told.contains { $0.contains(words) }, "“\(words)” is not in \(told)")
        }
    }

    /// A node with one thing wrong is blocked for that one thing, or not at all.
    @Test(arguments: all.filter { !$0.isChecked }) func nothingElseIsBlamed(_ failure: Failure) throws {
        var node = try failure.healthy()
        let name = try Fixtures.node()
        #expect(node.plan(name).verdict == .change, "\(node.plan(name).blockers)")
        try failure.happens(&node)
        let blockers = Set(node.plan(name).blockers)
        if case .plan(.blocker, let code) = failure.sign {
            #expect(blockers == Set([code.rawValue] + failure.also.map(\.rawValue)))
        } else {
            #expect(blockers.isEmpty)
        }
    }

    /// The list for people has every failure, and no code that does not exist.
    @Test func theListForPeopleIsWhole() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../docs/failures.md")
        let rows = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").filter { $0.hasPrefix("| ") }
        let cells = rows.map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
        let numbers = Set(cells.compactMap(\.first))
        #expect(numbers.isSuperset(of: (1...43).map { "F\($0)" }))
        for failure in Self.all {
            let own = cells.filter { $0.first == failure.number || failure.number == "-" && $0.first == "–" }
            #expect(own.contains { $0.joined().contains("`\(failure.code)`") }, "\(failure): \(failure.code)")
        }
        let known = Set(Explanations.all.map(\.topic)).union(["degraded"])
        for code in cells.filter({ $0.count == 5 }).flatMap({ $0[3].matches(of: /`([a-z0-9-]+)`/).map { String($0.1) } }
        ) {
            #expect(known.contains(code) || code == "gpus", "\(code)")
        }
    }

    @Test func everyFailureHasANameOfItsOwn() {
        #expect(Set(Self.all.map(\.testDescription)).count == Self.all.count)
    }
}
