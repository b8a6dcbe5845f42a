internal import Fleet

/// The name with which somebody was refused, as far as the audit log may hold it: every viewer reads that, and people type
/// passwords into the wrong field.
enum RefusedName {
    /// So many characters of what may be a password.
    private static let shown = 3

    /// In one line, at most 64 bytes but for escapes.
    ///
    /// A user's name is told whole, and so is what is too short to be a password here. Of anything else, the beginning and the
    /// length.
    static func words(_ typed: String, isUser: Bool, password: String) -> String {
        if isUser { return typed }
        if typed.isEmpty { return "(none)" }
        if typed == password { return "(as the password)" }
        let bytes = typed.utf8.count
        guard bytes >= PasswordHash.shortest else { return typed.printableLine }
        let start = String(String.UnicodeScalarView(typed.unicodeScalars.prefix(shown)))
        return "\(start.printableLine)… (\(bytes) bytes)"
    }
}
