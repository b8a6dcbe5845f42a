public import Foundation

/// Addresses and ports on the loopback network, which has room for every test to have its own.
public enum Loopback {
    /// An address that no other test is likely to use.
    public static func freshAddress() -> String {
        "127.\(Int.random(in: 1...250)).\(Int.random(in: 1...250)).\(Int.random(in: 1...250))"
    }

    /// A port that was free on `address` a moment ago, chosen by the kernel.
    public static func freePort(on address: String) throws -> UInt16 {
        let listener = try Listener(on: address)
        return listener.port
    }

    /// Returns once something accepts connections there.
    public static func waitForListener(_ address: String, _ port: UInt16) async throws {
        for _ in 0..<500 {
            if isListening(address, port) { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw TestSupportError("nothing listens on \(address):\(port) after ten seconds")
    }

    private static func isListening(_ address: String, _ port: UInt16) -> Bool {
        let socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        return withSocketAddress(address, port) { connect(socket, $0, $1) } == 0
    }
}

/// A listening socket whose connections nobody accepts until `accept` is called.
public final class Listener: Sendable {
    public let address: String
    public let port: UInt16
    private let socket: Int32

    /// `backlog` connections more than one wait; the kernel ignores further ones.
    public init(on address: String = Loopback.freshAddress(), backlog: Int32 = 64) throws {
        self.address = address
        socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard withSocketAddress(address, 0, { [socket] in bind(socket, $0, $1) }) == 0, listen(socket, backlog) == 0
        else {
            close(socket)
            throw TestSupportError("no port on \(address): errno \(errno)")
        }
        port = Self.port(of: socket)
    }

    deinit { close(socket) }

    /// Sends `bytes` to the next peer and keeps the connection open until the returned value goes.
    public func accept(sending bytes: [UInt8]) async -> AcceptedConnection {
        let socket = socket
        return await withCheckedContinuation { continuation in
            // A thread of its own: waiting here would take one of the few that all tests share.
            Thread.detachNewThread {
                let peer = Foundation.accept(socket, nil, nil)
                _ = bytes.withUnsafeBytes { send(peer, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                continuation.resume(returning: AcceptedConnection(socket: peer))
            }
        }
    }

    private static func port(of socket: Int32) -> UInt16 {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &size) }
        }
        return UInt16(bigEndian: address.sin_port)
    }
}

/// A connection that only takes a place.
public final class Filler: Sendable {
    private let socket: Int32

    public convenience init(_ listener: Listener) throws { try self.init(listener.address, listener.port) }

    public init(_ address: String, _ port: UInt16) throws {
        socket = Foundation.socket(
            AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        _ = withSocketAddress(address, port) { [socket] in connect(socket, $0, $1) }
    }

    deinit { close(socket) }
}

public final class AcceptedConnection: Sendable {
    private let socket: Int32
    init(socket: Int32) { self.socket = socket }
    deinit { close(socket) }

    /// Whether the peer closes the connection in time. What it sends before is passed over.
    public func ends(within limit: Duration) async throws -> Bool {
        let deadline = ContinuousClock.now + limit
        var byte: UInt8 = 0
        while ContinuousClock.now < deadline {
            let count = recv(socket, &byte, 1, Int32(MSG_DONTWAIT))
            if count == 0 || (count < 0 && errno != EAGAIN) { return true }
            if count < 0 { try await Task.sleep(for: .milliseconds(20)) }
        }
        return false
    }
}

public func withSocketAddress<T>(
    _ text: String, _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> T
) -> T {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    inet_pton(AF_INET, text, &address.sin_addr)
    return withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
}
