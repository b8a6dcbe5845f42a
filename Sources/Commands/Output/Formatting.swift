internal import Forms

extension String {
    /// Filled with blanks up to `width` columns, and at least one.
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: Swift.max(1, width - displayWidth))
    }
}
