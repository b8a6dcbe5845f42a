internal import Dispatch
internal import Fleet
internal import Foundation

/// The service manager that watches over this process, where there is one: sd_notify(3) without libsystemd.
struct ServiceManager: Sendable {
    /// Nil = nobody wants to hear anything.
    private let address: String?
    /// How often a sign of life is expected; nil = never.
    private let watchdog: Duration?

    enum Message {
        case ready(String)
        case reloading
        case stopping
        case alive
        case status(String)

        fileprivate var text: String {
            switch self {
            case .ready(let status): "READY=1\nSTATUS=\(status)"
            case .reloading: "RELOADING=1\nMONOTONIC_USEC=\(Self.monotonicMicroseconds)"
            case .stopping: "STOPPING=1\nSTATUS=Coming to an end"
            case .alive: "WATCHDOG=1"
            case .status(let status): "STATUS=\(status)"
            }
        }

        private static var monotonicMicroseconds: Int {
            // Dispatch counts by CLOCK_MONOTONIC on Linux, as systemd wants it.
            Int(DispatchTime.now().uptimeNanoseconds / 1000)
        }
    }

    /// From `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID`.
    init(environment: [String: String], pid: Int32 = ProcessInfo.processInfo.processIdentifier) {
        address = environment["NOTIFY_SOCKET"].flatMap { $0.hasPrefix("/") || $0.hasPrefix("@") ? $0 : nil }
        let isMeant = environment["WATCHDOG_PID"].map { $0 == "\(pid)" } ?? true
        watchdog = isMeant ? environment["WATCHDOG_USEC"].flatMap(Int64.init).map { .microseconds($0) } : nil
    }

    /// Lost where it can't be sent: there is nobody else to tell.
    func tell(_ message: Message) {
        guard let address else { return }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var target = sockaddr_un()
        target.sun_family = sa_family_t(AF_UNIX)
        // An address of the abstract name space begins with a zero byte, which is written as “@”.
        let path = address.hasPrefix("@") ? [0] + address.utf8.dropFirst() : Array(address.utf8)
        guard path.count < MemoryLayout.size(ofValue: target.sun_path) else { return }
        withUnsafeMutableBytes(of: &target.sun_path) { $0.copyBytes(from: path) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + path.count)
        let text = Array(message.text.utf8)
        _ = withUnsafePointer(to: &target) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, text, text.count, Int32(MSG_NOSIGNAL), $0, length)
            }
        }
    }

    /// Gives signs of life for as long as `isAlive` returns, until it is cancelled.
    func keepAlive(_ isAlive: @Sendable () async -> Void) async {
        guard let watchdog else {
            // It is cancelled with whatever it watches over.
            try? await ContinuousClock().sleep(for: .seconds(Int64(Int32.max)))
            return
        }
        while !Task.isCancelled {
            await isAlive()
            tell(.alive)
            try? await ContinuousClock().sleep(for: watchdog / 3)
        }
    }
}
