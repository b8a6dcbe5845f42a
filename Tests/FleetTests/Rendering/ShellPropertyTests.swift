import Foundation
import TestSupport
import Testing

@testable import Fleet

/// What `/bin/sh` makes of GRUB's settings files, beside what this tool reads out of them.
@Suite struct ShellPropertyTests {
    /// Fragments that are put together at random: quoting, continuation lines, references, comments, other commands.
    private static let values = [
        "quiet", "\"quiet splash\"", "'quiet splash'", "\"quiet \\\n  splash\"", "'a \\\n b'", "a\\ b", "\"a\\\"b\"",
        "\"$GRUB_CMDLINE_LINUX_DEFAULT x\"", "\"${GRUB_CMDLINE_LINUX} y\"", "'$GRUB_CMDLINE_LINUX'", "\"\\$HOME z\"",
        "\"$UNSET_VARIABLE\"", "${GRUB_CMDLINE_LINUX}", "", "\"\"", "''", "\"a\"'b'c", "\"a\"\\\n\"b\"", "a=b#x",
        "\"a # b\"", "$(echo one two)", "\"`echo three`\"", "\"a\tb\"", "\"${UNSET:-d}\"", "x;", "\"é\"", "\"a\nb\"",
        "$'q'",
    ]
    private static let others = [
        "# a comment", "#GRUB_CMDLINE_LINUX_DEFAULT=\"no\"", "", "  ", "GRUB_TIMEOUT=5", "export GRUB_TERMINAL=console",
        "if true; then GRUB_CMDLINE_LINUX=in; fi", "unset GRUB_CMDLINE_LINUX", "true", "A=1 B=2",
        "[ -e /nowhere ] && GRUB_CMDLINE_LINUX=no", "GRUB_DISTRIBUTOR=`echo Debian`",
        "X=$( . /dev/null; echo \"a)b\" )",
        ": \"${GRUB_CMDLINE_LINUX:=set}\"", "echo \"GRUB_CMDLINE_LINUX_DEFAULT=fake\" >/dev/null",
    ]

    private static func file(_ numbers: inout SeededNumbers) -> String {
        (0..<Int.random(in: 1...5, using: &numbers)).map { _ in
            guard Int.random(in: 0..<3, using: &numbers) > 0 else { return others.randomElement(using: &numbers) ?? "" }
            let name =
                ["GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_DEFAULT", "GRUB_CMDLINE_LINUX_DEFAULT"]
                .randomElement(using: &numbers) ?? ""
            let export = Int.random(in: 0..<8, using: &numbers) == 0 ? "export " : ""
            return "\(export)\(name)=\(values.randomElement(using: &numbers) ?? "")"
        }.joined(separator: "\n") + (Bool.random(using: &numbers) ? "\n" : "")
    }

    /// Sources each case's files as `grub-mkconfig` does. All cases in one process of the shell; nil = it refused them.
    private static func sourced(_ folder: TemporaryFolder, count: Int) throws -> [[String]?] {
        let script = """
            cd "$1" || exit 1
            case=0
            while [ "$case" -lt \(count) ]; do
                (
                    set -e
                    . "./$case/main" >/dev/null
                    for x in "./$case"/*.cfg; do if [ -e "$x" ]; then . "$x" >/dev/null; fi; done
                    printf '%s \\001%s\\000' "$GRUB_CMDLINE_LINUX" "$GRUB_CMDLINE_LINUX_DEFAULT"
                ) 2>/dev/null || printf '?\\000'
                case=$((case + 1))
            done
            """
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["-i", "PATH=/usr/bin:/bin", "dash", "-c", script, "dash", folder.path]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let bytes = Array(try output.fileHandleForReading.readToEnd() ?? Data())
        process.waitUntilExit()
        return bytes.split(separator: 0, omittingEmptySubsequences: false).prefix(count).map { answer in
            let text = String(decoding: answer, as: UTF8.self)
            return text == "?" ? nil : text.replacing("\u{1}", with: "").kernelTokens
        }
    }

    private static func write(_ files: [(String, String)], _ number: Int, _ folder: TemporaryFolder) throws {
        for (name, text) in files { try folder.write(text, to: "\(number)/\(name)") }
    }

    private static func defaults(_ files: [(String, String)]) -> GrubDefaults {
        GrubDefaults(
            files: files.map { name, text in
                let path = name == "main" ? GrubDefaults.mainPath : GrubDefaults.directory + name
                return GrubDefaults.File(path: path, bytes: Array(text.utf8))
            })
    }

    @Test(arguments: [UInt64(1), 2, 3]) func whatIsReadIsWhatTheShellMakesOfIt(seed: UInt64) throws {
        var numbers = SeededNumbers(seed: seed)
        let folder = try TemporaryFolder()
        let cases = (0..<250).map { _ -> [(String, String)] in
            let drops = (0..<Int.random(in: 0...2, using: &numbers)).map { ("\($0).cfg", Self.file(&numbers)) }
            return [("main", Self.file(&numbers))] + drops
        }
        for (number, files) in cases.enumerated() { try Self.write(files, number, folder) }
        let answers = try Self.sourced(folder, count: cases.count)
        try #require(answers.count == cases.count)
        var understood = 0
        for (files, answer) in zip(cases, answers) {
            guard let answer, let own = Self.defaults(files).evaluate() else { continue }
            understood += 1
            #expect(own.tokens.map(\.text) == answer, "\(files)")
        }
        #expect(understood > 60, "most files are plain enough to be read: \(understood)")
    }

    /// What an edit writes has the arguments in effect, and leaves every other token, when the shell reads it.
    @Test(arguments: [UInt64(4), 5]) func whatIsWrittenIsInEffect(seed: UInt64) throws {
        var numbers = SeededNumbers(seed: seed)
        let folder = try TemporaryFolder()
        let wanted: [KernelArgument] = ["intel_iommu=on", "iommu=pt"]
        var before: [[(String, String)]] = []
        var after: [[(String, String)]] = []
        for _ in 0..<700 {
            let files = [("main", Self.file(&numbers)), ("a.cfg", Self.file(&numbers))]
            guard let edited = Self.defaults(files).editingInPlace(wanted) else { continue }
            before.append(files)
            after.append(
                edited.files.map {
                    ($0.path.hasSuffix(".cfg") ? "a.cfg" : "main", String(decoding: $0.content.bytes, as: UTF8.self))
                })
        }
        for (number, files) in (before + after).enumerated() { try Self.write(files, number, folder) }
        let answers = try Self.sourced(folder, count: before.count * 2)
        #expect(before.count > 30)
        for index in before.indices {
            guard let old = answers[index] else { continue }
            let new = try #require(answers[before.count + index], "the shell refuses \(after[index])")
            #expect(new.filter { !wanted.map(\.description).contains($0) } == old)
            #expect(KernelArgumentComparison(tokens: new, wanted: wanted).isSatisfied, "\(after[index])")
        }
    }
}
