import TestSupport
import Testing

@testable import Fleet

/// What an operator may let pass, and what not.
@Suite struct NodeOverrideTests {
    /// The network card of a desktop, with all that shares its group.
    private static func settings(_ overridden: [OverridableReason]? = [.deviceUsedByHost]) throws -> NodeSettings {
        let siblings = try ["00:1f.0", "00:1f.3", "00:1f.4", "00:1f.5"].map {
            AcceptedSibling(try Fixtures.address($0))
        }
        let nic = DeviceRequest(
            name: "nic", match: .slot(try Fixtures.slot("00:1f")), functions: [6], acceptSiblings: siblings)
        var settings = NodeSettings(devices: [nic])
        settings.overridden = overridden
        return settings
    }

    private static func plan(_ facts: NodeFacts, _ settings: NodeSettings) throws -> NodePlan {
        Planner.plan(node: try Fixtures.node(), facts: facts, settings: settings)
    }

    @Test func oneNamedBlockerPasses() throws {
        var facts = try Fixtures.facts("intel-z390-rtx2070")
        let card = NetworkInterface(name: "eno1", mac: "3c:ec:ef:00:11:22", function: try Fixtures.address("00:1f.6"))
        facts.interfaces = .known([card])
        #expect(facts.hostUses.value?.contains { $0.function == card.function && $0.purpose.isNetwork } == true)
        #expect(try Self.plan(facts, Self.settings(nil)).blockers == ["device-used-by-host"])
        let plan = try Self.plan(facts, Self.settings())
        #expect(plan.verdict == .change && plan.reboot, "\(plan.blockers)")
        let first = try #require(plan.reasons.first)
        #expect(first.severity == .overridden && first.code.rawValue == "device-used-by-host")
        let fleet = FleetPlan(
            purpose: .apply, playbook: Playbook(name: "nic"),
            nodes: [.init(plan: plan, settings: try Self.settings(), facts: nil)])
        #expect(fleet.overrides.map(\.description) == ["pve1:device-used-by-host"])
        let forecast = try #require(plan.forecast)
        #expect(forecast.risk.reasons.first?.code == .neededInterfaceLost && forecast.risk.level == .high)
    }

    @Test func whatTheWayBackNeedsIsNeverLetPass() throws {
        let facts = try Fixtures.facts("intel-z390-rtx2070")
        let root = try #require(facts.hostUses.value?.first { $0.purpose == .rootFileSystem }?.function)
        var settings = NodeSettings(devices: [
            DeviceRequest(name: "disk", match: .slot(root.slot), functions: [root.function])
        ])
        settings.overridden = OverridableReason.allCases
        let plan = try Self.plan(facts, settings)
        #expect(plan.blockers == ["device-used-by-host"])
        #expect(plan.reasons.first?.message.contains("can't be overridden") == true)
    }

    @Test func anUntracedDiskForbidsAnOverride() throws {
        var facts = try Fixtures.facts("intel-z390-rtx2070")
        facts.untracedUses = [UntracedUse(purpose: .rootFileSystem, detail: "It is somewhere.")]
        #expect(try Self.plan(facts, Self.settings()).blockers == ["device-used-by-host"])
    }

    @Test func withoutARebootNothingGuardsIt() throws {
        var facts = try Fixtures.facts("intel-z390-rtx2070")
        facts = facts.carryingOut(try Self.plan(facts, Self.settings()))
        let plan = try Self.plan(facts, Self.settings())
        // It is on vfio-pci by now, and so is used by nobody; the host's use is as it was seen before.
        #expect(plan.verdict == .unchanged || plan.blockers == ["override-unguarded"], "\(plan.reasons)")
    }

    @Test func anOverrideThatFitsNothingIsSaid() throws {
        let facts = try Fixtures.facts("intel-z390-rtx2070")
        var settings = try Fixtures.guide("01:00")
        settings.overridden = [.groupHoldsHostFunction]
        let plan = try Self.plan(facts, settings)
        #expect(plan.codes.contains("override-not-needed"))
        #expect(!plan.reasons.contains { $0.severity == .overridden })
    }

    @Test func aRiskIsLetPassByNameToo() throws {
        let plan = try Self.plan(try Fixtures.facts("intel-z390-rtx2070"), try Fixtures.guide("01:00"))
        let score = try #require(plan.forecast).risk.score
        let gated = plan.gated(maxRisk: score - 1, overridden: [.riskTooHigh])
        #expect(gated.verdict == .change && gated.files == plan.files)
        #expect(gated.reasons.first?.severity == .overridden)
        #expect(plan.gated(maxRisk: score - 1, overridden: [.deviceUsedByHost]).verdict == .blocked)
    }

    @Test func onlyWhatIsListedCanBeNamed() throws {
        let good = try NodeOverride(parsing: "pve01:group-holds-host-function")
        #expect(good.node.description == "pve01" && good.reason == .groupHoldsHostFunction)
        for (text, code) in [
            ("pve*:device-used-by-host", "override-malformed"),
            ("pve[01-02]:device-used-by-host", "override-malformed"),
            ("device-used-by-host", "override-malformed"), ("all:boot-loader-not-understood", "override-not-possible"),
            ("pve01:facts-incomplete", "override-not-possible"), ("pve01:", "override-not-possible"),
        ] {
            #expect(throws: FleetError.self, "\(text)") { try NodeOverride(parsing: text) }
            do throws(FleetError) { _ = try NodeOverride(parsing: text) } catch {
                #expect(error.code.rawValue == code, "\(text): \(error)")
            }
        }
    }

    @Test func theyArePartOfAPlansSettings() throws {
        #expect(try Self.settings() != Self.settings(nil))
        for code in OverridableReason.allCases {
            #expect(PlanReason(rawValue: code.rawValue) == code.reason)
        }
    }
}
