import Documents
import Fleet
import Testing

@Suite struct RolloutOptionsTests {
    private func changed(
        _ options: [(String, String)], from settings: RolloutSettings = .init()
    ) throws -> RolloutSettings {
        try settings.changed(by: options.map { RolloutOption($0.0, $0.1) })
    }

    @Test func whatIsNotGivenStays() throws {
        let own = RolloutSettings(canaries: 3, pauseSeconds: 60, perLabel: ["rack": .count(2)], failureBudget: 4)
        #expect(try changed([], from: own) == own)
        var wanted = own
        wanted.failureBudget = 1
        #expect(try changed([("failure-budget", "1")], from: own) == wanted)
    }

    @Test func everyOptionIsRead() throws {
        let settings = try changed([
            ("canary", "0"), ("max-unavailable", "25%"), ("pause", "1m"), ("soak", "1h"), ("return-within", "20m"),
            ("confirm-within", "never"), ("per-cluster", "25%"), ("per-label", "rack=1"), ("per-label", "row=30%"),
            ("failure-budget", "5"), ("order", "inventory"),
        ])
        let wanted = RolloutSettings(
            canaries: 0, maxUnavailable: .percent(25), pauseSeconds: 60, soakSeconds: 3600, returnWithinSeconds: 1200,
            perCluster: .percent(25), perLabel: ["rack": .count(1), "row": .percent(30)], failureBudget: 5,
            order: .inventory,
            confirmWithinSeconds: nil)
        #expect(settings == wanted)
    }

    @Test func batchesAndWindowsTakeEachOthersPlace() throws {
        let window = try changed([("max-unavailable", "5")])
        #expect(window.maxUnavailable == .count(5))
        let batches = try changed([("batch", "7")], from: window)
        #expect(batches.maxUnavailable == nil && batches.batch == .count(7))
    }

    @Test func theGuardWaitsAsLongAsTheReturnUnlessItIsSaid() throws {
        #expect(try changed([("return-within", "20m")]).confirmWithinSeconds == 1200)
        let own = RolloutSettings(returnWithinSeconds: 600, confirmWithinSeconds: 60)
        #expect(try changed([("return-within", "20m")], from: own).confirmWithinSeconds == 60)
        #expect(try changed([("return-within", "20m"), ("confirm-within", "30s")]).confirmWithinSeconds == 30)
    }

    @Test(arguments: [
        ([("canary", "x")], "--canary: “x” is not a number of nodes (0…1000)."),
        ([("batch", "2"), ("max-unavailable", "3")], "exclude each other"),
        ([("order", "riks")], "Did you mean “risk”?"),
        ([("per-label", "rack")], "--per-label: “rack” is not LABEL=NUMBER"),
        ([("pause", "soon")], "--pause"),
    ])
    func mistakesAreTold(options: [(String, String)], words: String) {
        do {
            _ = try changed(options)
            Issue.record("\(options) were accepted")
        } catch let error as InvalidDocument {
            #expect(error.description.contains(words), "\(error)")
            #expect(error.errors.allSatisfy { $0.code.rawValue.hasPrefix("option-") })
        } catch { Issue.record(error) }
    }
}
