public import Fleet
public import Logging
public import Store

/// Runs schedules as the only process that does so on its database.
public struct ScheduleService: Sendable {
    /// What else only one process may do. It returns when it is cancelled, and may be begun again after that.
    public typealias Companion = @Sendable () async -> Void

    private let store: Store
    private let runner: ScheduleRunner
    private let leases: LeaseKeeper
    private let time: any TimeSource
    private let logger: Logger
    private let companions: [Companion]

    /// Who has this lease runs the schedules of the database.
    public static let leaseName = "schedules"
    /// Trouble that passes, or that a person removes while the service runs.
    private static let passing: Set<FleetError.Code> = ["store-locked", "store-disk-full", "store-io-failed"]
    private static let longestPauseSeconds = 60

    /// `holder`: this process, as others shall read it.
    public init(
        store: Store, runner: ScheduleRunner, holder: LeaseHolder, time: any TimeSource = SystemTime(),
        logger: Logger = Logger(label: "vfiofleet.schedule"), companions: [Companion] = []
    ) {
        self.store = store
        self.runner = runner
        self.time = time
        self.logger = logger
        self.companions = companions
        leases = LeaseKeeper(store: store, holder: holder, time: time, logger: logger)
    }

    /// Makes these the schedules of the database and runs them until it is cancelled. Once it runs, a full disk and a locked
    /// database do not end it: it begins again when they are over.
    ///
    /// `schedules`: those of the present configuration. Fails with `lease-held` while another process runs them,
    /// `lease-lost`, and as the store does.
    public func run(_ schedules: @Sendable () -> [Schedule]) async throws(FleetError) {
        var lease = try await leases.acquire(Self.leaseName)
        var failures = 0
        while true {
            do throws(FleetError) {
                if failures > 0 { lease = try await leases.acquire(Self.leaseName, reclaiming: true) }
                try await run(schedules(), under: lease)
                return
            } catch {
                guard !Task.isCancelled, Self.passing.contains(error.code) else { throw error }
                failures += 1
                let pause = min(Self.longestPauseSeconds, 1 << min(failures, 6))
                logger.error(
                    "schedules stand still", metadata: ["error": "\(error)", "next attempt": "in \(pause) s"])
                do { try await time.sleep(for: .seconds(pause)) } catch { return }
            }
        }
    }

    private func run(_ schedules: [Schedule], under lease: Lease) async throws(FleetError) {
        do throws(FleetError) {
            try await store.setSchedules(schedules, at: time.now())
            try await keep(lease)
            try await leases.release(lease)
        } catch {
            try? await leases.release(lease)
            throw error
        }
    }

    /// Whichever ends first ends the others.
    private func keep(_ lease: Lease) async throws(FleetError) {
        let failures = await withTaskGroup(of: FleetError?.self) { group in
            group.addTask {
                do throws(FleetError) { try await runner.run() } catch { return error }
                return nil
            }
            group.addTask {
                do throws(FleetError) { try await leases.keep(lease) } catch { return error }
                return nil
            }
            for companion in companions {
                group.addTask {
                    await companion()
                    return nil
                }
            }
            var failures: [FleetError] = []
            for await failure in group {
                group.cancelAll()
                if let failure { failures.append(failure) }
            }
            return failures
        }
        if let failure = failures.first { throw failure }
    }
}
