internal import Foundation
internal import Synchronization

/// A program in a terminal of its own, as a person has it: what is typed is edited and echoed by the kernel's terminal
/// driver, and Ctrl-C comes as a signal from there.
public final class TerminalSession: Sendable {
    public static let controlC = "\u{3}"
    /// End of input, at the beginning of a line.
    public static let controlD = "\u{4}"

    private let keyboard: FileHandle
    private let pid: Int32
    private let shown = Shown()

    private final class Shown: Sendable {
        let bytes = Mutex<[UInt8]>([])
        let status = Mutex<Int32?>(nil)
    }

    /// `size`: the window's; it is a dumb terminal unless the program's environment says otherwise.
    public init(_ program: Program, _ arguments: [String], size: (columns: UInt16, rows: UInt16) = (80, 24)) throws {
        let end: FileHandle
        (keyboard, end) = try Self.terminal(
            winsize(ws_row: size.rows, ws_col: size.columns, ws_xpixel: 0, ws_ypixel: 0))
        let process = Process()
        // A session of its own, with this terminal: signals of its keys go to nobody else.
        process.executableURL = URL(filePath: "/usr/bin/setsid")
        process.arguments = ["--wait", "--ctty", program.path] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(["TERM": "dumb"]) { $1 }
            .merging(program.environment) { $1 }
        (process.standardInput, process.standardOutput, process.standardError) = (end, end, end)
        process.terminationHandler = { [shown] done in
            shown.status.withLock { $0 = done.terminationReason == .exit ? done.terminationStatus : -1 }
        }
        try process.run()
        pid = process.processIdentifier
        try end.close()
        Thread.detachNewThread { [shown, keyboard] in
            var buffer = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = read(keyboard.fileDescriptor, &buffer, buffer.count)
                guard count > 0 else { return }
                shown.bytes.withLock { $0 += buffer[..<count] }
            }
        }
    }

    /// The two ends of a new terminal: the person's, and the program's.
    private static func terminal(_ window: winsize) throws -> (FileHandle, FileHandle) {
        // ioctl_tty(2); glibc has posix_openpt and others for it, which Swift does not see.
        let (unlock, getNumber) = (UInt(0x4004_5431), UInt(0x8004_5430))
        var (window, isLocked, number) = (window, Int32(0), Int32(0))
        let master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard master >= 0 else { throw TestSupportError("no terminal: \(String(cString: strerror(errno)))") }
        let person = FileHandle(fileDescriptor: master, closeOnDealloc: true)
        guard ioctl(master, unlock, &isLocked) == 0, ioctl(master, getNumber, &number) == 0,
            ioctl(master, UInt(TIOCSWINSZ), &window) == 0
        else { throw TestSupportError("no terminal: \(String(cString: strerror(errno)))") }
        let slave = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard slave >= 0 else { throw TestSupportError("no terminal: \(String(cString: strerror(errno)))") }
        return (person, FileHandle(fileDescriptor: slave, closeOnDealloc: true))
    }

    deinit {
        // The terminal goes away with this, which ends whoever is left in it.
        if status == nil { kill(pid, SIGKILL) }
    }

    /// Everything that came onto the screen so far, with what was typed.
    public var screen: String { shown.bytes.withLock { String(decoding: $0, as: UTF8.self) } }

    private var status: Int32? { shown.status.withLock { $0 } }

    public func type(_ text: String) { try? keyboard.write(contentsOf: Data(text.utf8)) }

    /// Waits until a text is on the screen. False: the program has ended, or that was not within the time.
    public func shows(_ text: String, within limit: Duration = .seconds(60)) async throws -> Bool {
        let end = ContinuousClock.now + limit
        while !screen.contains(text) {
            guard status == nil, ContinuousClock.now < end else { return screen.contains(text) }
            try await Task.sleep(for: .milliseconds(10))
        }
        return true
    }

    /// Waits for the program's end; nil when it has not ended within the time.
    public func ended(within limit: Duration = .seconds(120)) async throws -> Int32? {
        let end = ContinuousClock.now + limit
        while status == nil, ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(10)) }
        return status
    }
}
