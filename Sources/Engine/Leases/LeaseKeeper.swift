import Fleet
import Logging
import Store

/// Takes leases for one process and keeps them alive.
struct LeaseKeeper: Sendable {
    let store: any LeaseStore
    let holder: LeaseHolder
    let time: any TimeSource
    let logger: Logger

    /// How long a lease lasts without a sign of life.
    static let seconds = 30

    /// Fails with `lease-held` while another process has it; one that is known to have ended is not waited for.
    /// `reclaiming`: this process had it and could not give it back.
    func acquire(_ name: String, reclaiming: Bool = false) async throws(FleetError) -> Lease {
        if let held = try await store.lease(name), held.expiresAt > time.now(),
            LeaseHolder.isGone(held.holder) || reclaiming && held.holder == holder.description
        {
            logger.notice(
                "its holder is gone; taking over", metadata: ["lease": "\(name)", "holder": "\(held.holder)"])
            try await store.release(held)
        }
        return try await store.acquireLease(name, for: holder.description, seconds: Self.seconds, at: time.now())
    }

    /// Renews the lease until cancelled. Fails when another process has it.
    func keep(_ lease: Lease) async throws(FleetError) {
        while !Task.isCancelled {
            do { try await time.sleep(for: .seconds(Self.seconds / 3)) } catch { return }
            do throws(FleetError) {
                _ = try await store.renew(lease, seconds: Self.seconds, at: time.now())
            } catch {
                if error.code == "cancelled" { return }
                throw error
            }
        }
    }

    /// Also when this task is cancelled: nobody shall wait for who has given up.
    func release(_ lease: Lease) async throws(FleetError) {
        try await store.abandon(lease)
    }
}
