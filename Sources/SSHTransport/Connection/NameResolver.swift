import Glibc

/// One address of a host, as the kernel wants it.
struct SocketAddress: Hashable, Sendable {
    var family: CInt
    var bytes: [UInt8]
}

/// Why a name has no address.
struct ResolutionProblem: Error, Hashable { var reason: String }

/// Turns names into addresses. Look-ups block, so each has a thread out of a few; answers are kept for a minute.
actor NameResolver {
    typealias Answer = Result<[SocketAddress], ResolutionProblem>

    private static let threads = 4
    private nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.executor }

    private var workers: [LookupThread] = []
    private var answers: [String: (promise: Promise<Answer>, until: ContinuousClock.Instant)] = [:]

    init(on loop: EventLoop) { self.loop = loop }

    /// Nil when the deadline came first.
    func addresses(of host: String, port: UInt16, until deadline: ContinuousClock.Instant) async -> Answer? {
        if let numeric = try? lookUp(host, port, flags: AI_NUMERICHOST) { return .success(numeric) }
        return await promise("\(host)\n\(port)", host, port).value(until: deadline)
    }

    private func promise(_ key: String, _ host: String, _ port: UInt16) -> Promise<Answer> {
        if let known = answers[key], known.until > .now { return known.promise }
        answers = answers.filter { $0.value.until > .now }
        let promise = Promise<Answer>(on: loop.reactor)
        answers[key] = (promise, .now + .seconds(60))
        let worker = worker()
        Task {
            let answer = await worker.addresses(of: host, port: port)
            if case .failure = answer { answers[key] = nil }
            promise.fulfil(answer)
        }
        return promise
    }

    private func worker() -> LookupThread {
        if workers.count < Self.threads {
            let worker = LookupThread()
            workers.append(worker)
            return worker
        }
        workers.append(workers.removeFirst())
        return workers[workers.count - 1]
    }
}

private actor LookupThread {
    private nonisolated let loop = EventLoop(name: "ssh-names")
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.executor }

    func addresses(of host: String, port: UInt16) -> NameResolver.Answer {
        Result { () throws(ResolutionProblem) in try lookUp(host, port, flags: AI_ADDRCONFIG) }
    }
}

private func lookUp(_ host: String, _ port: UInt16, flags: CInt) throws(ResolutionProblem) -> [SocketAddress] {
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
    unsafe hints.ai_flags = flags | AI_NUMERICSERV
    var list: UnsafeMutablePointer<addrinfo>?
    let status = unsafe getaddrinfo(host, String(port), &hints, &list)
    defer { unsafe freeaddrinfo(list) }
    guard status == 0 else { throw ResolutionProblem(reason: unsafe String(cString: gai_strerror(status))) }
    return unsafe sequence(first: list, next: { unsafe $0?.pointee.ai_next }).compactMap { entry in
        guard let info = unsafe entry?.pointee, let address = unsafe info.ai_addr else { return nil }
        let bytes = unsafe UnsafeRawBufferPointer(start: address, count: Int(info.ai_addrlen))
        return unsafe SocketAddress(family: info.ai_family, bytes: Array(bytes))
    }
}
