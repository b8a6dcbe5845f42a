import Fleet

/// Gathers what is wrong with one document while it is read, so that all of it is told at once.
final class Diagnostics {
    let file: String
    /// What the document is, which begins every code: `inventory`, `playbook`, `machine`.
    let kind: String
    private(set) var errors: [FleetError] = []
    private(set) var warnings: [FleetError] = []
    /// More errors than a person reads are not kept.
    private static let maximum = 100

    init(file: String, kind: String) {
        self.file = file
        self.kind = kind
    }

    func report(_ code: String, _ message: String, at location: SourceLocation?, advice: String? = nil) {
        let error = made(code, message, location, advice)
        // One place can speak for many nodes; it is told once.
        if errors.count < Self.maximum, !errors.contains(error) { errors.append(error) }
    }

    func warn(_ code: String, _ message: String, at location: SourceLocation?, advice: String? = nil) {
        let error = made(code, message, location, advice)
        if warnings.count < Self.maximum, !warnings.contains(error) { warnings.append(error) }
    }

    private func made(_ code: String, _ message: String, _ place: SourceLocation?, _ advice: String?) -> FleetError {
        FleetError(
            .init(rawValue: "\(kind)-\(code)"), message, at: place ?? SourceLocation(file: file), advice: advice)
    }

    /// Takes over what was found in another document.
    func absorb(_ other: Diagnostics) {
        errors += other.errors.prefix(max(0, Self.maximum - errors.count))
        warnings += other.warnings.prefix(max(0, Self.maximum - warnings.count))
    }

    /// Throws everything reported, in the order of the text; without errors it does nothing.
    func throwErrors() throws(InvalidDocument) {
        guard !errors.isEmpty else { return }
        let sorted = errors.enumerated().sorted { a, b in
            guard a.element.location?.file == b.element.location?.file else { return a.offset < b.offset }
            let p = (a.element.location?.line ?? 0, a.element.location?.column ?? 0, a.offset)
            let q = (b.element.location?.line ?? 0, b.element.location?.column ?? 0, b.offset)
            return p < q
        }
        throw InvalidDocument(sorted.map(\.element))
    }
}
