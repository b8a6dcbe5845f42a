import CLibSSH
import Glibc

/// Owns one libssh session and the socket in it.
///
/// `@unchecked` because libssh wants one thread at a time, which the compiler can't see: that is the reactor's, through
/// the connection's actor, or the agent's while that actor awaits it.
@safe final class Session: @unchecked Sendable {
    /// How far a call got that may have to wait for the socket.
    enum Step { case done, again, failed }

    let descriptor: CInt
    let raw: ssh_session
    /// What came in: bytes of the socket, and then packets.
    private let counters: UnsafeMutablePointer<ssh_counter_struct>
    private var event: ssh_event?

    private init(raw: ssh_session, descriptor: CInt) {
        unsafe self.raw = unsafe raw
        self.descriptor = descriptor
        unsafe counters = .allocate(capacity: 2)
        unsafe counters.initialize(repeating: ssh_counter_struct(), count: 2)
        unsafe ssh_set_counters(raw, counters, counters + 1)
        unsafe ssh_set_blocking(raw, 0)
        // Without it libssh keeps what a server asks of us, such as channels, for somebody to answer.
        unsafe ssh_set_message_callback(raw, refuse, nil)
    }

    /// A session that speaks through `descriptor`, which must not block and belongs to the session from here on.
    /// Nil when libssh refuses an option or memory is short.
    static func open(_ descriptor: consuming Descriptor, _ options: SessionOptions) -> Session? {
        guard let raw = unsafe ssh_new() else { return nil }
        let number = descriptor.release()
        let session = unsafe Session(raw: raw, descriptor: number)
        return session.apply(options) ? session : nil
    }

    deinit {
        if let event = unsafe event { unsafe ssh_event_free(event) }
        // Closes the socket too, once libssh has been given it; before that it is still ours.
        let isOurs = unsafe ssh_get_fd(raw) != descriptor
        unsafe ssh_free(raw)
        if isOurs, !wasConnected { _ = Descriptor(descriptor) }
        unsafe counters.deallocate()
    }

    private var wasConnected = false

    // MARK: Progress

    /// Bytes that came in so far, whatever call made them come in.
    var bytesReceived: UInt64 { unsafe counters.pointee.in_bytes }

    var packetsReceived: UInt64 { unsafe counters[1].in_packets }

    /// False once libssh has closed the socket. The number may by then belong to somebody else.
    var isConnected: Bool { unsafe ssh_get_fd(raw) == descriptor && ssh_is_connected(raw) != 0 }

    var interest: Interest {
        let flags = unsafe ssh_get_poll_flags(raw)
        return flags & SSH_WRITE_PENDING != 0 ? [.read, .write] : .read
    }

    /// Output that the socket did not take yet.
    var hasBacklog: Bool { unsafe ssh_get_status(raw) & SSH_WRITE_PENDING != 0 }

    /// Key exchange, up to the server's host key.
    func connect() -> Step {
        wasConnected = true
        let step = unsafe Self.step(ssh_connect(raw))
        // libssh makes the socket block once it has found it connected, and a full one would then stop the whole reactor.
        if isConnected { _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) }
        if step == .done { startEvents() }
        return step
    }

    private func startEvents() {
        guard let event = unsafe ssh_event_new() else { return }
        unsafe ssh_event_add_session(event, raw)
        unsafe self.event = unsafe event
    }

    /// Reads and writes what the socket takes now, and hands data to the channels' callbacks. Bounded, so that one
    /// busy peer can't keep the thread.
    func process() {
        guard let event = unsafe event else { return }
        for _ in 0..<64 where isConnected {
            if unsafe ssh_event_dopoll(event, 0) != SSH_OK { return }
        }
    }

    /// Tells the server at once that nobody is here any more; the session is freed later, with its last owner.
    func hangUp() { if isConnected { shutdown(descriptor, CInt(SHUT_RDWR)) } }

    static func step(_ code: CInt) -> Step {
        switch code {
        case SSH_OK: .done
        case SSH_AGAIN: .again
        default: .failed
        }
    }

    // MARK: What the server said

    /// Nil until the server has said that it speaks SSH.
    var serverBanner: String? { unsafe text(ssh_get_serverbanner(raw)) }

    /// The line that waits on the socket, unread; nil when there is none. libssh passes over what is not SSH without a word.
    func nextLine() -> String? {
        var bytes = [UInt8](repeating: 0, count: 256)
        let flags = CInt(MSG_PEEK) | CInt(MSG_DONTWAIT)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, flags) }
        guard count > 0 else { return nil }
        let line = bytes.prefix(count).prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }
        return printable(String(decoding: line, as: UTF8.self))
    }

    /// libssh's own words on the last failure, which may quote the server's.
    var errorText: String { unsafe text(ssh_get_error(UnsafeMutableRawPointer(raw))) ?? "" }

    /// The server hung up by saying so. libssh has no code for it; the words are its own.
    var saidGoodbye: Bool { errorText.hasPrefix("Received SSH_MSG_DISCONNECT") }

    private func text(_ pointer: UnsafePointer<CChar>?) -> String? {
        unsafe pointer.map { unsafe printable(String(cString: $0)) }
    }

    /// The key the server proved to hold in the key exchange.
    var hostKey: HostKey? {
        var key: ssh_key?
        guard unsafe ssh_get_server_publickey(raw, &key) == SSH_OK, let key = unsafe key else { return nil }
        defer { unsafe ssh_key_free(key) }
        return unsafe HostKey(libssh: key)
    }
}

extension HostKey {
    fileprivate init?(libssh key: ssh_key) {
        var encoded: UnsafeMutablePointer<CChar>?
        guard let type = unsafe ssh_key_type_to_char(ssh_key_type(key)),
            unsafe ssh_pki_export_pubkey_base64(key, &encoded) == SSH_OK, let base64 = unsafe encoded
        else { return nil }
        defer { unsafe ssh_string_free_char(base64) }
        unsafe self.init(type: String(cString: type), base64: String(cString: base64))
    }
}

private let refuse: @convention(c) (ssh_session?, ssh_message?, UnsafeMutableRawPointer?) -> CInt = { _, _, _ in 1 }
