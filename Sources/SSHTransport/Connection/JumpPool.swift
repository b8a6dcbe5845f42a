import Fleet
import Remote

/// One connection to each jump host for all nodes behind it, open as long as one of them uses it.
actor JumpPool {
    typealias Opened = Result<SSHConnection, RemoteFailure>

    private nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.executor }

    private enum Entry {
        case opening(Promise<Opened>)
        case open(WeakConnection)
    }

    private struct WeakConnection { weak var connection: SSHConnection? }

    private var entries: [Route: Entry] = [:]

    init(on loop: EventLoop) { self.loop = loop }

    /// The open connection for `route`, or the one that `open` makes. The work goes on for the others when the task that
    /// asked first is cancelled.
    func connection(
        for route: Route, to site: Site, within limit: Duration,
        open: @escaping @Sendable () async throws(RemoteFailure) -> SSHConnection
    ) async throws(RemoteFailure) -> SSHConnection {
        while case .open(let entry) = entries[route], let connection = entry.connection {
            if await connection.isUsable { return connection }
            // Another task may have begun to open one meanwhile.
            if case .open(let entry) = entries[route], entry.connection === connection { entries[route] = nil }
        }
        if case .opening(let promise) = entries[route] { return try await wait(for: promise, site, limit) }
        let promise = Promise<Opened>(on: loop.reactor)
        entries[route] = .opening(promise)
        Task {
            let opened = await Opened { () async throws(RemoteFailure) in try await open() }
            if case .success(let connection) = opened {
                entries[route] = .open(WeakConnection(connection: connection))
            } else {
                entries[route] = nil
            }
            promise.fulfil(opened)
        }
        return try await wait(for: promise, site, limit)
    }

    private func wait(
        for promise: Promise<Opened>, _ site: Site, _ limit: Duration
    ) async throws(RemoteFailure) -> SSHConnection {
        switch await promise.value(until: .now + limit) {
        case .success(let connection): return connection
        case .failure(var failure):
            failure.node = site.node
            throw failure
        case nil: throw Task.isCancelled ? site.cancelled() : site.connectTimedOut(limit)
        }
    }
}

extension Result {
    /// Like `init(catching:)`, for work that waits.
    fileprivate init(_ work: () async throws(Failure) -> Success) async {
        do { self = .success(try await work()) } catch { self = .failure(error) }
    }
}
