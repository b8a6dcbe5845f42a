import CLibSSH

/// The channels that something happened to since their connection last looked.
final class News {
    private var channels: [ChannelEvents] = []

    fileprivate func add(_ events: ChannelEvents) { channels.append(events) }

    var isEmpty: Bool { channels.isEmpty }

    func take() -> [ChannelEvents] {
        let taken = channels
        channels = []
        for events in taken { events.isListed = false }
        return taken
    }
}

/// What a channel heard from the server, filled by libssh's callbacks.
final class ChannelEvents {
    /// Fires when the task that uses the channel has something to do.
    let signal: Signal
    /// The stream that goes through the channel, which has no task.
    var forward: Source?
    /// Bytes that wait in libssh to be read, on a channel that does not collect.
    fileprivate(set) var unread = 0
    /// The user has bytes that the channel did not take yet.
    var awaitsRoom = false
    var standardOutput: [UInt8] = []
    var standardError: [UInt8] = []
    var isTruncated = false
    var exitStatus: Int?
    var exitSignal: String?
    var hasEnded = false
    var isClosed = false
    var lastHeard = ContinuousClock.now
    /// Bytes of both outputs together that are kept.
    let limit: Int
    private let news: News
    fileprivate var isListed = false

    init(limit: Int, news: News, signal: Signal) {
        self.limit = limit
        self.news = news
        self.signal = signal
    }

    /// The command is over: its status is known and nothing more can come, or the server closed the channel.
    var isComplete: Bool { isClosed || (hasEnded && (exitStatus != nil || exitSignal != nil)) }

    /// Has the channel's user told. The callbacks run amid libssh's work, where nothing may be asked of it.
    func note() {
        guard !isListed else { return }
        isListed = true
        news.add(self)
    }

    func take(_ bytes: UnsafeRawBufferPointer, isError: Bool) {
        lastHeard = .now
        let room = limit - standardOutput.count - standardError.count
        if bytes.count > room {
            isTruncated = true
            note()
        }
        let kept = unsafe UnsafeRawBufferPointer(rebasing: bytes[..<min(bytes.count, max(0, room))])
        if isError {
            unsafe standardError.append(contentsOf: kept)
        } else {
            unsafe standardOutput.append(contentsOf: kept)
        }
    }
}

/// Owns one libssh channel. Not `Sendable`: it stays with its connection's actor.
@safe final class Channel {
    let events: ChannelEvents
    private let session: Session
    private let raw: ssh_channel
    private var callbacks: UnsafeMutablePointer<ssh_channel_callbacks_struct>?

    /// Nil when memory is short. With `collects`, output goes to `events`; without, it is read by `read`.
    init?(on session: Session, _ events: ChannelEvents, collects: Bool) {
        guard let raw = unsafe ssh_channel_new(session.raw) else { return nil }
        unsafe self.raw = unsafe raw
        self.session = session
        self.events = events
        unsafe callbacks = nil
        unsafe callbacks = unsafe listen(collects: collects)
    }

    deinit { close() }

    private enum Stage { case new, asked, answered, over }
    private var stage = Stage.new

    /// Ends the channel. libssh keeps its own part until the server has closed it too, and would call us meanwhile.
    func close() {
        stage = .over
        guard let table = unsafe callbacks else { return }
        unsafe ssh_remove_channel_callbacks(raw, table)
        unsafe table.deallocate()
        unsafe callbacks = nil
        unsafe ssh_channel_free(raw)
    }

    /// `close` was called.
    var isOver: Bool { stage == .over }

    /// The server was asked for the channel and has not answered yet.
    var isBeingOpened: Bool { stage == .asked && !isOpen }

    /// The server has agreed to the channel, and nobody has closed it since.
    var isOpen: Bool { unsafe !isOver && ssh_channel_is_open(raw) != 0 }

    /// The server takes more, or the channel is over, which a write shows.
    var hasRoom: Bool { unsafe ssh_channel_window_size(raw) > 0 || ssh_channel_is_open(raw) == 0 }

    // MARK: Calls that may have to wait

    func openSession() -> Session.Step { asked(unsafe Session.step(ssh_channel_open_session(raw))) }

    func execute(_ command: String) -> Session.Step {
        unsafe Session.step(command.withCString { unsafe ssh_channel_request_exec(raw, $0) })
    }

