import TestSupport
import Testing

@testable import Fleet

/// What is said before the reboot, and what is made of it afterwards.
@Suite struct ForecastTests {
    private func plan(_ facts: NodeFacts, _ change: (inout NodeSettings) -> Void = { _ in }) throws -> NodePlan {
        var settings = try Fixtures.guide("01:00")
        change(&settings)
        return Planner.plan(node: try Fixtures.node(), facts: facts, settings: settings)
    }

    private func forecast(
        _ facts: NodeFacts, _ change: (inout NodeSettings) -> Void = { _ in }
    ) throws -> Forecast {
        let plan = try plan(facts, change)
        return try #require(plan.forecast, "\(plan.blockers)")
    }

    private func desk(_ change: (inout NodeSetup) -> Void = { _ in }) throws -> NodeFacts {
        try Fixtures.facts("intel-z390-rtx2070", change)
    }

    @Test func theWantedFunctionsGoToVFIOAndNothingElseMoves() throws {
        let forecast = try forecast(desk())
        #expect(forecast.drivers.map(\.address.short) == ["01:00.0", "01:00.1", "01:00.2", "01:00.3"])
        #expect(forecast.drivers.allSatisfy { $0.then == ["vfio-pci"] }, "\(forecast.drivers)")
    }

    @Test func withoutSoftdepsItIsARace() throws {
        let forecast = try forecast(desk()) { $0.vfio.softdep = .never }
        let races = forecast.drivers.filter { $0.then.count > 1 }.map(\.address.short)
        #expect(races.contains("01:00.1") && races.contains("01:00.2"))
        #expect(forecast.risk.reasons.contains { $0.code == .driverRace })
    }

    @Test func aBlacklistTakesOtherCardsTheirDriver() throws {
        // Written by someone: the plan itself would not do that to a card of the host.
        var facts = try desk { $0.files["/etc/modprobe.d/blacklist.conf"] = "blacklist nouveau\n" }
        var functions = try #require(facts.functions.value)
        functions.append(
            PCIFunction(
                address: try Fixtures.address("05:00.0"), id: PCIID(vendor: 0x10de, device: 0x1d01),
                class: try #require(PCIClass("030000")), driver: "nouveau", driverModule: "nouveau",
                modules: .known(["nouveau"])))
        facts.functions = .known(functions)
        let driver = try #require(try forecast(facts).drivers.first { $0.address.short == "05:00.0" })
        #expect(driver.now == "nouveau" && driver.then == [nil])
    }

    @Test func whatWasForeseenIsHeldAgainstWhatCame() throws {
        let facts = try desk()
        let plan = try plan(facts)
        let forecast = try #require(plan.forecast)
        var after = facts.carryingOut(plan)
        #expect(forecast.misses(before: facts, after: after).isEmpty)

        var functions = try #require(after.functions.value)
        let audio = try #require(functions.firstIndex { $0.address.short == "01:00.1" })
        let nic = try #require(functions.firstIndex { $0.address.short == "00:1f.6" })
        functions[audio].driver = "snd_hda_intel"
        functions[audio].driverModule = "snd_hda_intel"
        functions[nic].driver = nil
        after.functions = .known(functions)
        after.kernelRelease = .known("6.14.0-1-pve")
        let misses = forecast.misses(before: facts, after: after)
        #expect(misses.map(\.what) == ["driver of 00:1f.6", "driver of 01:00.1", "kernel"])
        #expect(misses.map(\.seen) == ["none", "snd_hda_intel", "6.14.0-1-pve"])
    }

    @Test func everyMachinesForecastComesTrueWhenThePlanIsCarriedOut() throws {
        var foreseen = 0
        for machine in try Fixtures.machines() {
            let facts = NodeFacts(machine)
            let settings = NodeSettings(devices: [
                DeviceRequest(name: "gpu", match: .kind(.init(category: .display, count: 1)))
            ])
            let plan = Planner.plan(node: try Fixtures.node(), facts: facts, settings: settings)
            guard let forecast = plan.forecast else { continue }
            foreseen += 1
            let misses = forecast.misses(before: facts, after: facts.carryingOut(plan))
                .filter { miss in plan.wanted.contains { miss.what.hasSuffix($0.address.short) } }
            #expect(misses.isEmpty, "\(machine.name): \(misses)")
        }
        #expect(foreseen > 5)
    }

