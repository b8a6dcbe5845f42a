import TestSupport
import Testing

@Suite struct ProgramTests {
    @Test func programSaysItsVersion() async throws {
        let result = try await Program.built("vfiofleet").run("--version")
        #expect(result.status == 0)
        #expect(result.output == "0.1.0\n")
    }

    @Test func wrongWordsAreRefusedWithUsage() async throws {
        let result = try await Program.built("vfiofleet").run("frobnicate")
        #expect(result.status == 64)
        #expect(result.error.contains("Usage:"))
    }
}
