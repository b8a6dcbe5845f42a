import CLibSSH
import Glibc

private final class ThreadBody {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}

/// Runs `body` on a new thread that nobody joins. The name is cut to the kernel's 15 bytes.
func startThread(name: String, _ body: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    let argument = unsafe Unmanaged.passRetained(ThreadBody(name: name, body: body))
    let status = unsafe pthread_create(
        &thread, nil,
        { argument in
            guard let argument = unsafe argument else { return nil }
            let thread = unsafe Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue()
            unsafe shim_name_thread(thread.name)
            blockBrokenPipeSignal()
            thread.body()
            return nil
        }, argument.toOpaque())
    precondition(status == 0, "No thread could be started: the process is out of memory or threads.")
    pthread_detach(thread)
}

/// libssh writes to the agent without asking the kernel for an error instead of a signal, and an agent may go.
private func blockBrokenPipeSignal() {
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe sigaddset(&signals, SIGPIPE)
    unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
}

func currentThread() -> UInt { UInt(pthread_self()) }
