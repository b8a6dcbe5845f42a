public import Fleet
public import Store

extension Store {
    /// How long nodes took in the latest roll-outs, this one left out.
    public func pace(before id: RolloutID) async throws(FleetError) -> RolloutPace {
        RolloutPace(of: try await rollouts(latest: 6).map(\.rollout).filter { $0.id != id })
    }
}
