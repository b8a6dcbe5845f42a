/// What the controller does by itself.
public struct ServiceConfiguration: Hashable, Sendable {
    /// By name.
    public var schedules: [Schedule]
    /// Nil = there is no web page.
    public var web: WebSettings?

    public init(schedules: [Schedule] = [], web: WebSettings? = nil) {
        self.schedules = schedules
        self.web = web
    }
}
