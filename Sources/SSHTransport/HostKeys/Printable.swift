/// `text` without control characters and cut to a length that fits a message: it may be a hostile server's words.
func printable(_ text: String) -> String {
    String(text.unicodeScalars.prefix(400).map { isHarmless($0) ? Character($0) : "?" })
}

private func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
    default: true
    }
}