    /// A stream from the server to `host`, for a connection inside this one.
    func openForward(to host: String, port: UInt16) -> Session.Step {
        let code = unsafe host.withCString { host in
            unsafe "127.0.0.1".withCString { origin in
                unsafe ssh_channel_open_forward(raw, host, CInt(port), origin, 0)
            }
        }
        return asked(Session.step(code))
    }

    private func asked(_ step: Session.Step) -> Session.Step {
        stage = step == .again ? .asked : .answered
        return step
    }

    /// Bytes taken, which can be none until the server's window opens; nil when the channel is gone.
    func write(_ bytes: ArraySlice<UInt8>) -> Int? {
        let count = unsafe bytes.withUnsafeBytes { unsafe ssh_channel_write(raw, $0.baseAddress, UInt32($0.count)) }
        return count < 0 ? nil : Int(count)
    }

    /// Bytes that have come in, at most 32 KiB; none when there are none. Nil when the connection is gone.
    func read() -> [UInt8]? {
        let wanted = min(events.unread, 1 << 15)
        guard wanted > 0 else { return [] }
        var count: CInt = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
            count = unsafe ssh_channel_read_nonblocking(raw, buffer.baseAddress, UInt32(wanted), 0)
            filled = max(0, Int(count))
        }
        events.unread = count > 0 ? events.unread - Int(count) : 0
        return count < 0 ? nil : bytes
    }

    func sendEOF() -> Session.Step { unsafe Session.step(ssh_channel_send_eof(raw)) }
}

// MARK: Callbacks

extension Channel {
    private func listen(collects: Bool) -> UnsafeMutablePointer<ssh_channel_callbacks_struct> {
        let table = UnsafeMutablePointer<ssh_channel_callbacks_struct>.allocate(capacity: 1)
        unsafe table.initialize(to: ssh_channel_callbacks_struct())
        unsafe table.pointee.size = MemoryLayout<ssh_channel_callbacks_struct>.size
        // The events live as long as the channel, which takes the callbacks back before it goes.
        unsafe table.pointee.userdata = Unmanaged.passUnretained(events).toOpaque()
        unsafe table.pointee.channel_data_function = collects ? onData : onUncollectedData
        unsafe table.pointee.channel_eof_function = onEOF
        unsafe table.pointee.channel_close_function = onClose
        unsafe table.pointee.channel_exit_status_function = onExitStatus
        unsafe table.pointee.channel_exit_signal_function = onExitSignal
        unsafe ssh_set_channel_callbacks(raw, table)
        return unsafe table
    }
}

private func withEvents(_ userdata: UnsafeMutableRawPointer?, _ body: (ChannelEvents) -> Void) {
    guard let userdata = unsafe userdata else { return }
    unsafe body(Unmanaged<ChannelEvents>.fromOpaque(userdata).takeUnretainedValue())
}

private let onData: ssh_channel_data_callback = { _, _, data, length, isError, userdata in
    unsafe withEvents(userdata) { events in
        unsafe events.take(UnsafeRawBufferPointer(start: data, count: Int(length)), isError: isError != 0)
    }
    return CInt(length)
}

/// Leaves the data with libssh, which so lets the server send only as much as is read. `length` is all there is.
/// Error output has no meaning on a stream and is thrown away.
private let onUncollectedData: ssh_channel_data_callback = { _, _, _, length, isError, userdata in
    guard isError == 0 else { return CInt(length) }
    unsafe withEvents(userdata) { events in
        events.unread = Int(length)
        events.note()
    }
    return 0
}

private let onEOF: ssh_channel_eof_callback = { _, _, userdata in
    unsafe withEvents(userdata) { events in
        events.hasEnded = true
        events.note()
    }
}

private let onClose: ssh_channel_close_callback = { _, _, userdata in
    unsafe withEvents(userdata) { events in
        events.isClosed = true
        events.note()
    }
}

private let onExitStatus: ssh_channel_exit_status_callback = { _, _, status, userdata in
    unsafe withEvents(userdata) { events in
        events.exitStatus = Int(status)
        events.note()
    }
}

private let onExitSignal: ssh_channel_exit_signal_callback = { _, _, name, _, _, _, userdata in
    unsafe withEvents(userdata) { events in
        events.exitSignal = unsafe name.map { unsafe printable(String(cString: $0)) } ?? "unknown"
        events.note()
    }
}
