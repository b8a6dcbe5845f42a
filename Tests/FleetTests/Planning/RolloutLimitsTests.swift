import Testing

@testable import Fleet

@Suite("Limits of a roll-out that come to nothing, or to too much")
struct RolloutLimitsTests {
    private func member(_ text: String, labels: [String: String] = [:], of size: Int) -> RolloutLimits.Member {
        var plan = change(text)
        plan.cluster = "lab"
        let cluster = ClusterFacts(
            name: "lab", expectedVotes: size, totalVotes: size, quorum: size / 2 + 1,
            members: (1...size).map { .init(name: "m\($0)", votes: 1, isLocal: $0 == 1) })
        let node = Node(name: name(text), connection: .init(address: "192.0.2.1"), labels: labels)
        return .init(node: node, plan: plan, cluster: cluster)
    }

    private func reasons(
        perCluster: Int = 1, perLabel: [String: RolloutSettings.Share] = [:], _ members: [RolloutLimits.Member]
    ) -> [Reason] {
        let settings = RolloutSettings(perCluster: .count(perCluster), perLabel: perLabel)
        return RolloutLimits(settings, of: members).reasons.values.flatMap(\.self)
    }

    @Test func aLabelThatNoNodeHasIsNamedWithTheNearest() {
        let members = ["a", "b"].map { member($0, labels: ["rack": "1"], of: 3) }
        let found = reasons(perLabel: ["rak": .count(1)], members)
        #expect(found.map(\.code) == ["label-limit-unused", "label-limit-unused"])
        #expect(found.allSatisfy { $0.severity == .warning && $0.message.contains("Did you mean “rack”?") })
        #expect(reasons(perLabel: ["rack": .count(1)], members).isEmpty)
    }

    /// Three members bear one away, five bear two.
    @Test(arguments: [(3, 1, false), (3, 2, true), (5, 2, false), (5, 3, true)])
    func moreThanTheClusterBearsIsTold(size: Int, limit: Int, isTold: Bool) {
        let found = reasons(perCluster: limit, ["a", "b", "c"].map { member($0, of: size) })
        #expect(found.count == (isTold ? 3 : 0))
        let works = "At most per-cluster: \((size - 1) / 2) works."
        #expect(found.allSatisfy { $0.code == "cluster-limit-too-high" && $0.message.hasSuffix(works) })
    }

    /// One alone is never away with another.
    @Test func whatIsNotInThePlanDoesNotCount() {
        #expect(reasons(perCluster: 2, [member("a", of: 3)]).isEmpty)
    }
}
