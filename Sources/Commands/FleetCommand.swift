internal import ArgumentParser
internal import Documents
internal import Fleet
internal import Forms
internal import Foundation

/// A command of the tool: says what came of it, and lets one place turn failures into sentences and exit codes.
protocol FleetCommand: AsyncParsableCommand {
    var common: CommonOptions { get }
    func execute(in context: Context) async throws -> Outcome
}

extension FleetCommand {
    func run() async throws {
        let context = Context(common)
        let outcome: Outcome
        do {
            outcome = try await execute(in: context)
        } catch is CancellationError {
            context.console.complain("Interrupted.")
            throw Outcome.interrupted.exitCode
        } catch {
            guard let sentences = Failures.sentences(of: error) else { throw error }
            for sentence in sentences { context.console.complain("vfiofleet: \(sentence.printable)") }
            throw Outcome.failed.exitCode
        }
        if outcome != .good { throw outcome.exitCode }
    }
}

extension Failures {
    /// What a person is told of an error; nil = it is the argument parser's own to tell.
    static func sentences(of error: any Error) -> [String]? {
        switch error {
        case is ExitCode, is ValidationError, is CleanExit: nil
        case let failures as Failures: failures.errors.map(\.description)
        case let invalid as InvalidDocument: invalid.errors.map(\.description)
        default: ["\(error)"]
        }
    }
}
