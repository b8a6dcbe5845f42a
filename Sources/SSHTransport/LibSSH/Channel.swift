import CLibSSH

/// What a channel heard from the server, filled by libssh's callbacks.
final class ChannelEvents {
    var standardOutput: [UInt8] = []
    var standardError: [UInt8] = []
    var isTruncated = false
    var exitStatus: Int?
    var signal: String?
    var hasEnded = false
    var isClosed = false
    var lastHeard = ContinuousClock.now
    /// Bytes of both outputs together that are kept.
    let limit: Int

    init(limit: Int) { self.limit = limit }

    /// The command is over: its status is known and nothing more can come, or the server closed the channel.
    var isComplete: Bool { isClosed || (hasEnded && (exitStatus != nil || signal != nil)) }

    func take(_ bytes: UnsafeRawBufferPointer, isError: Bool) {
        lastHeard = .now
        let room = limit - standardOutput.count - standardError.count
        if bytes.count > room { isTruncated = true }
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
    init?(on session: Session, limit: Int = 0, collects: Bool) {
        guard let raw = unsafe ssh_channel_new(session.raw) else { return nil }
        unsafe self.raw = unsafe raw
        self.session = session
        events = ChannelEvents(limit: limit)
        unsafe callbacks = nil
        unsafe callbacks = unsafe listen(collects: collects)
    }

    deinit { close() }

    /// Ends the channel. libssh keeps its own part until the server has closed it too, and would call us meanwhile.
    func close() {
        guard let table = unsafe callbacks else { return }
        unsafe ssh_remove_channel_callbacks(raw, table)
        unsafe table.deallocate()
        unsafe callbacks = nil
        unsafe ssh_channel_free(raw)
        session.process()
    }

    // MARK: Calls that may have to wait

    func openSession() -> Session.Step { unsafe Session.step(ssh_channel_open_session(raw)) }

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
        return Session.step(code)
    }

    /// Bytes taken, which can be none until the server's window opens; nil when the channel is gone.
    func write(_ bytes: ArraySlice<UInt8>) -> Int? {
        let count = unsafe bytes.withUnsafeBytes { unsafe ssh_channel_write(raw, $0.baseAddress, UInt32($0.count)) }
        return count < 0 ? nil : Int(count)
    }

    /// The bytes that are there, at most 32 KiB; nil at the end.
    func read() -> [UInt8]? {
        var count: CInt = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 1 << 15) { buffer, filled in
            count = unsafe ssh_channel_read_nonblocking(raw, buffer.baseAddress, UInt32(buffer.count), 0)
            filled = max(0, Int(count))
        }
        if count > 0 { return bytes }
        let isOver = unsafe ssh_channel_is_eof(raw) != 0 || ssh_channel_is_closed(raw) != 0
        return count == 0 && !isOver ? [] : nil
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
        if collects { unsafe table.pointee.channel_data_function = onData }
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

private let onEOF: ssh_channel_eof_callback = { _, _, userdata in
    unsafe withEvents(userdata) { $0.hasEnded = true }
}

private let onClose: ssh_channel_close_callback = { _, _, userdata in
    unsafe withEvents(userdata) { $0.isClosed = true }
}

private let onExitStatus: ssh_channel_exit_status_callback = { _, _, status, userdata in
    unsafe withEvents(userdata) { $0.exitStatus = Int(status) }
}

private let onExitSignal: ssh_channel_exit_signal_callback = { _, _, name, _, _, _, userdata in
    unsafe withEvents(userdata) { events in
        events.signal = unsafe name.map { unsafe printable(String(cString: $0)) } ?? "unknown"
    }
}
