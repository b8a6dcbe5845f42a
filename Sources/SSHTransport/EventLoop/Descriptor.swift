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
