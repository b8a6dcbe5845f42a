internal import Fleet
internal import Foundation

/// A password from the terminal, typed twice without being shown, or from the first line of standard input.
enum PasswordPrompt {
    /// Fails with `password-missing`, `password-differs`.
    static func ask(_ console: Console) throws(FleetError) -> String {
        guard console.canAsk else {
            guard let line = readLine(strippingNewline: true), !line.isEmpty else {
                throw FleetError(
                    "password-missing", "No password came on standard input.",
                    advice: "Type it on a terminal, or send it as the first line of standard input.")
            }
            return line
        }
        let first = typed("Password: ")
        guard first == typed("Once more: ") else {
            throw FleetError("password-differs", "The two are not the same.", advice: "Try again; nothing was changed.")
        }
        return first
    }

    private static func typed(_ prompt: String) -> String {
        getpass(prompt).map { unsafe String(cString: $0) } ?? ""
    }
}
