import ArgumentParser
import Lab

#if canImport(Glibc)
    import Glibc
#endif

/// Answers under a node's program names first: those calls must be fast and have arguments of their own.
@main
struct Main {
    static func main() {
        if let status = LabProcess.run(CommandLine.arguments) { exit(status) }
        LabCommand.main()
    }
}
