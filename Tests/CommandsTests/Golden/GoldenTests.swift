import Documents
import Fleet
import Foundation
import TestSupport
import Testing

/// What the planner says about every described machine, byte for byte as it stands under `Plans`.
///
/// After a change that is meant to show there, `make golden` writes the files anew; read the differences before you commit
/// them: each is a node that someone may reboot.
@Suite struct GoldenTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Plans")
    private static let isWriting = ProcessInfo.processInfo.environment["VFIOFLEET_WRITE_GOLDEN"] == "1"
    private static let machines = Result { try MachineDocument.load(directory: MachineFolder.path) }

    private static func file(_ machine: String) -> URL { folder.appending(path: "\(machine).txt") }

    @Test(arguments: (try? machines.get())?.map(\.name) ?? []) func thePlansAreAsTheyWereReviewed(name: String) throws {
        let machine = try #require(try Self.machines.get().first { $0.name == name })
        let text = try GoldenText(machine, Judgements.load().of(name)).text
        if Self.isWriting {
            try Data(text.utf8).write(to: Self.file(name))
            return
        }
        let reviewed = try #require(
            try? String(contentsOf: Self.file(name), encoding: .utf8), "no golden file; make golden writes it")
        #expect(reviewed == text, "\(Self.firstDifference(reviewed, text))")
    }

    @Test func everyFileBelongsToAMachine() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        let machines = try Self.machines.get().map { "\($0.name).txt" }
        #expect(machines.count >= 36)
        #expect(Set(files) == Set(machines))
    }

    private static func firstDifference(_ old: String, _ new: String) -> String {
        let lines = (
            old.split(separator: "\n", omittingEmptySubsequences: false),
            new.split(separator: "\n", omittingEmptySubsequences: false)
        )
        for (number, pair) in zip(lines.0, lines.1).enumerated() where pair.0 != pair.1 {
            return "line \(number + 1): “\(pair.0)” was reviewed, “\(pair.1)” is said now (make golden shows all)"
        }
        return "one goes on after line \(min(lines.0.count, lines.1.count))"
    }
}
