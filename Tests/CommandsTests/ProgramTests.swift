import Foundation
import TestSupport
import Testing

@Suite struct ProgramTests {
    @Test func programSaysItsVersion() async throws {
        let result = try await Program.built("vfiofleet").run("--version")
        #expect(result.status == 0)
        #expect(result.output == "0.1.0\n")
    }

    /// A service and a person's command may come upon a new database, or a new version's schema, at the same moment.
    @Test func manyProcessesMayMakeOneDatabase() async throws {
        let folder = try TemporaryFolder()
        let program = Program.built("vfiofleet", environment: ["VFIOFLEET_DB": folder.path + "/fleet.db"])
        let running = try (0..<8).map { _ in try program.start(["schedule"]) }
        for program in running {
            let result = try await program.result()
            #expect(result.status == 0, "\(result.transcript)")
        }
    }

    @Test func wrongWordsAreRefusedWithUsage() async throws {
        let result = try await Program.built("vfiofleet").run("frobnicate")
        #expect(result.status == 64)
        #expect(result.error.contains("Usage:"))
    }

    private struct Command: Decodable {
        var commandName: String
        var abstract: String?
        var discussion: String?
        var subcommands: [Command]?

        var all: [Command] { [self] + (subcommands ?? []).flatMap(\.all) }
    }

    @Test func everyCommandsHelpHasExamples() async throws {
        struct Tool: Decodable { var command: Command }
        let result = try await Program.built("vfiofleet").run("--experimental-dump-help")
        let commands = try JSONDecoder().decode(Tool.self, from: Data(result.output.utf8)).command.all
            .filter { $0.commandName != "help" }
        #expect(commands.count > 20)
        for command in commands {
            #expect(command.abstract?.isEmpty == false, "\(command.commandName)")
            let lines = command.discussion?.split(separator: "\n") ?? []
            #expect(lines.contains { $0.hasPrefix("  vfiofleet ") }, "\(command.commandName)")
        }
    }

    @Test func completionsAreScriptsThatTheShellUnderstands() async throws {
        let script = try await Program.built("vfiofleet").run("--generate-completion-script", "bash").output
        let asked =
            "\(script)\nCOMP_WORDS=(vfiofleet pl) COMP_CWORD=1\n_vfiofleet vfiofleet pl vfiofleet\necho \"${COMPREPLY[@]}\""
        let result = try await Program("/bin/bash").run("-s", input: asked)
        #expect(result.output == "plan\n", "\(result.transcript)")
    }
}