    @Test func guestsThatStartWithTheNodeAreSeen() throws {
        let address = try Fixtures.address("00:14.0")
        var watched = try desk { $0.guests[101] = "onboot: 1\nhostpci0: 00:14.0\nmemory: 4096\n" }
        watched.hostUses = watched.hostUses.map { uses in
            uses + [HostUse(purpose: .watchdog, subject: "watchdog0", path: ["watchdog0"], function: address)]
        }
        let host = try forecast(watched)
        let guest = try #require(host.guests.first)
        #expect(guest.vm.description == "101" && guest.areGroupsKnown)
        #expect(guest.takes.contains(address))
        #expect(host.risk.reasons.first?.code == .guestTakesHostFunction)
        #expect(host.risk.level == .high)

        let quiet = try forecast(desk { $0.guests[101] = "hostpci0: 00:1f.3\nmemory: 4096\n" })
        #expect(quiet.guests.isEmpty)
    }

    @Test func pinnedMemoryIsHeldAgainstTheNodes() throws {
        var facts = try desk { $0.guests[101] = "onboot: 1\nhostpci0: 02:00\nmemory: current=15000\n" }
        facts.memory = .known(Memory(totalKiB: 16 << 20))
        let forecast = try forecast(facts)
        #expect(forecast.memory == Forecast.Memory(pinned: 15000, total: 16384))
        #expect(forecast.risk.reasons.contains { $0.code == .memoryTight })
    }

    @Test func memoryThatNoMachineHasIsStillSummed() throws {
        let absurd = "onboot: 1\nhostpci0: 02:00\nmemory: \(UInt64.max)\n"
        var facts = try desk { for id in UInt32(101)...103 { $0.guests[id] = absurd } }
        facts.memory = .known(Memory(totalKiB: 16 << 20))
        let forecast = try forecast(facts)
        #expect(forecast.guests.count == 3)
        #expect(forecast.risk.reasons.contains { $0.code == .memoryTight })
    }

    @Test func theConsoleIsFollowed() throws {
        let facts = try desk()
        #expect(try forecast(facts).console.fate == .stays, "the other display is the firmware's")
        var functions = try #require(facts.functions.value)
        for position in functions.indices where functions[position].bootVGA != nil {
            functions[position].bootVGA = functions[position].address.short == "01:00.0"
        }
        var alone = facts
        alone.functions = .known(functions)
        #expect(try forecast(alone).console.fate == .lost)
        functions.append(
            PCIFunction(
                address: try Fixtures.address("06:00.0"), id: PCIID(vendor: 0x1a03, device: 0x2000),
                class: try #require(PCIClass("030000")), driver: "ast", modules: .known(["ast"])))
        var managed = facts
        managed.functions = .known(functions)
        let kept = try forecast(managed).console
        #expect(kept.fate == .stays && kept.function?.short == "06:00.0")
    }

    @Test func theClustersVotesAreCounted() throws {
        var facts = try desk()
        let members = [("pve1", true), ("pve2", false)].map {
            ClusterFacts.Member(name: $0.0, votes: 1, isLocal: $0.1)
        }
        facts.cluster = .known(
            ClusterFacts(name: "lab", quorate: true, expectedVotes: 2, totalVotes: 2, quorum: 2, members: members))
        #expect(try forecast(facts).risk.reasons.contains { $0.code == .quorumLost })
    }

    @Test func aRiskAboveTheLimitBlocks() throws {
        let plan = try plan(desk())
        let score = try #require(plan.forecast).risk.score
        #expect(score > 0)
        #expect(plan.gated(maxRisk: score) == plan)
        let gated = plan.gated(maxRisk: score - 1)
        #expect(gated.verdict == .blocked && gated.blockers == ["risk-too-high"])
        #expect(gated.files.isEmpty && gated.commands.isEmpty && !gated.reboot && gated.guests.isEmpty)
    }

    @Test func reasonsForARiskAreOrderedAndAddUp() throws {
        let risk = try forecast(desk { $0.guests[101] = "onboot: 1\nhostpci0: 02:00\n" }).risk
        #expect(risk.reasons.map(\.points) == risk.reasons.map(\.points).sorted(by: >))
        #expect(risk.score == min(100, risk.reasons.reduce(0) { $0 + $1.points }))
    }
}
