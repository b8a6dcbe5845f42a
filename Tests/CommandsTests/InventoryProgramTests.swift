import Foundation
import TestSupport
import Testing

/// What `inventory` does with files a person might give it.
@Suite struct InventoryProgramTests {
    private let folder: TemporaryFolder
    private let program: Program

    init() throws {
        folder = try TemporaryFolder()
        program = Program.built("vfiofleet")
    }

    private func run(_ words: String...) async throws -> Program.Result {
        try await program.run(["inventory"] + words + ["--db", folder.path + "/fleet.db"])
    }

    @Test func anEmptyInventoryRetiresNobody() async throws {
        let (full, empty) = (folder.path + "/full.ini", folder.path + "/empty.yaml")
        try "[g]\npve01\n".write(toFile: full, atomically: true, encoding: .utf8)
        try "# not written yet\n".write(toFile: empty, atomically: true, encoding: .utf8)
        #expect(try await run("import", full).status == 0)
        let refused = try await run("import", empty)
        #expect(refused.status == 1 && refused.error.contains("[inventory-empty]"), "\(refused.transcript)")
        #expect(try await run("list").output.contains("pve01"))
    }

    /// Sets have no order of their own, and another one in each process.
    @Test func theSameNodesAreTheSameJSONEachTime() async throws {
        let file = folder.path + "/hosts.ini"
        let groups = (1...9).map { "[g\($0)]\npve01\n" }.joined()
        try groups.write(toFile: file, atomically: true, encoding: .utf8)
        #expect(try await run("import", file).status == 0)
        var seen: Set<String> = []
        for _ in 1...3 { seen.insert(try await run("list", "--json").output) }
        #expect(seen.count == 1)
    }
}
