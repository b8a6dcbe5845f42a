internal import ArgumentParser

/// Exit statuses, the same for every command; `docs/exit-codes.md` says what each command means by them.
enum Outcome: Int32 {
    /// Nothing to do, compliant, or done.
    case good = 0
    /// An error, or it could not be told.
    case failed = 1
    /// Changes are due, or not compliant.
    case attention = 2
    /// Ended by Ctrl-C or another signal, as shells number it.
    case interrupted = 130

    var exitCode: ExitCode { ExitCode(rawValue) }
}
