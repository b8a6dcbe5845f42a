import Testing

@testable import Fleet

@Suite struct ExplanationTests {
    @Test func everyCheckAndReasonIsExplained() {
        for explanation in Explanations.all {
            #expect(explanation.what.count > 15 && !explanation.why.isEmpty, "\(explanation.topic)")
            #expect(explanation.what != explanation.topic)
        }
        let topics = Set(Explanations.all.map(\.topic))
        #expect(topics.isSuperset(of: CheckID.allCases.map(\.rawValue) + PlanReason.allCases.map(\.rawValue)))
    }

    @Test func wordsAreFoundHoweverTheyAreWritten() {
        #expect(Explanations.find("IOMMU group").first?.topic == "iommu-group")
        #expect(Explanations.find("iommu").map(\.kind) == [.fact, .check])
        #expect(Explanations.find("nonsense").isEmpty)
        #expect(Explanations.nearestTopic(to: "softdpe") == "softdep")
    }
}
