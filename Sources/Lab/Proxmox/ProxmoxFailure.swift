/// A command that ends with a message and a status other than 0.
///
/// The statuses of run-time errors are leftovers of `errno` in the originals, so the common ones are kept but
/// nobody may rely on more than "not 0".
struct ProxmoxFailure: Error {
    /// Printed on standard error as it is; ends with a newline.
    var message: String
    var exitCode: Int32

    init(_ message: String, exitCode: Int32 = 255) {
        self.message = message.hasSuffix("\n") ? message : message + "\n"
        self.exitCode = exitCode
    }
}

/// Parameters that the schema refuses: all of them are reported at once, followed by the usage line.
struct ParameterFailure: Error {
    var summary = "Parameter verification failed.\n"
    /// Parameter to reason. A reason of a nested format carries its own newline.
    var errors: [String: String] = [:]

    init(errors: [String: String]) { self.errors = errors }
    init(summary: String) { self.summary = summary + "\n" }

    func message(usage: String) -> String {
        let lines = errors.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)\n" }
        return "400 \(summary)\(lines.joined())\(usage)\n"
    }
}
