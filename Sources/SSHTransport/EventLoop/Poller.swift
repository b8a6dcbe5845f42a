import CLibSSH
import Glibc

/// epoll, and an eventfd to interrupt it.
struct Poller: ~Copyable, Sendable {
    private static let interruption: UInt64 = 0

    private let epoll: Descriptor
    private let wakeup: Descriptor

    init() {
        epoll = Descriptor(epoll_create1(CInt(EPOLL_CLOEXEC)))
        wakeup = Descriptor(eventfd(0, CInt(EFD_CLOEXEC | EFD_NONBLOCK)))
        var event = unsafe epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(u64: Self.interruption))
        unsafe epoll_ctl(epoll.number, EPOLL_CTL_ADD, wakeup.number, &event)
    }

    func interrupt() {
        eventfd_write(wakeup.number, 1)
    }

    /// Asks for one report. False when the descriptor is closed.
    func arm(_ descriptor: CInt, _ interest: Interest, token: UInt64, isAdded: Bool) -> Bool {
        var events = EPOLLONESHOT.rawValue
        if interest.contains(.read) { events |= EPOLLIN.rawValue | EPOLLRDHUP.rawValue }
        if interest.contains(.write) { events |= EPOLLOUT.rawValue }
        var event = unsafe epoll_event(events: events, data: epoll_data_t(u64: token))
        if unsafe epoll_ctl(epoll.number, isAdded ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, descriptor, &event) == 0 {
            return true
        }
        // An earlier source may have left the same open socket behind.
        return unsafe errno == EEXIST && epoll_ctl(epoll.number, EPOLL_CTL_MOD, descriptor, &event) == 0
    }

    /// Waits for events and returns their tokens.
    func poll(milliseconds: CInt) -> [UInt64] {
        unsafe withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: 64) { events in
            // glibc 2.41 takes no null pointer here, earlier ones do: this is right by both headers.
            guard let start = events.baseAddress else { return [] }
            let count = unsafe epoll_wait(epoll.number, start, 64, milliseconds)
            guard count > 0 else { return [] }
            var tokens: [UInt64] = []
            for index in 0..<Int(count) {
                let token = unsafe events[index].data.u64
                if token == Self.interruption { drain() } else { tokens.append(token) }
            }
            return tokens
        }
    }

    private func drain() {
        var value: eventfd_t = 0
        unsafe eventfd_read(wakeup.number, &value)
    }
}
