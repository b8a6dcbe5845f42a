/// Several failures at once, each said in its own line.
public struct Failures: Error, Hashable, Sendable, CustomStringConvertible {
    public var errors: [FleetError]

    public init(errors: [FleetError]) { self.errors = errors }

    public var description: String { errors.map(\.description).joined(separator: "\n") }
}
