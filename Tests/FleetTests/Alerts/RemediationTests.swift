import Fleet
import Testing

@Suite("What is done about drift by itself") struct RemediationTests {
    private func standing(
        _ rule: CheckID, _ status: CheckResult.Status = .fail, drift: Drift? = .corrective
    ) throws -> RuleStanding {
        let node = try #require(NodeName("pve1"))
        return RuleStanding(
            playbook: "gpu", subject: RuleSubject(node: node, rule: .check(rule)), state: RuleState(status, "x"),
            settings: try #require(ContentDigest(bytes: [UInt8](repeating: 0, count: 32))),
            firstSeen: Timestamp(milliseconds: 0), lastSeen: Timestamp(milliseconds: 0), isCurrent: true, drift: drift)
    }

    @Test func theMostCautiousOfWhatFailsDecides() throws {
        let each = Remediation(rules: [.check(.files): .apply, .check(.initramfs): .propose])
        #expect(each.mode(for: [try standing(.files)]) == .apply)
        #expect(each.mode(for: [try standing(.files), try standing(.driver, .pass, drift: nil)]) == .apply)
        #expect(each.mode(for: [try standing(.files), try standing(.initramfs)]) == .propose)
        #expect(each.mode(for: [try standing(.files), try standing(.driver)]) == .never)
        #expect(each.mode(for: []) == .never)
    }

    @Test(arguments: [Drift.intentional, nil]) func onlyWhatSomebodyChangedOnTheNode(_ drift: Drift?) throws {
        let all = Remediation(usual: .apply)
        #expect(all.mode(for: [try standing(.files)]) == .apply)
        #expect(all.mode(for: [try standing(.files, drift: drift)]) == .never)
        #expect(all.mode(for: [try standing(.files), try standing(.iommu, drift: drift)]) == .never)
    }
}
