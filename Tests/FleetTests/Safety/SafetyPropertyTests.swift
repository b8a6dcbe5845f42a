import Testing

@testable import Fleet

/// For nodes made by chance: what is planned never takes anything from the host that it can't lose.
///
/// The oracle does not ask `HostCritical` or `DeviceClosure`: it follows the facts its own way.
@Suite struct SafetyPropertyTests {
    @Test func noPlanTakesWhatTheHostCantLose() throws {
        let node = try Fixtures.node()
        var (changes, blocked) = (0, 0)
        for seed in UInt64(0)..<6000 {
            var generated = GeneratedNode(seed: seed)
            guard let settings = generated.settings(for: try Fixtures.vm(100)) else { continue }
            let facts = try Topology.facts(generated.functions, uses: generated.uses)
            let plan = Planner.plan(node: node, facts: facts, settings: settings)
            if seed % 4 == 0 {
                #expect(plan == Planner.plan(node: node, facts: facts, settings: settings), "seed \(seed)")
            }
            guard plan.verdict == .change else {
                blocked += 1
                continue
            }
            changes += 1
            let lost = Self.vital(generated, settings).intersection(Self.taken(plan, generated.functions))
            #expect(lost.isEmpty, "seed \(seed): \(lost.sorted().map(\.description))")
            Self.expectAccepted(plan, settings, generated.functions, seed)
        }
        #expect(changes > 150 && blocked > 150, "\(changes) changed, \(blocked) blocked")
    }

    /// Everything on the way from a vital use up to the root. The console counts unless the request means it.
    private static func vital(_ node: GeneratedNode, _ settings: NodeSettings) -> Set<PCIAddress> {
        let all = Dictionary(uniqueKeysWithValues: node.functions.map { ($0.address, $0) })
        var vital: Set<PCIAddress> = []
        var open = node.uses.filter { $0.purpose.isVital && $0.purpose != .console }.map(\.function)
        open += node.functions.filter { $0.class.code >> 8 == 0x0c07 }.map(\.address)
        while let address = open.popLast() {
            guard vital.insert(address).inserted, let function = all[address] else { continue }
            open += [function.parent, function.physicalFunction].compactMap(\.self)
        }
        return vital
    }

    /// Functions bound by id at the boot, named in the guest's configuration, taken with those, and gone without those.
    private static func taken(_ plan: NodePlan, _ functions: [PCIFunction]) -> Set<PCIAddress> {
        let ids = Set(plan.files.flatMap { ModprobeFile($0.after ?? []).vfioIDs ?? [] })
        let entries = HostPCIEntry.all(
            in: Dictionary(
                uniqueKeysWithValues: plan.guests.flatMap(\.options).map { ($0.key, $0.after ?? "") }))
        let named = functions.filter { function in
            ids.contains(function.id.description) || entries.contains { $0.takes(function.address) }
                || plan.wanted.contains { $0.address == function.address }
        }
        let groups = Set(named.compactMap(\.group))
        var taken = Set(named.map(\.address)).union(
            functions.filter { !$0.hasSecondaryBus && $0.group.map(groups.contains) == true }.map(\.address))
        for _ in functions {
            for function in functions
            where function.physicalFunction.map(taken.contains) == true || function.parent.map(taken.contains) == true {
                taken.insert(function.address)
            }
        }
        return taken
    }

    /// Whatever goes along in a group was named for this device, or is a host bridge nobody drives.
    private static func expectAccepted(
        _ plan: NodePlan, _ settings: NodeSettings, _ functions: [PCIFunction], _ seed: UInt64
    ) {
        let wanted = Set(plan.wanted.map(\.address))
        let groups = Set(functions.filter { wanted.contains($0.address) }.compactMap(\.group))
        let accepted = Set(settings.devices.flatMap(\.acceptSiblings).map(\.address))
        let others = functions.filter { function in
            !wanted.contains(function.address) && !function.hasSecondaryBus
                && function.group.map(groups.contains) == true && !(function.class.code >> 8 == 0x0600)
        }
        #expect(others.allSatisfy { accepted.contains($0.address) }, "seed \(seed)")
    }
}
