import Engine
import Fleet
import Foundation
import PowerCut
import Store
import TestSupport
import Testing

/// The controller's power fails around any sync of its database. What is on the disk then is enough to end as if nothing
/// had happened: what was ordered from nodes is known, and no node is rebooted twice, forgotten or left locked.
@Suite("A controller that loses power")
struct PowerLossTests {
    @Test(arguments: [PowerCutDisk.Loss.everything, .nothing, .byChance(seed: 1), .byChance(seed: 2)])
    func beforeAnySync(_ loss: PowerCutDisk.Loss) async throws {
        try await everyMoment(PowerCutDisk.Moment.sync, loss)
    }

    @Test(arguments: [PowerCutDisk.Loss.everything, .byChance(seed: 3)])
    func afterAnySync(_ loss: PowerCutDisk.Loss) async throws {
        try await everyMoment(PowerCutDisk.Moment.afterSync, loss)
    }

    @Test func betweenWrites() async throws {
        try await everyMoment({ .operation($0 * 7) }, .byChance(seed: 4))
    }

    private func everyMoment(_ moment: (Int) -> PowerCutDisk.Moment, _ loss: PowerCutDisk.Loss) async throws {
        var number = 1
        while try await failed(at: moment(number), loss) { number += 1 }
        #expect(number > 30, "a roll-out of two nodes has more to keep than that")
    }

    /// False: it had ended before.
    private func failed(at moment: PowerCutDisk.Moment, _ loss: PowerCutDisk.Loss) async throws -> Bool {
        let folder = try TemporaryFolder()
        let disk = PowerCutDisk(folder.path)
        let settings = RolloutSettings(
            canaries: 1, batch: .count(1), pauseSeconds: 5, returnWithinSeconds: 300, confirmWithinSeconds: 6000)
        let fleet = try await SimulatedRollout(2, settings: settings, in: URL(filePath: folder.path))
        let journal = CountingJournal(fleet.store)
        disk.failPower(before: moment)
        do throws(FleetError) { _ = try await fleet.driver(journal).drive(fleet.id) } catch {
            #expect(error.code == "store-io-failed", "\(error)")
        }
        guard disk.isOff else { return false }

        let place = "power lost at \(moment), of what was not synced survives: \(loss)"
        let other = try TemporaryFolder()
        try disk.remains(loss, in: other.path)
        let store = try Store.open(path: other.path(of: "fleet.db"))
        defer { try? store.close() }
        let kept = try await store.journal(of: fleet.id).count
        let acknowledged = await journal.acknowledged
        #expect(
            kept == acknowledged || kept == acknowledged + 1, "\(place): \(kept) of \(acknowledged) events are left")
        // The lease of the one that lost power runs out.
        try await fleet.time.sleep(for: .seconds(31))
        let rollout = try await fleet.driver(in: store).drive(fleet.id)
        #expect(rollout.phase == .ended(.completed), "\(place)")
        for node in fleet.nodes.values {
            #expect(await node.isWanted, "\(place)")
            #expect(await node.reboots == 1, "\(place)")
            #expect(await node.lock == nil, "\(place)")
            #expect(await node.guestCalls == 1, "\(place)")
        }
        #expect(try await store.checkAudit().flaws == [], "\(place)")
        return true
    }
}

/// Counts the events that the driver was told to be safe.
private actor CountingJournal: RolloutJournal {
    private let store: Store
    private(set) var acknowledged = 0

    init(_ store: Store) { self.store = store }

    func append(
        _ event: RolloutEvent, number: Int, after rollout: Rollout, under lease: Lease
    ) async throws(FleetError) {
        try await store.append(event, number: number, after: rollout, under: lease)
        acknowledged += 1
    }
}
