import Glibc

/// Owns one file descriptor and closes it.
struct Descriptor: ~Copyable, Sendable {
    let number: CInt

    init(_ number: CInt) { self.number = number }

    /// Gives the descriptor to somebody else, who closes it.
    consuming func release() -> CInt {
        let number = number
        discard self
        return number
    }

    deinit { if number >= 0 { close(number) } }

    /// Both ends of a local stream, neither of which blocks.
    static func pair() -> (CInt, CInt)? {
        var ends: (CInt, CInt) = (-1, -1)
        let kind = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let result = unsafe withUnsafeMutableBytes(of: &ends) {
            unsafe socketpair(AF_UNIX, kind, 0, $0.assumingMemoryBound(to: CInt.self).baseAddress)
        }
        return result == 0 ? ends : nil
    }
}

// MARK: Sockets that do not block

extension Descriptor {
    /// What is there, at most 32 KiB; nil at the end.
    borrowing func receive() -> [UInt8]? {
        var count = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 1 << 15) { buffer, filled in
            count = unsafe recv(number, buffer.baseAddress, buffer.count, 0)
            filled = max(0, count)
        }
        if count > 0 { return bytes }
        return count < 0 && (errno == EAGAIN || errno == EINTR) ? [] : nil
    }

    /// Bytes taken; nil when the other end is gone.
    borrowing func send(_ bytes: ArraySlice<UInt8>) -> Int? {
        let flags = CInt(MSG_NOSIGNAL)
        let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.send(number, $0.baseAddress, $0.count, flags) }
        if count >= 0 { return count }
        return errno == EAGAIN || errno == EINTR ? 0 : nil
    }

    /// Both directions end at once; the number stays taken.
    borrowing func shutDown() { shutdown(number, CInt(SHUT_RDWR)) }

    /// A second number for the same open socket.
    borrowing func duplicate() -> Descriptor? {
        let copy = fcntl(number, F_DUPFD_CLOEXEC, 0)
        return copy >= 0 ? Descriptor(copy) : nil
    }
}
