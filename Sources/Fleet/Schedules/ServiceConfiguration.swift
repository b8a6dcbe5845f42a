/// What the controller does by itself.
public struct ServiceConfiguration: Hashable, Sendable {
    /// By name.
    public var schedules: [Schedule]

    public init(schedules: [Schedule] = []) { self.schedules = schedules }
}
