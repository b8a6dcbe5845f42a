import TestSupport
import Testing

@testable import Fleet

/// What is said before an undo's reboot, and what comes of it.
@Suite struct UndoForecastTests {
    /// The node as it is after the plan, with its notes.
    private static func applied(
        _ facts: NodeFacts, _ settings: NodeSettings
    ) throws -> (facts: NodeFacts, backup: NodeBackup)? {
        let plan = Planner.plan(node: try Fixtures.node(), facts: facts, settings: settings)
        guard plan.verdict == .change, plan.reboot else { return nil }
        let files = plan.files.map { change in
            NodeBackup.File(
                path: change.path, before: facts.files[change.path]?.value ?? FileContent(bytes: change.before),
                after: FileContent(bytes: change.after, mode: change.mode))
        }
        let rollout = try #require(RolloutID("r1"))
        var after = facts.carryingOut(plan)
        after.modules.configuration = after.modules.configuration.map { configuration in
            var configuration = configuration
            configuration.blacklist.formUnion(
                plan.files.filter { $0.path.hasPrefix(ModprobeDirectory.path) }
                    .flatMap { ModprobeFile($0.after ?? []).blacklisted })
            return configuration
        }
        return (after, NodeBackup(rollout: rollout, files: files, guests: plan.guests))
    }

    /// The desktop whose bridge sits on the card at 00:1f.6 under this name.
    private static func desk(_ name: String = "enp0s31f6") throws -> NodeFacts {
        var facts = try Fixtures.facts("intel-z390-rtx2070")
        let (card, mac) = (try Fixtures.address("00:1f.6"), "3c:ec:ef:00:11:22")
        facts.interfaces = .known([
            NetworkInterface(name: name, mac: mac, function: card),
            NetworkInterface(name: "vmbr0", mac: mac, lower: [name], kind: .bridge),
        ])
        let others = (facts.hostUses.value ?? []).filter { !$0.purpose.isNetwork }
        facts.hostUses = .known(
            others + [HostUse(purpose: .defaultRoute, subject: "vmbr0", path: ["vmbr0", name], function: card)])
        facts.files["/etc/systemd/network/10-vfiofleet-\(name).link"] = .known(FileContent(bytes: nil))
        return facts
    }

    private static func undo(_ facts: NodeFacts, _ backup: NodeBackup) throws -> NodePlan {
        UndoPlanner.plan(node: try Fixtures.node(), facts: facts, backups: [backup])
    }

    @Test func driversComeBackToTheHost() throws {
        let before = try Fixtures.facts("intel-z390-rtx2070") { $0.arguments = "quiet" }
        let (after, backup) = try #require(try Self.applied(before, Fixtures.guide("01:00")))
        let forecast = try #require(try Self.undo(after, backup).forecast)
        let video = try #require(forecast.drivers.first { $0.address.short == "01:00.0" })
        #expect(video.now == "vfio-pci" && video.then == ["nouveau"], "\(video)")
        #expect(video.because.contains("goes"))
        #expect(forecast.drivers.map(\.address.short) == ["01:00.0", "01:00.1", "01:00.2", "01:00.3"])
        #expect(!forecast.risk.reasons.contains { $0.code == .pendingChanges }, "\(forecast.risk)")
    }

    @Test func everyMachineComesBackAsForeseen() throws {
        var foreseen = 0
        for machine in try Fixtures.machines() {
            let before = NodeFacts(machine)
            let settings = NodeSettings(devices: [
                DeviceRequest(name: "gpu", match: .kind(.init(category: .display, count: 1)))
            ])
            guard let (after, backup) = try Self.applied(before, settings) else { continue }
            let plan = try Self.undo(after, backup)
            let forecast = try #require(plan.forecast, "\(machine.name): \(plan.reasons)")
            foreseen += 1
            // Some descriptions are of machines that were set up already, and not all name the module that had a function.
            let told = (before.functions.value ?? []).filter { function in
                function.driver?.isVFIO != true
                    && function.boundModule.map { function.modules.value?.contains($0) == true } != false
            }.map { "driver of \($0.address.short)" }
            let misses = forecast.misses(before: after, after: before).filter { told.contains($0.what) }
            #expect(misses.isEmpty, "\(machine.name): \(misses)")
        }
        #expect(foreseen > 5)
    }

