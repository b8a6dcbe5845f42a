public import Fleet
public import Logging
public import Store

/// Runs schedules when they are due, until it is cancelled.
///
/// A run that was missed while nobody ran them is made up for once. A schedule's run never begins while its last one is under
/// way, and no more than a few schedules run at the same time.
public actor ScheduleRunner {
    /// What a schedule is about at this moment: its playbook's file may have been changed since the last run.
    public typealias Subject = @Sendable (Schedule) async throws(FleetError) -> (Playbook, [PlaybookTargets.Target])
    /// Hears of what stands otherwise than before, after it was kept.
    public typealias Listener = @Sendable (Schedule, ScheduleOutcome, [RuleChange]) async -> Void

    private let store: Store
    private let service: ComplianceService
    private let remediation: RemediationService?
    private let subject: Subject
    private let listener: Listener
    private let time: any TimeSource
    private let logger: Logger
    private var running: Set<ScheduleName> = []

    /// Schedules that run at the same time; their sweeps talk to many nodes each.
    private static let most = 4
    /// Clocks may be put right and schedules changed, so it is looked again at least so often.
    private static let patience = Duration.seconds(20)

    /// `remediation`: what puts plans up where a schedule asks for it.
    public init(
        store: Store, service: ComplianceService, remediation: RemediationService? = nil,
        time: any TimeSource = SystemTime(),
        logger: Logger = Logger(label: "vfiofleet.schedule"), subject: @escaping Subject,
        listener: @escaping Listener = { _, _, _ in }
    ) {
        self.store = store
        self.service = service
        self.remediation = remediation
        self.time = time
        self.logger = logger
        self.subject = subject
        self.listener = listener
    }

    /// Returns when its task is cancelled; runs under way are interrupted, and begun again by the next runner.
    public func run() async throws(FleetError) {
        let failure = await withTaskGroup(of: Void.self) { group -> FleetError? in
            while !Task.isCancelled {
                do throws(FleetError) {
                    for stored in try await due() { group.addTask { await self.run(stored) } }
                    let pause = await pause()
                    do { try await time.sleep(for: pause) } catch { break }
                } catch {
                    // The end was asked for while the store was read.
                    if !Task.isCancelled { return error }
                }
            }
            group.cancelAll()
            return nil
        }
        if let failure { throw failure }
    }

    /// What is to begin now.
    private func due() async throws(FleetError) -> [StoredSchedule] {
        var due: [StoredSchedule] = []
        for stored in try await store.schedules() where running.count < Self.most {
            guard !running.contains(stored.schedule.name) else { continue }
            if !stored.isUnfinished { guard case .run = try decision(stored) else { continue } }
            running.insert(stored.schedule.name)
            due.append(stored)
        }
        return due
    }

    private func decision(_ stored: StoredSchedule) throws(FleetError) -> Timetable.Decision {
        let (schedule, now) = (stored.schedule, time.now())
        let zone = schedule.zone == MaintenanceWindow.utc ? nil : try TimeZones.offsets(of: schedule.zone, from: now)
        return Timetable(schedule, zone).decision(at: now, after: stored.anchor)
    }

    private func pause() async -> Duration {
        // What can't be read now is read again in a moment, by `due`, which then says so.
        guard let all = try? await store.schedules() else { return .zero }
        let begins = all.compactMap { stored -> Timestamp? in
            guard !running.contains(stored.schedule.name), case .wait(let until) = try? decision(stored) else {
                return nil
            }
            return until
        }
        return begins.map { time.now().duration(until: $0) }.reduce(Self.patience, min)
    }

    /// One run, from its beginning in the store to its end there.
    private func run(_ stored: StoredSchedule) async {
        let schedule = stored.schedule
        defer { running.remove(schedule.name) }
        do throws(FleetError) {
            try await store.beginRun(of: schedule.name, at: time.now())
            let (outcome, changes) = await look(stored)
            // Without an end in the store it is begun again by the next runner.
            guard !Task.isCancelled else { return }
            try await store.endRun(of: schedule.name, outcome, at: time.now())
            log(schedule, outcome)
            await listener(schedule, outcome, changes)
        } catch {
            logger.error("schedule could not be kept", metadata: ["schedule": "\(schedule.name)", "error": "\(error)"])
        }
    }

    private func look(_ stored: StoredSchedule) async -> (ScheduleOutcome, [RuleChange]) {
        let schedule = stored.schedule
        do throws(FleetError) {
            let (playbook, targets) = try await subject(schedule)
            var (outcome, changes) = try await service.run(playbook, targets)
            do throws(FleetError) { _ = try await remediation?.propose(schedule, playbook, targets) } catch {
                outcome.error = error
            }
            return (outcome, changes)
        } catch { return (ScheduleOutcome(error: error, playbook: stored.outcome?.playbook), []) }
    }

    private func log(_ schedule: Schedule, _ outcome: ScheduleOutcome) {
        let metadata: Logger.Metadata = [
            "schedule": "\(schedule.name)", "compliant": "\(outcome.compliant)",
            "noncompliant": "\(outcome.noncompliant)",
            "unknown": "\(outcome.unknown)", "changes": "\(outcome.changes)",
        ]
        if let error = outcome.error {
            logger.error("schedule failed", metadata: metadata.merging(["error": "\(error)"]) { $1 })
        } else {
            logger.info("schedule has run", metadata: metadata)
        }
    }
}
