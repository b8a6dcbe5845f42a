public import Fleet

/// Runs every command with root's rights through `sudo -n`, which never asks for a password.
///
/// A command that sudo starts first prints a mark; without it sudo refused, whatever it printed and in which language.
public struct SudoShell: RemoteShell {
    private let shell: any RemoteShell
    private let node: NodeName

    public init(_ shell: any RemoteShell, node: NodeName) {
        self.shell = shell
        self.node = node
    }

    public func run(_ command: RemoteCommand) async throws(RemoteFailure) -> RemoteResult {
        let mark = "became-root-\(String(UInt64.random(in: .min ... .max), radix: 36))\n"
        var wrapped = command
        wrapped.text = Self.wrap(command.text, mark: mark)
        wrapped.limits.outputBytes += mark.utf8.count
        var result = try await shell.run(wrapped)
        guard Self.remove(Array(mark.utf8), from: &result.standardError) else { throw refused(result) }
        return result
    }

    public func close() async { await shell.close() }

    /// The command's text and the mark are data for a `sh` that sudo runs.
    static func wrap(_ text: String, mark: String) -> String {
        let script = #"printf %s "$1" >&2; exec sh -c "$2""#
        return
            "sudo -n -- sh -c \(ShellQuoting.quote(script)) sh \(ShellQuoting.quote(mark)) \(ShellQuoting.quote(text))"
    }

    /// What stands before the mark is sudo's own, such as a warning about the host name, and stays.
    static func remove(_ mark: [UInt8], from output: inout [UInt8]) -> Bool {
        guard output.count >= mark.count else { return false }
        for start in 0...(output.count - mark.count) where output[start...].starts(with: mark) {
            output.removeSubrange(start..<start + mark.count)
            return true
        }
        return false
    }

    private func refused(_ result: RemoteResult) -> RemoteFailure {
        let words = String(decoding: result.standardError.prefix(200), as: UTF8.self)
            .split(whereSeparator: \.isNewline).joined(separator: " ").filter {
                !$0.unicodeScalars.contains { $0.value < 32 }
            }
        return RemoteFailure(
            .becomeRefused, node: node,
            "sudo on \(node) did not run the command: \(words.isEmpty ? "no reason given" : words)",
            advice:
                "Allow it in sudoers, for example 'USER ALL=(root) NOPASSWD: ALL', or log in as root with 'become: no'."
        )
    }
}
