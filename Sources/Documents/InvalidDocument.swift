public import Fleet

/// A document that was refused as a whole, with everything that is wrong with it, in the order of the text.
public struct InvalidDocument: Error, Equatable, Sendable, CustomStringConvertible {
    /// Never empty.
    public let errors: [FleetError]

    init(_ errors: [FleetError]) { self.errors = errors }

    /// One line for each error.
    public var description: String { errors.map(\.description).joined(separator: "\n") }
}
