import Testing

@testable import SSHTransport

@Suite("The reactor", .timeLimit(.minutes(1)))
struct ReactorTests {
    /// Nothing may happen between an actor's look, which found nothing to do, and the begin of its wait.
    @Test("an actor's wait begins on the reactor's thread")
    func waitBeginsInPlace() async {
        #expect(await Waiting().beginsInPlace())
    }
}

private actor Waiting {
    private nonisolated let loop = EventLoop(name: "test")
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.executor }

    /// The condition of a wait is asked when it begins.
    func beginsInPlace() async -> Bool {
        let reactor = loop.reactor
        var places: [Bool?] = []
        for _ in 0..<3 {
            _ = await reactor.wait(until: .now + .seconds(20)) {
                places.append(reactor.isIsolatingCurrentContext())
                return true
            }
        }
        return places == [true, true, true]
    }
}
