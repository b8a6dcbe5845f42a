public import Fleet
public import Logging
public import Store

/// Keeps the database small, once an hour, until it is cancelled.
public struct RetentionKeeper: Sendable {
    private let store: Store
    private let time: any TimeSource
    private let logger: Logger
    private let retention: @Sendable () -> Retention

    private static let pause = Duration.seconds(3600)

    /// `retention`: by the present configuration.
    public init(
        store: Store, time: any TimeSource = SystemTime(), logger: Logger = Logger(label: "vfiofleet.retention"),
        retention: @escaping @Sendable () -> Retention
    ) {
        self.store = store
        self.time = time
        self.logger = logger
        self.retention = retention
    }

    /// Returns when its task is cancelled. Trouble is logged, and it is tried again.
    public func run() async {
        while !Task.isCancelled {
            do throws(FleetError) {
                let report = try await store.forget(by: retention(), at: time.now())
                log(report)
            } catch {
                if Task.isCancelled { return }
                logger.error("what is over could not be forgotten", metadata: ["error": "\(error)"])
            }
            do { try await time.sleep(for: Self.pause) } catch { return }
        }
    }

    private func log(_ report: RetentionReport) {
        let metadata: Logger.Metadata = [
            "rows": "\(report.rows)", "MiB": "\(report.usedBytes >> 20)", "days": "\(report.days)",
        ]
        if report.isTooLarge {
            logger.warning(
                "the database is larger than it may be, and nothing in it may be forgotten", metadata: metadata)
        } else if report.days < retention().days {
            logger.warning("what is over was forgotten early, for lack of room", metadata: metadata)
        } else if report.rows > 0 {
            logger.info("what is over was forgotten", metadata: metadata)
        }
    }
}
