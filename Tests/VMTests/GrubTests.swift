import Testing

@testable import Fleet

/// GRUB's settings as this project reads them, against what a kernel that GRUB started really got.
@Suite("GRUB's settings on VM nodes", .vmNodes, .timeLimit(.minutes(40)))
struct GrubTests {
    @Test("what the files amount to is what the kernel received", arguments: VMNode.IOMMU.allCases)
    func effectiveValue(_ iommu: VMNode.IOMMU) async throws {
        let walk = try await Walk.of(iommu)
        for stage in [Walk.Stage.before, .asWritten, .rolledOut, .undone, .oneOfTwins] where walk.hasSeen(stage) {
            let facts = try walk.facts(stage)
            let received = try #require(facts.kernelCommandLine.value)
            let settings = try #require(facts.boot.grub.value ?? nil)
            let shell = "\(settings.commandLine) \(settings.defaultCommandLine)"
            #expect(kernelArguments(shell) == settable(kernelArguments(received)), "the shell, \(stage.rawValue)")
            #expect(
                kernelArguments(try evaluate(facts)) == settable(kernelArguments(received)), "\(stage.rawValue)")
        }
    }

    /// From the files alone, without a shell.
    private func evaluate(_ facts: NodeFacts) throws -> String {
        let paths = facts.files.keys.filter { $0 == GrubDefaults.mainPath || $0.hasPrefix(GrubDefaults.directory) }
        #expect(paths.count >= 4)
        let files = paths.sorted { GrubDefaults.isReadBefore($0, $1) }.compactMap { path in
            facts.files[path]?.value?.bytes.map { GrubDefaults.File(path: path, bytes: $0) }
        }
        let effective = try #require(GrubDefaults(files: files).evaluate())
        return [effective.linux, effective.linuxDefault].map { String(decoding: $0.bytes, as: UTF8.self) }
            .joined(separator: " ")
    }

    /// Without what GRUB's generator adds on its own.
    private func settable(_ arguments: [String]) -> [String] {
        arguments.filter { $0 != "ro" && !$0.hasPrefix("BOOT_IMAGE=") && !$0.hasPrefix("root=") }
    }

    /// Arguments as the kernel separates them: blanks between double quotes do not, and the quotes are no part of them
    /// (`lib/cmdline.c`, `next_arg`).
    private func kernelArguments(_ line: String) -> [String] {
        var arguments: [String] = []
        var argument = ""
        var isQuoted = false
        for character in line + " " {
            switch character {
            case "\"": isQuoted.toggle()
            case " " where !isQuoted:
                if !argument.isEmpty { arguments.append(argument) }
                argument = ""
            default: argument.append(character)
            }
        }
        return arguments
    }
}
