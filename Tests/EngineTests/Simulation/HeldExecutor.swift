import Dispatch
import Synchronization

/// Runs the tasks of one simulated process, one job at a time, when it is told to: what is ready waits here. Default actors
/// run on it too, because it is their task's preference.
final class HeldExecutor: TaskExecutor {
    private let jobs = Mutex<[UnownedJob]>([])
    private let arrival = DispatchSemaphore(value: 0)
    /// Jobs may come from other threads, and are waited for.
    private let isShared: Bool

    init(isShared: Bool) { self.isShared = isShared }

    var count: Int { jobs.withLock { $0.count } }

    /// Called on any thread: a database finishes on its own.
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
        if isShared { arrival.signal() }
    }

    /// Runs the job at this place of those that are ready.
    func run(_ place: Int) {
        let job = jobs.withLock { jobs in
            jobs.swapAt(place, jobs.count - 1)
            return jobs.removeLast()
        }
        job.runSynchronously(on: asUnownedTaskExecutor())
    }

    /// Waits until more than `count` jobs are ready.
    func wait(beyond count: Int) { while self.count <= count { arrival.wait() } }
}
