import Fleet
import Testing

@testable import Commands
@testable import Forms

@Suite struct PlanViewTests {

    private static func entry(_ name: String, _ verdict: NodePlan.Verdict, _ edit: (inout NodePlan) -> Void = { _ in })
        throws -> FleetPlan.Entry
    {
        var plan = NodePlan(node: try #require(NodeName(name)), verdict: verdict)
        edit(&plan)
        return FleetPlan.Entry(plan: plan, settings: NodeSettings(), facts: nil)
    }

    private static func plan(_ entries: [FleetPlan.Entry]) -> FleetPlan {
        FleetPlan(purpose: .apply, playbook: Playbook(name: "test"), nodes: entries)
    }

    private static func render(_ plan: FleetPlan) throws -> String {
        let digest = try #require(ContentDigest(bytes: [UInt8](repeating: 0xab, count: 32)))
        return PlanView(plan: plan, digest: digest, isVerbose: false, terminal: Terminal()).render()
    }

    @Test func nodesWithTheSamePlanAreShownOnce() throws {
        let change: (inout NodePlan) -> Void = {
            $0.files = [
                FileChange(path: "/etc/modules", before: Array("loop\n".utf8), after: Array("loop\nvfio\n".utf8))
            ]
            $0.commands = [.updateInitramfs]
            $0.reboot = true
        }
        let text = try Self.render(
            Self.plan([
                try Self.entry("pve01", .change, change), try Self.entry("pve02", .change, change),
                try Self.entry("pve03", .blocked) { $0.reasons = [Reason(.blocker, "iommu-off", "The IOMMU is off.")] },
            ]))
        #expect(
            text.hasPrefix(
                """
                pve[01-02]  change
                  --- a/etc/modules
                  +++ b/etc/modules
                  @@ -1 +1,2 @@
                   loop
                  +vfio
                  run: update-initramfs -u -k all
                  reboot

                pve03  blocked
                  blocker: The IOMMU is off. [iommu-off]

                2 to change: pve[01-02]
                1 blocked: pve03
                2 reboots; a node puts itself back unless confirmed within 10m
                """))
    }

    /// Of one node it says why; of many that would hide what matters.
    @Test func whyNodesStayIsToldOfOne() throws {
        func entry(_ name: String) throws -> FleetPlan.Entry {
            try Self.entry(name, .unchanged) {
                $0.reasons = [
                    Reason(.warning, "console-lost", "The screen goes dark."),
                    Reason(.note, "module-present", "\(name) has it already."),
                ]
            }
        }
        let one = try Self.render(Self.plan([try entry("pve01")]))
        #expect(one.contains("  warning: The screen goes dark. [console-lost]\n  note: pve01 has it already."))
        let two = try Self.render(Self.plan([try entry("pve01"), try entry("pve02")]))
        #expect(two.hasPrefix("pve[01-02]  unchanged\n  warning: The screen goes dark. [console-lost]\n\n"), "\(two)")
    }

    @Test func aHostileFileCannotSteerTheTerminal() throws {
        let text = try Self.render(
            Self.plan([
                try Self.entry("pve01", .change) {
                    $0.files = [FileChange(path: "/etc/modules", before: Array("\u{1B}[2Jx\n".utf8), after: [])]
                }
            ]))
        #expect(!text.contains("\u{1B}"))
        #expect(text.contains(#"-\e[2Jx"#))
    }

    @Test func exitStatusSaysWhatIsDue() throws {
        #expect(Self.plan([try Self.entry("a", .unchanged)]).outcome == .good)
        #expect(Self.plan([try Self.entry("a", .unchanged), try Self.entry("b", .change)]).outcome == .attention)
        #expect(Self.plan([try Self.entry("a", .unchanged), try Self.entry("b", .blocked)]).outcome == .failed)
    }
}
