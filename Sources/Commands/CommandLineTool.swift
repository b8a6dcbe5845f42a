import ArgumentParser
import Foundation
import Logging
import SSHTransport

/// The program behind `vfiofleet`, in a library so that tests can run it.
public enum CommandLineTool {
    public static func main() async {
        ProcessHeap.share()
        LoggingSystem.bootstrap { _ in ConsoleLog() }
        do {
            var command = try VFIOFleet.parseAsRoot()
            if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
        } catch { leave(by: error) }
        leave(0)
    }

    /// As `ParsableCommand.exit(withError:)`: help and versions were asked for, all else is complained about.
    private static func leave(by error: any Error) -> Never {
        let status = VFIOFleet.exitCode(for: error).rawValue
        let words = VFIOFleet.fullMessage(for: error)
        let output = status == EXIT_SUCCESS ? FileHandle.standardOutput : FileHandle.standardError
        if !words.isEmpty { try? output.write(contentsOf: Data("\(words)\n".utf8)) }
        leave(status)
    }

    /// Ends the process at once. `exit` would have OpenSSL and others take their state apart while the threads that serve
    /// connections still use it. Nothing is left to flush, as all output is written without stdio's buffers; and a flush
    /// of all streams would wait for the one that a person's answer is just read from.
    static func leave(_ status: Int32) -> Never { _exit(status) }
}
