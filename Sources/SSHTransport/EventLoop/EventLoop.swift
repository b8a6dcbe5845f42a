/// Keeps a reactor's thread alive for as long as somebody needs it; the thread ends after the last owner is gone.
final class EventLoop: Sendable {
    let reactor: Reactor

    init(name: String) {
        reactor = Reactor()
        reactor.start(name: name)
    }

    deinit { reactor.stop() }

    var executor: UnownedSerialExecutor { unsafe reactor.asUnownedSerialExecutor() }
}
