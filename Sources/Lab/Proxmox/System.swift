#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The machine's clock.
@Sendable public func currentSeconds() -> Int { time(nil) }

/// Bytes from the system's generator.
@Sendable public func randomBytes(_ count: Int) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
}

/// Runs `/sbin/reboot` or `/sbin/poweroff`, as Proxmox' API does.
@Sendable public func requestPowerChange(_ command: String) {
    let program = command == "shutdown" ? "/sbin/poweroff" : "/sbin/reboot"
    _ = spawn(program, [program])
}

/// A guest's whole life: it waits until a signal ends the process.
func waitForTermination() -> Never {
    while true { pause() }
}

/// `POSIX_SPAWN_SETSID`, which glibc shows to GNU sources only.
#if canImport(Glibc)
    private let newSession: Int16 = 0x80
#else
    private let newSession: Int16 = 0x400
#endif

/// Starts a process of its own session without input or output. Nil when it can't be started.
func spawn(_ executable: String, _ arguments: [String]) -> pid_t? {
    var attributes = posix_spawnattr_t()
    var actions = posix_spawn_file_actions_t()
    posix_spawnattr_init(&attributes)
    posix_spawn_file_actions_init(&actions)
    defer {
        posix_spawnattr_destroy(&attributes)
        posix_spawn_file_actions_destroy(&actions)
    }
    // Threads of a pool block the signals that are to end the guest, and what they start would inherit that.
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, newSession | Int16(POSIX_SPAWN_SETSIGMASK))
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    let words = arguments.map { strdup($0) }
    defer { for word in words { free(word) } }
    var process: pid_t = 0
    let status = posix_spawn(&process, executable, &actions, &attributes, words + [nil], environ)
    return status == 0 ? process : nil
}

/// Asks a process to end, makes it end after so many hundredths of a second, and waits until it is gone.
func endProcess(_ process: pid_t, killingAfter patience: Int) {
    kill(process, SIGTERM)
    for attempt in 0..<500 {
        if isGone(process) { return }
        if attempt == patience { kill(process, SIGKILL) }
        usleep(10_000)
    }
}

/// A child of this program is gone when it has been waited for: until then it has no command line and no sockets any more,
/// and is still a process.
func isGone(_ process: pid_t) -> Bool { waitpid(process, nil, WNOHANG) == process || kill(process, 0) != 0 }