    @Test func guestsThatGaveTheirDevicesUpDoNotTakeThem() throws {
        let before = try Fixtures.facts("intel-z390-rtx2070") { setup in
            setup.guests = [100: Fixtures.freshGuest + "onboot: 1\n"]
        }
        let (after, backup) = try #require(try Self.applied(before, Fixtures.guide("01:00")))
        let plan = try Self.undo(after, backup)
        #expect(plan.guests.first?.options.contains { $0.key == "hostpci0" && $0.after == nil } == true)
        #expect(try #require(plan.forecast).guests.isEmpty)
        var kept = backup
        kept.guests = []
        #expect(try #require(try Self.undo(after, kept).forecast).guests.count == 1, "it still has its device")
    }

    @Test(arguments: [("enp0s31f6", Forecast.Interface.Fate.stays), ("enp9s0", .uncertain), ("lan0", .uncertain)])
    func aPinThatGoesLeavesTheNameToUdev(name: String, fate: Forecast.Interface.Fate) throws {
        var settings = try Fixtures.guide("01:00")
        settings.network = .pin
        let (after, backup) = try #require(try Self.applied(Self.desk(name), settings))
        #expect(backup.files.contains { $0.path.hasSuffix(".link") })
        let interface = try #require(try Self.undo(after, backup).forecast?.interfaces.first)
        #expect(interface.fate == fate, "\(interface)")
    }

    @Test func anUndoThatTakesTheHostsCardIsRefused() throws {
        let before = try Self.desk()
        let path = "/etc/modprobe.d/vfio.conf"
        let undone = NodeBackup.File(
            path: path,
            before: FileContent(bytes: Array("options vfio-pci ids=8086:15bc\nsoftdep e1000e pre: vfio-pci\n".utf8)),
            after: FileContent(bytes: nil))
        let backup = NodeBackup(rollout: try #require(RolloutID("undo")), files: [undone], guests: [])
        var facts = before
        facts.files[path] = .known(FileContent(bytes: nil))
        let plan = try Self.undo(facts, backup)
        #expect(plan.blockers == ["host-driver-lost"] && plan.files.isEmpty, "\(plan.reasons)")
    }

    // MARK: Owners

    private static func note(_ before: FileContent, _ after: FileContent) throws -> NodeBackup {
        let file = NodeBackup.File(path: "/etc/modules", before: before, after: after)
        return NodeBackup(rollout: try #require(RolloutID("r1")), files: [file], guests: [])
    }

    @Test func aFileThatWasRemovedComesBackToItsOwner() throws {
        let owner = FileOwner(user: 0, group: 42)
        var facts = try Fixtures.facts("intel-z390-rtx2070")
        facts.files["/etc/modules"] = .known(FileContent(bytes: nil))
        let backup = try Self.note(FileContent(bytes: [10], mode: 0o640, owner: owner), FileContent(bytes: nil))
        let change = try #require(try Self.undo(facts, backup).files.first)
        #expect(change == FileChange(path: "/etc/modules", before: nil, after: [10], mode: 0o640, owner: owner))
        #expect(UnifiedDiff.render(change).hasPrefix("new file mode 100640\nnew owner 0:42\n"))
    }

    @Test func anOwnerThatARolloutGaveGoesAndAnotherStays() throws {
        let (old, new) = (FileOwner(user: 0, group: 42), FileOwner(user: 0, group: 0))
        let backup = try Self.note(
            FileContent(bytes: [1], mode: 0o644, owner: old), FileContent(bytes: [2], mode: 0o644, owner: new))
        var facts = try Fixtures.facts("intel-z390-rtx2070")
        facts.files["/etc/modules"] = .known(FileContent(bytes: [2], mode: 0o644, owner: new))
        #expect(try Self.undo(facts, backup).files.first?.owner == old)
        facts.files["/etc/modules"] = .known(
            FileContent(bytes: [2], mode: 0o644, owner: FileOwner(user: 7, group: 7)))
        let kept = try #require(try Self.undo(facts, backup).files.first)
        #expect(kept.owner == nil && kept.after == [1], "somebody else chose it")
    }
}
