/// Tools from PyPI that tests use, in the environment that `make test` has made: see .ci/venv.
///
/// Where they are not installed, a test fails: it is never left out.
public enum PythonTools {
    private static let folder = checkout + "/.cache/test-venv/bin"
    private static let checkout = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()

    public static func run(
        _ tool: String, _ arguments: String..., input: String = "", timeout: Duration = .seconds(120)
    ) async throws -> Program.Result {
        try await start(tool, arguments, input: input).result(within: timeout)
    }

    public static func start(_ tool: String, _ arguments: String...) throws -> RunningProgram {
        try start(tool, arguments, input: "")
    }

    private static func start(_ tool: String, _ arguments: [String], input: String) throws -> RunningProgram {
        do { return try Program("\(folder)/\(tool)").start(arguments, input: input) } catch {
            throw TestSupportError(
                "\(folder)/\(tool) can't be run (\(error)); make test installs it, or: "
                    + ".ci/venv test Tests/requirements.txt")
        }
    }
}
