import Documents
import Engine
import Fleet
import Foundation
import TestSupport
import Testing

/// For machines as described, with configuration files made by chance: what the real scripts write with a real shell is
/// what was planned, twice is as good as once, and undo brings back every byte, mode and owner.
///
/// `VFIOFLEET_SEED=17` repeats one case.
@Suite struct UndoPropertyTests {
    private static let seeds: [UInt64] =
        ProcessInfo.processInfo.environment["VFIOFLEET_SEED"].flatMap(UInt64.init).map { [$0] } ?? Array(0..<48)

    @Test(.timeLimit(.minutes(5))) func undoBringsBackEveryByte() async throws {
        let machines = try MachineDocument.load(directory: MachineFolder.path)
        let judgements = try Judgements.load()
        let cases = try Self.seeds.compactMap { seed in
            try UndoCase(seed, machines[Int(seed) % machines.count], judgements)
        }
        let folder = FileManager.default.isWritableFile(atPath: "/dev/shm") ? URL(filePath: "/dev/shm") : nil
        let ends = try await withThrowingTaskGroup(of: [UndoCase.End].self) { group in
            for worker in 0..<3 {
                group.addTask {
                    var ends: [UndoCase.End] = []
                    for index in stride(from: worker, to: cases.count, by: 3) {
                        ends.append(try await cases[index].run(in: folder))
                    }
                    return ends
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        guard Self.seeds.count > 1 else { return }
        #expect(ends.count { $0 == .merged } > 3 && ends.count { $0 == .refused } < 4, "\(ends)")
        #expect(cases.count > 32, "\(cases.count) of the generated nodes could be changed")
        let paths = Set(cases.flatMap { $0.plan.files.map(\.path) })
        for path in ["/etc/default/grub", "/etc/kernel/cmdline", "/etc/modules", "/etc/modprobe.d/vfiofleet.conf"] {
            #expect(paths.contains(path), "no case changes \(path)")
        }
        #expect(paths.contains { $0.hasSuffix("/00-vfiofleet") } && paths.contains { $0.hasSuffix(".link") })
    }
}

/// One generated node and what a playbook changes on it.
private struct UndoCase: Sendable {
    let seed: UInt64
    let machine: MachineDescription
    let shell: NodeShell
    let etc: GeneratedEtc
    let settings: NodeSettings
    let facts: NodeFacts
    /// From the generated files as they are described; on the node it is made anew from those that are there.
    let plan: NodePlan

    /// Nil when no playbook tried here leads to a change.
    init?(_ seed: UInt64, _ machine: MachineDescription, _ judgements: Judgements) throws {
        var numbers = SeededNumbers(seed: seed)
        for attempt in 0..<8 {
            var setup = NodeSetup(cautiously: machine)
            setup.loader = [.grub, .grubOnESP, .systemdBoot].randomElement(using: &numbers) ?? .grub
            let etc = GeneratedEtc(setup.loader, arguments: setup.arguments, seed: seed &+ UInt64(attempt) &* 1000)
            guard let wish = try judgements.of(machine.name).wanted.randomElement(using: &numbers) else { return nil }
            let settings = try Self.settings(wish, machine, &numbers)
            let facts = NodeFacts(machine, setup).holding(etc)
            let plan = Planner.plan(node: .local, facts: facts, settings: settings)
            guard plan.verdict == .change, !plan.files.isEmpty else { continue }
            (self.seed, self.machine, self.etc, self.settings) = (seed, machine, etc, settings)
            (self.facts, self.plan) = (facts, plan)
            shell = Bool.random(using: &numbers) ? .dash : .busybox
            return
        }
        return nil
    }

    private static func settings(
        _ wish: Judgement.Wish, _ machine: MachineDescription, _ numbers: inout SeededNumbers
    ) throws -> NodeSettings {
        var settings = try NodeSettings(wish, on: machine)
        settings.files = NodeSettings.FileStyle.allCases.randomElement(using: &numbers) ?? .guide
        settings.network = [.pin, .pin, .check].randomElement(using: &numbers) ?? .pin
        settings.bind = [.auto, .address].randomElement(using: &numbers) ?? .auto
        settings.adopt = AdoptionSettings(usual: Bool.random(using: &numbers) ? .clean : .report)
        for index in settings.devices.indices {
            settings.devices[index].acceptSiblings = machine.functions.map { AcceptedSibling($0.address) }
        }
        return settings
    }

    enum End {
        case back
        /// What somebody else wrote meanwhile stayed.
        case merged
        /// Somebody else wrote just where lines were taken out.
        case refused
    }

    func run(in folder: URL?) async throws -> End {
        let what = Comment(rawValue: "VFIOFLEET_SEED=\(seed): \(machine.name), \(shell)")
        let node = try await TestNode(shell, in: folder)
        try node.put(etc)
        var before = try FileTree(node.etc)

        // Sometimes several roll-outs, each with other settings than the one before.
        for (number, files) in [settings.files, settings.files == .guide ? .dropIn : .guide].enumerated() {
            guard number == 0 || seed % 3 == 0 else { break }
            var settings = settings
            settings.files = files
            try await apply(settings, to: node, UInt64(number + 1), what)
        }
        // Sometimes somebody else changes one of the files.
        let edited = seed % 4 == 1 ? plan.files.first { $0.before != nil && $0.after != nil } : nil
        if let edited {
            let name = String(edited.path.dropFirst("/etc/".count))
            before = before.appending("# mine", to: name)
            let content = try FileTree(node.etc).appending("# mine", to: name).entries[name]?.content
            let file = try FileHandle(forWritingTo: node.etc.appending(path: name))
            try file.write(contentsOf: try #require(content))
            try file.close()
        }
        let undo = try await undoPlan(node)
        if edited != nil, undo.verdict == .blocked {
            #expect(undo.reasons.first?.code == "file-changed-since-apply", "\(what): \(undo.reasons)")
            return .refused
        }
        #expect(undo.verdict == .change, "\(what): \(undo.reasons)")
        try await roll(9, on: node) { token in try await node.operations().write(undo.files, token) }
        let differences = try FileTree(node.etc).differences(from: before)
        #expect(differences.isEmpty, what)
        #expect(try await undoPlan(node).files.isEmpty, what)
        return edited == nil ? .back : .merged
    }

    private func apply(_ settings: NodeSettings, to node: TestNode, _ number: UInt64, _ what: Comment) async throws {
        let plan = Planner.plan(node: .local, facts: try facts.seeing(node), settings: settings)
        guard plan.verdict == .change else { return }
        try await roll(number, on: node) { token in
            try await node.operations().write(plan.files, token)
            let once = try FileTree(node.etc)
            for change in plan.files {
                let entry = once.entries[String(change.path.dropFirst("/etc/".count))]
                #expect(entry?.content == change.after, "\(what): \(change.path)")
                if let mode = change.mode { #expect(entry?.mode == Int(mode), "\(what): \(change.path)") }
            }
            try await node.operations().write(plan.files, token)
            let differences = try FileTree(node.etc).differences(from: once)
            #expect(differences.isEmpty, "\(what): applied twice")
        }
        let again = Planner.plan(node: .local, facts: try facts.seeing(node), settings: settings)
        #expect(again.files.isEmpty, "\(what): \(again.files.map(UnifiedDiff.render))")
    }

    private func roll(
        _ number: UInt64, on node: TestNode, _ body: (FencingToken) async throws -> Void
    ) async throws {
        let token = try FencingToken.test(number, "rollout-\(number)")
        try await node.operations().lock(token)
        try await body(token)
        try await node.operations().unlock(token)
    }

    private func undoPlan(_ node: TestNode) async throws -> NodePlan {
        let backups = try await node.operations().backups()
        return UndoPlanner.plan(node: .local, facts: try facts.seeing(node), backups: backups)
    }
}
