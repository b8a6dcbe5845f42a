import Fleet
import Testing

/// Simulated nodes against real kernels: made from what detection says of a VM node, and led through the same
/// roll-outs, one must give the same facts.
@Suite("Simulated nodes against VM nodes", .vmNodes, .timeLimit(.minutes(40)))
struct ConformanceTests {
    @Test("the same facts before and after a roll-out", arguments: VMNode.IOMMU.allCases)
    func sameFacts(_ iommu: VMNode.IOMMU) async throws {
        let walk = try await Walk.of(iommu)
        let twin = try await SimulatedTwin.follow(walk)
        for stage in [Walk.Stage.before, .asWritten, .rolledOut, .undone, .oneOfTwins] where walk.hasSeen(stage) {
            let real = try walk.facts(stage).aspects
            let simulated = try #require(twin.facts[stage], "\(twin.transcript)").aspects
            for aspect in Set(real.keys).union(simulated.keys).sorted() where !Deviation.isAllowed(aspect) {
                #expect(simulated[aspect] == real[aspect], "\(aspect), \(stage.rawValue)")
            }
        }
    }
}
