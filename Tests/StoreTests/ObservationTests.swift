import Fleet
import Foundation
import Store
import Testing

@Suite("Observations")
struct ObservationTests {
    private func fleet(_ names: NodeName...) async throws -> Fixture {
        let fixture = try Fixture()
        _ = try await fixture.store.importInventory(Inventory(nodes: names.map { node($0) }), at: at(0), by: "test")
        return fixture
    }

    @Test func theSameAnswerAgainIsOneRowSeenLonger() async throws {
        let fixture = try await fleet("pve1")
        let raw = Array("the answer\u{0}\n".utf8) + [0xff]
        for second in [1, 2, 5] {
            let changed = try await fixture.store.record([Sighting(of: "pve1", at: at(Int64(second)), answer: raw)])
            #expect(changed == [second == 1])
        }
        let kept = try await fixture.store.observations(of: "pve1")
        #expect(kept.count == 1)
        #expect(kept.first?.answer.raw == raw)
        #expect(kept.first?.firstSeen == at(1))
        #expect(kept.first?.lastSeen == at(5))
        #expect(kept.first?.times == 3)
        #expect(try sqlite(fixture.path, "SELECT count(*) FROM answer") == "1")
    }

    @Test func historyTellsWhenANodeChangedBack() async throws {
        let fixture = try await fleet("pve1")
        for (second, answer) in [(1, "a"), (2, "b"), (3, "a"), (4, "a")] {
            _ = try await fixture.store.record([Sighting(of: "pve1", at: at(Int64(second)), answer: Array(answer.utf8))]
            )
        }
        let kept = try await fixture.store.observations(of: "pve1")
        #expect(kept.map { String(decoding: $0.answer.raw, as: UTF8.self) } == ["a", "b", "a"])
        #expect(kept.map(\.lastSeen) == [at(1), at(2), at(4)])
        #expect(try await fixture.store.latestObservations(of: ["pve1"])["pve1"] == kept.last)
        #expect(try sqlite(fixture.path, "SELECT count(*) FROM answer") == "2", "equal answers are kept once")
    }

    @Test func aClockSetBackNeverEndsARunBeforeItBegan() async throws {
        let fixture = try await fleet("pve1")
        for second in [100, 50] {
            _ = try await fixture.store.record([Sighting(of: "pve1", at: at(Int64(second)), answer: [1])])
        }
        let kept = try await fixture.store.observations(of: "pve1")
        #expect(kept.first?.firstSeen == at(100))
        #expect(kept.first?.lastSeen == at(100))
    }

    @Test func failuresAreKeptInRunsAndEndWithASuccess() async throws {
        let fixture = try await fleet("pve1", "pve2")
        let refused = FleetError("ssh-connection-refused", "Refused.", advice: "Start sshd.")
        let silent = FleetError("ssh-silent", "Silent.")
        for (second, error) in [(1, refused), (2, refused), (3, silent)] {
            _ = try await fixture.store.record([Sighting(of: "pve1", at: at(Int64(second)), failed: error)])
        }
        #expect(try await fixture.store.currentFailures()["pve1"]?.error == silent)
        _ = try await fixture.store.record([Sighting(of: "pve1", at: at(4), answer: [1])])
        #expect(try await fixture.store.currentFailures().isEmpty)
        let runs = try await fixture.store.failures(of: "pve1")
        #expect(runs.map(\.error) == [refused, silent])
        #expect(runs.map(\.times) == [2, 1])
        #expect(runs.map(\.isCurrent) == [false, false])
    }

    @Test func aSweepCountsItsNodes() async throws {
        let fixture = try await fleet("pve1", "pve2")
        let sweep = try await fixture.store.beginSweep(of: 2, at: at(1))
        let sightings = [
            Sighting(of: "pve1", at: at(2), answer: [1]),
            Sighting(of: "pve2", at: at(2), failed: FleetError("ssh-silent", "Silent.")),
        ]
        #expect(try await fixture.store.record(sightings, in: sweep) == [true, true])
        try await fixture.store.endSweep(sweep, at: at(3))
        let record = try #require(try await fixture.store.sweeps().first)
        #expect(record.observed == 1 && record.failed == 1 && record.endedAt == at(3))
    }

    @Test func aBatchWithAnUnknownNodeIsNotKeptAtAll() async throws {
        let fixture = try await fleet("pve1")
        await expectCode("node-unknown") {
            _ = try await fixture.store.record([
                Sighting(of: "pve1", at: at(1), answer: [1]), Sighting(of: "stranger", at: at(1), answer: [2]),
            ])
        }
        #expect(try await fixture.store.observations(of: "pve1").isEmpty)
    }

    @Test func manyNodesAreReadInOnePiece() async throws {
        let names = (0..<2000).compactMap { NodeName("pve\($0)") }
        let fixture = try Fixture()
        _ = try await fixture.store.importInventory(Inventory(nodes: names.map { node($0) }), at: at(0), by: "test")
        let filler = [UInt8](repeating: 65, count: 29_000)
        let sightings = names.map { Sighting(of: $0, at: at(1), answer: Array($0.description.utf8) + filler) }
        let clock = ContinuousClock()
        let written = try await clock.measure { _ = try await fixture.store.record(sightings) }
        let again = try await clock.measure { _ = try await fixture.store.record(sightings) }
        var latest: [NodeName: StoredObservation] = [:]
        let read = try await clock.measure { latest = try await fixture.store.latestObservations(of: names) }
        #expect(latest.count == 2000)
        #expect(latest["pve1234"]?.answer.raw.prefix(7).elementsEqual("pve1234".utf8) == true)
        print("2000 answers of 29 kB: stored in \(written), unchanged in \(again), read in \(read)")
    }
}
