import AnswerTrials
import Foundation
import TestSupport
import Testing

/// Real answers, answers that once broke a promise, and changed ones of both: the same that `make fuzz` tries for as long
/// as it is let.
@Suite struct AnswerTrialTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fuzzing")

    private static func answers(_ name: String) -> [String: [UInt8]] {
        let folder = folder.appending(path: name)
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.reduce(into: [:]) { answers, file in
            answers["\(name)/\(file)"] = (try? Data(contentsOf: folder.appending(path: file))).map(Array.init)
        }
    }

    private static let all = answers("Answers").merging(answers("Findings")) { $1 }

    @Test func thereAreAnswersToTry() {
        #expect(Self.answers("Answers").count >= 5)
        #expect(Self.all.values.allSatisfy { !$0.isEmpty })
    }

    @Test(arguments: all.keys.sorted()) func everyPromiseIsKept(name: String) throws {
        try AnswerTrial(try #require(Self.all[name])).check()
    }

    @Test(arguments: ["rich", "sysd"]) func noPartThatIsUnreadableIsTakenForFalse(name: String) throws {
        try AnswerTrial(try #require(Self.all["Answers/\(name).answer"])).checkWithoutEachPart()
    }

    /// More with `PROBE_ITERATIONS`; each iteration is a handful of answers parsed.
    @Test(arguments: answers("Answers").keys.sorted()) func andWhenTheyAreChanged(name: String) throws {
        var answer = try #require(Self.all[name])
        let environment = ProcessInfo.processInfo.environment["PROBE_ITERATIONS"].flatMap(Int.init)
        var numbers = SeededNumbers(seed: 19)
        for seed in 0..<UInt64(environment ?? 12) {
            var mutation = AnswerMutation(seed: seed)
            answer = mutation.mutate(answer) { bytes in Self.flipped(bytes, &numbers) } ?? answer
            try AnswerTrial(answer).check()
        }
    }

    private static func flipped(_ bytes: [UInt8], _ numbers: inout SeededNumbers) -> [UInt8] {
        guard let place = bytes.indices.randomElement(using: &numbers) else {
            return [.random(in: 0...255, using: &numbers)]
        }
        var bytes = bytes
        bytes[place] = .random(in: 0...255, using: &numbers)
        return bytes
    }
}
