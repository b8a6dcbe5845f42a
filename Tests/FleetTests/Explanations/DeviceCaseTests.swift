import TestSupport
import Testing

@testable import Fleet

/// Cases told to someone who has not done this before.
@Suite struct DeviceCaseTests {
    private func device(_ slot: String, _ machine: String) throws -> DeviceCase {
        try DeviceCase(Fixtures.slot(slot), of: Fixtures.node(), Fixtures.facts(machine))
    }

    @Test func aGoodCardsCaseTellsWhatItIsAndWhatTheBootBrings() throws {
        let card = try device("01:00", "intel-z390-rtx2070")
        #expect(card.verdict == .go)
        #expect(card.story.first?.contains("has 4 functions") == true)
        #expect(card.story.last?.contains("holds nothing else") == true, "\(card.story)")
        #expect(card.forecast?.drivers.count == 4)
        #expect(card.points.contains { $0.code == "softdep-added" })
    }

    @Test func aBlockedCardsCaseNamesTheHostsFunctionAndAWayOut() throws {
        var facts = try Fixtures.facts("amd-x370-three-gpus")
        let nic = try Fixtures.address("06:00.0")
        facts.hostUses = .known([
            HostUse(purpose: .defaultRoute, subject: "vmbr0", path: ["vmbr0", "enp6s0"], function: nic)
        ])
        let card = try DeviceCase(Fixtures.slot("04:00"), of: Fixtures.node(), facts)
        #expect(card.verdict == .blocked)
        let point = try #require(card.points.first)
        #expect(point.code == "group-holds-host-function", "what the host would lose comes first")
        #expect(point.messages.count == 1 && point.messages[0].contains("06:00.0"))
        #expect(point.messages[0].contains("vmbr0"))
        #expect(card.points.filter { $0.code == "group-sibling-not-accepted" }.map(\.messages.count) == [3])
        #expect(!point.evidence.isEmpty && point.remedies.contains { $0.contains("slot") })
        #expect(point.meaning?.isEmpty == false)
        #expect(card.story.contains { $0.contains("IOMMU group 15 also holds") })
    }

    @Test func anAbsentDeviceIsAnErrorThatNamesTheCards() throws {
        let error = #expect(throws: FleetError.self) { try device("7f:00", "intel-z390-rtx2070") }
        #expect(error?.code == "device-not-found")
        #expect(error?.advice?.contains("01:00") == true)
    }

    @Test func thePlaybooksOwnSettingsCount() throws {
        let facts = try Fixtures.facts("intel-z390-rtx2070")
        var settings = try Fixtures.guide("01:00")
        settings.vfio.softdep = .never
        let card = try DeviceCase(Fixtures.slot("01:00"), of: Fixtures.node(), facts, settings: settings)
        #expect(card.forecast?.drivers.contains { $0.then.count > 1 } == true)
        let other = try DeviceCase(Fixtures.slot("00:17"), of: Fixtures.node(), facts, settings: settings)
        #expect(other.points.contains { $0.code == "device-used-by-host" })
    }

    /// Nobody is left alone with a blocker.
    @Test func everyBlockerOfEveryMachineHasAWayOut() throws {
        var seen: Set<String> = []
        for machine in try Fixtures.machines() {
            let facts = NodeFacts(machine)
            for slot in Set((facts.functions.value ?? []).filter { $0.class.isDisplay }.map(\.address.slot)) {
                let card = try DeviceCase(slot, of: Fixtures.node(), facts)
                for point in card.points where point.severity == .blocker {
                    #expect(!point.remedies.isEmpty && point.meaning != nil, "\(point.code)")
                    seen.insert(point.code.rawValue)
                }
            }
        }
        #expect(seen.count >= 3, "\(seen)")
    }
}
