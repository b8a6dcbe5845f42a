/// Turns data into one word of a POSIX shell.
public enum ShellQuoting {
    /// `text` in single quotes, with each `'` written as `'\''`; no byte of it is interpreted by the shell.
    public static func quote(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
    }
}
