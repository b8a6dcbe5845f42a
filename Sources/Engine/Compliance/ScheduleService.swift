public import Fleet
public import Logging
public import Store

/// Runs schedules as the only process that does so on its database.
public struct ScheduleService: Sendable {
    private let store: Store
    private let runner: ScheduleRunner
    private let leases: LeaseKeeper
    private let time: any TimeSource

    private static let leaseName = "schedules"

    /// `holder`: this process, as others shall read it.
    public init(
        store: Store, runner: ScheduleRunner, holder: LeaseHolder, time: any TimeSource = SystemTime(),
        logger: Logger = Logger(label: "vfiofleet.schedule")
    ) {
        self.store = store
        self.runner = runner
        self.time = time
        leases = LeaseKeeper(store: store, holder: holder, time: time, logger: logger)
    }

    /// Makes these the schedules of the database and runs them until it is cancelled.
    ///
    /// Fails with `lease-held` while another process runs them, `lease-lost`, and as the store does.
    public func run(_ schedules: [Schedule]) async throws(FleetError) {
        let lease = try await leases.acquire(Self.leaseName)
        do throws(FleetError) {
            try await store.setSchedules(schedules, at: time.now())
            try await run(under: lease)
            try await leases.release(lease)
        } catch {
            try? await leases.release(lease)
            throw error
        }
    }

    /// Whichever of the two ends first ends the other.
    private func run(under lease: Lease) async throws(FleetError) {
        let failures = await withTaskGroup(of: FleetError?.self) { group in
            group.addTask {
                do throws(FleetError) { try await runner.run() } catch { return error }
                return nil
            }
            group.addTask {
                do throws(FleetError) { try await leases.keep(lease) } catch { return error }
                return nil
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
