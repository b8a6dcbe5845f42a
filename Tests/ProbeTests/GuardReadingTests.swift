import Fleet
import Testing

/// What the guard on a node left, as the probe reads it.
@Suite struct GuardReadingTests {
    private static let folder = "/var/lib/vfiofleet/guard"
    private static let earlier = "11111111-9a44-4a9c-8a2b-6c1f6a2d9b11"

    private static func report(
        armedIn boot: String, decision: String? = nil, restoredIn: String? = nil, record: String = ""
    ) throws -> GuardReport {
        let facts = try SampleNode.facts { tree in
            try tree.file("\(folder)/order", "rollout r-1\nboot \(boot)\nwithin 600\nmount \nrun update-grub\n")
            if let decision { try tree.file("\(folder)/decision", "\(decision) \(boot) r-1\n") }
            if let restoredIn { try tree.file("\(folder)/restored", "\(restoredIn)\n") }
            if !record.isEmpty { try tree.file("\(folder)/record", record) }
        }
        #expect(facts.diagnoses == [])
        return try #require(facts.changeGuard.value, "\(facts.changeGuard)")
    }

    @Test func aNodeWithoutAnyIsKnownToHaveNone() throws {
        let facts = try SampleNode.facts { _ in }
        #expect(facts.changeGuard.value?.phase == GuardReport.Phase.none)
        #expect(facts.lock == .known(nil))
    }

    @Test func phasesFollowFromItsFiles() throws {
        #expect(try Self.report(armedIn: SampleNode.bootID).phase == .armed)
        #expect(try Self.report(armedIn: Self.earlier).phase == .waiting)
        #expect(try Self.report(armedIn: Self.earlier, decision: "confirmed").phase == .confirmed)
        #expect(try Self.report(armedIn: Self.earlier, decision: "reverting").phase == .reverting)
        let here = try Self.report(armedIn: Self.earlier, decision: "reverting", restoredIn: SampleNode.bootID)
        #expect(here.phase == .reverting, "it has not rebooted yet")
        let back = try Self.report(armedIn: Self.earlier, decision: "reverting", restoredIn: Self.earlier)
        #expect(back.phase == .reverted)
        #expect(back.rollout == RolloutID("r-1") && back.withinSeconds == 600)
        #expect(back.boot == BootID(SampleNode.bootID))
    }

    @Test func theRecordIsReadLineByLine() throws {
        let record = """
            2026-11-23T04:00:00Z 61 reverting no confirmation within 60 s
            2026-11-23T04:00:01Z 62 restored /etc/default/grub
            2026-11-23T04:00:0
            """
        let report = try Self.report(armedIn: Self.earlier, decision: "reverting", record: record)
        #expect(report.record.map(\.word) == ["reverting", "restored"])
        #expect(report.reason == "no confirmation within 60 s" && report.filesBack == ["/etc/default/grub"])
    }

    @Test func theLockTellsWhoHoldsIt() throws {
        let facts = try SampleNode.facts { tree in
            try tree.file(
                "/var/lib/vfiofleet/lock", "number 7\nrollout r-1\nby anna@desk\nsince 2026-11-23T04:00:00Z\n")
        }
        let lock = NodeLock(rollout: RolloutID("r-1"), by: "anna@desk", since: "2026-11-23T04:00:00Z")
        #expect(facts.lock == .known(lock))
    }
}
