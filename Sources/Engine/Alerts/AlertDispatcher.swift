public import Fleet
public import Logging
public import Store

/// Delivers one alert to where its receiver wants it.
public protocol AlertSender: Sendable {
    /// Returns when the receiver has taken it. Fails with `alert-refused` where another attempt would come to the same, and
    /// with other codes where it may not. Errors hold no secrets.
    func send(_ alert: StoredAlert, to receiver: AlertReceiver) async throws(FleetError)
}

/// Sends what waits in the outbox, until it is cancelled: each alert at least once, under the same id at every attempt.
public actor AlertDispatcher {
    private let store: Store
    private let sender: any AlertSender
    private let receivers: @Sendable () -> [AlertReceiver]
    private let time: any TimeSource
    private let logger: Logger
    /// Delivered, but not yet written down as such: not to be sent again because the disk is full.
    private var unmarked: [Int64: Timestamp] = [:]

    /// Other processes put alerts into the outbox, too.
    private static let patience = Duration.seconds(5)
    /// Receivers that are talked to at the same time.
    private static let most = 8

    /// `receivers`: those of the present configuration.
    public init(
        store: Store, sender: any AlertSender, time: any TimeSource = SystemTime(),
        logger: Logger = Logger(label: "vfiofleet.alert"), receivers: @escaping @Sendable () -> [AlertReceiver]
    ) {
        self.store = store
        self.sender = sender
        self.time = time
        self.logger = logger
        self.receivers = receivers
    }

    /// Returns when its task is cancelled. Trouble with the store is logged, and it is tried again.
    public func run() async {
        while !Task.isCancelled {
            do throws(FleetError) {
                try await round()
            } catch {
                if Task.isCancelled { return }
                logger.error("alerts can't be read or kept", metadata: ["error": "\(error)"])
            }
            do { try await time.sleep(for: await pause()) } catch { return }
        }
    }

    /// One attempt for everything that is due.
    public func round() async throws(FleetError) {
        try await store.tellExpiredExemptions(receivers().map(\.route), at: time.now())
        for (id, sentAt) in unmarked {
            try await store.markSent(id, at: sentAt)
            unmarked[id] = nil
        }
        let known = Dictionary(receivers().map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let due = try await store.dueAlerts(at: time.now())
        let failure = await withTaskGroup(of: FleetError?.self) { group in
            var failures: [FleetError?] = []
            for (number, (name, alerts)) in Dictionary(grouping: due, by: \.receiver).enumerated() {
                if number >= Self.most { failures.append(await group.next() ?? nil) }
                group.addTask { await self.deliver(alerts, to: known[name]) }
            }
            for await failure in group { failures.append(failure) }
            return failures.compactMap(\.self).first
        }
        if let failure { throw failure }
    }

    private func pause() async -> Duration {
        guard let next = try? await store.nextAlert() else { return Self.patience }
        return min(Self.patience, max(.milliseconds(200), time.now().duration(until: next)))
    }

    /// One receiver's alerts in their order. Returns why they can't be kept, if so.
    private func deliver(_ alerts: [StoredAlert], to receiver: AlertReceiver?) async -> FleetError? {
        for alert in alerts {
            guard !Task.isCancelled else { return nil }
            do throws(FleetError) {
                guard let receiver else { throw .receiverGone(alert.receiver) }
                try await sender.send(alert, to: receiver)
            } catch {
                if Task.isCancelled { return nil }
                do throws(FleetError) { try await failed(alert, error) } catch { return error }
                continue
            }
            do throws(FleetError) { try await sent(alert) } catch { return error }
        }
        return nil
    }

    private func sent(_ alert: StoredAlert) async throws(FleetError) {
        let now = time.now()
        do throws(FleetError) { try await store.markSent(alert.id, at: now) } catch {
            unmarked[alert.id] = now
            throw error
        }
    }

    private func failed(_ alert: StoredAlert, _ error: FleetError) async throws(FleetError) {
        let next =
            error.code == "alert-refused"
            ? nil : AlertBackoff.next(after: alert.attempts + 1, at: time.now(), createdAt: alert.createdAt)
        let metadata: Logger.Metadata = [
            "alert": "\(alert.id)", "receiver": "\(alert.receiver)", "error": "\(error)",
        ]
        if next == nil {
            logger.error("alert is given up", metadata: metadata)
        } else {
            logger.warning("alert could not be delivered; it is tried again", metadata: metadata)
        }
        try await store.markFailed(alert.id, error, next: next)
    }
}

extension FleetError {
    fileprivate static func receiverGone(_ name: String) -> FleetError {
        FleetError(
            "alert-receiver-unknown", "The configuration names no receiver “\(name)” any more.",
            advice: "Put it back under “alerts”, or let the alert run out.")
    }
}
