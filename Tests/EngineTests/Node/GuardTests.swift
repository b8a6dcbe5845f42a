import Engine
import Fleet
import Foundation
import Remote
import Testing

/// The script that puts a node back, run by real shells on real files.
@Suite("The guard on a node") struct GuardTests {
    @Test(arguments: NodeShell.allCases)
    func withoutConfirmationEverythingGoesBackOnce(_ shell: NodeShell) async throws {
        let node = try await GuardedNode(shell)
        let before = try await node.fingerprint()
        try await node.bootWithChanges()
        #expect(try await node.fingerprint() != before)
        #expect(try await node.report().phase == .waiting)
        #expect(try await !node.runGuard(), "the reboot ends it")
        #expect(try await node.fingerprint() == before)
        #expect(node.reboots == 1)
        #expect(try await node.report().phase == .reverting)

        try await node.boot(3)
        #expect(try await node.runGuard())
        #expect(!node.isWanted)
        let report = try await node.report()
        #expect(report.phase == .reverted)
        #expect(report.rollout == node.token.rollout)
        #expect(report.reason == "no confirmation within 40 s")
        #expect(report.filesBack == ["/etc/default/grub", "/etc/modules", "/etc/modprobe.d/vfio.conf"])
        #expect(report.record.contains { $0.word == "copied" && $0.text == "/boot/initrd.img-6.8.12" })
        #expect(report.record.first { $0.word == "reverting" }?.uptime == 40)
        #expect(report.failure == nil)
        #expect(node.node.text("lib/ran") == "update-grub\n-u -k all\n", "nothing was rebuilt: copies went back")
        #expect(try await node.node.operations().backups().isEmpty, "there is nothing left to undo")
        // Started once more, it does nothing more.
        _ = try await node.node.sh("sh /var/lib/vfiofleet/guard/guard.sh")
        #expect(node.reboots == 1)
        #expect(!node.node.list("lib/vfiofleet/guard").contains { $0.hasPrefix("images") })
    }

    @Test(arguments: NodeShell.allCases)
    func confirmedInTimeEverythingStays(_ shell: NodeShell) async throws {
        let node = try await GuardedNode(shell)
        try await node.bootWithChanges()
        let after = try await node.fingerprint()
        try await node.setUptime(39)
        let boot = try GuardedNode.bootID(2)
        try await node.node.operations().confirm(boot, node.token)
        try await node.node.operations().confirm(boot, node.token)
        #expect(!node.isWanted)
        #expect(try await node.report().phase == .confirmed)
        try await node.setUptime(1000)
        _ = try await node.node.sh("sh /var/lib/vfiofleet/guard/guard.sh")
        #expect(try await node.fingerprint() == after)
        #expect(node.reboots == 0)
        #expect(try await node.node.operations().backups().count == 1)
    }

    @Test(arguments: NodeShell.allCases)
    func aConfirmationThatComesTooLateIsRefused(_ shell: NodeShell) async throws {
        let node = try await GuardedNode(shell)
        try await node.bootWithChanges()
        let boot = try GuardedNode.bootID(2)
        #expect(try await !node.runGuard())
        for time in [41, 5] {
            try await node.setUptime(time)
            let refused = await refusal { () throws(NodeFailure) in
                try await node.node.operations().confirm(boot, node.token)
            }
            #expect(refused?.error.code == "confirmed-too-late")
        }
        try await node.boot(3)
        let refused = await refusal { () throws(NodeFailure) in
            try await node.node.operations().confirm(boot, node.token)
        }
        #expect(refused?.error.code == "confirmed-too-late")
        try await node.runGuard()
        #expect(try await node.report().phase == .reverted)
    }

    /// The guard keeps others out while it puts the node back, however long that takes; what it has decided is known.
    @Test(arguments: NodeShell.allCases)
    func aConfirmationNeedNotWaitForWhatIsDecided(_ shell: NodeShell) async throws {
        let node = try await GuardedNode(shell)
        try await node.bootWithChanges()
        try node.node.put("lib/slow", "")
        try node.node.install("cp", "while [ -e /var/lib/slow ]; do /bin/sleep 0.05; done; exec /bin/cp \"$@\"")
        async let guardian = node.runGuard()
        while node.node.text("lib/vfiofleet/guard/decision") == nil { try await Task.sleep(for: .milliseconds(20)) }
        let operations = node.node.operations()
        let boot = try GuardedNode.bootID(2)
        let late = await refusal { () throws(NodeFailure) in try await operations.confirm(boot, node.token) }
        #expect(late?.error.code == "confirmed-too-late")
        let uptime = try await node.node.sh("cat /proc/uptime")
        #expect(uptime.hasPrefix("40."), "nobody has waited: \(uptime)")
        // An order that must wait learns why it did in vain.
        let locked = await refusal { () throws(NodeFailure) in try await operations.lock(node.token) }
        #expect(locked?.error.code == "node-put-back")
        _ = try await node.node.sh("rm /var/lib/slow")
        #expect(try await !guardian)
        #expect(node.reboots == 1)
    }

    /// Whoever comes first, both say the same afterwards.
    @Test func oneOfTwoWinsAtTheDeadline() async throws {
        var winners: Set<GuardReport.Phase> = []
        for round in 0..<12 {
            let node = try await GuardedNode()
            try await node.bootWithChanges()
            try await node.setUptime(40)
            try node.node.install("sleep", "exec /bin/sleep 0.05")
            let boot = try GuardedNode.bootID(2)
            async let confirmed = refusal { () throws(NodeFailure) in
                try? await Task.sleep(for: .milliseconds(8 * round))
                try await node.node.operations().confirm(boot, node.token)
            }
            try await node.runGuard()
            let refused = await confirmed
            let phase = try await node.report().phase
            winners.insert(phase)
            #expect((refused == nil) == (phase == .confirmed), "\(phase): \(String(describing: refused?.error))")
            #expect(node.reboots == (phase == .confirmed ? 0 : 1))
            #expect(node.node.text("etc/modules") == (phase == .confirmed ? "vfio\n" : ""))
        }
        #expect(winners.isSubset(of: [.confirmed, .reverting]))
    }

    @Test(arguments: NodeShell.allCases)
    func theBootThatArmsItIsNoTrial(_ shell: NodeShell) async throws {
        let node = try await GuardedNode(shell)
        try await node.node.operations().lock(node.token)
        try await node.arm()
        try await node.change()
        try await node.setUptime(5000)
        #expect(try await node.runGuard())
        #expect(try await node.report().phase == .armed)
        #expect(node.node.text("etc/modules") == "vfio\n")
        let boot = try #require(BootID("11111111-2222-3333-4444-555555555555"))
        let refused = await refusal { () throws(NodeFailure) in
            try await node.node.operations().confirm(boot, node.token)
        }
        #expect(refused?.error.code == "boot-changed")
        // Given back without a reboot, the node needs no guard.
        try await node.node.operations().unlock(node.token)
        #expect(!node.isWanted)
        #expect(try await node.report().phase == GuardReport.Phase.none)
    }

    /// A reboot that nobody ordered, in the middle of the work: it is guarded, and the order that goes on takes it along.
    @Test(arguments: NodeShell.allCases)
    func anUnexpectedRebootIsGuardedToo(_ shell: NodeShell) async throws {
        let node = try await GuardedNode(shell)
        let before = try await node.fingerprint()
        try await node.node.operations().lock(node.token)
        try await node.arm()
        try await node.node.operations().write(GuardedNode.changes, node.token)
        try await node.boot(2)
        #expect(try await node.report().phase == .waiting)
        _ = try await node.node.operations().run(.updateInitramfs, node.token)
        #expect(try await node.report().phase == .armed)
        #expect(try await node.runGuard())
        try await node.node.operations().reboot(from: try GuardedNode.bootID(2), node.token)
        try await node.boot(3)
        // Going on in a boot that was ordered is no reason to arm again.
        try await node.node.operations().reboot(from: try GuardedNode.bootID(2), node.token)
        #expect(try await node.report().phase == .waiting)
        try await node.runGuard()
        #expect(try await node.fingerprint() == before)
        let refused = await refusal { () throws(NodeFailure) in
            try await node.node.operations().write(GuardedNode.changes, node.token)
        }
        #expect(refused?.error.code == "node-put-back")
    }

    @Test(arguments: NodeShell.allCases)
    func theControllerNeedNotWaitForTheDeadline(_ shell: NodeShell) async throws {
        let node = try await GuardedNode(shell)
        try await node.bootWithChanges(within: 3600)
        #expect(try await node.node.operations().putBack(because: "not-proven: the driver is nouveau", node.token))
        try await node.runGuard()
        let report = try await node.report()
        #expect(report.reason == "not-proven: the driver is nouveau")
        #expect(report.record.first { $0.word == "reverting" }.map { $0.uptime < 60 } == true)
        #expect(node.reboots == 1)
    }

    /// Whatever fails before the reboot leaves nothing for the next boot, whoever orders that.
    @Test(arguments: NodeShell.allCases)
    func beforeTheRebootTheDiskIsPutBackAtOnce(_ shell: NodeShell) async throws {
        let node = try await GuardedNode(shell)
        let before = try await node.fingerprint()
        try await node.node.operations().lock(node.token)
        try await node.arm()
        #expect(try await !node.node.operations().putBack(because: "x: y", node.token), "nothing is changed yet")
        #expect(try await node.report().phase == .armed)
        try await node.change()
        #expect(try await node.fingerprint() != before)
        #expect(try await node.node.operations().putBack(because: "reboot-refused: busy", node.token))
        #expect(try await node.report().phase == .reverting)
        #expect(try await node.runGuard(), "no reboot ends it")
        let report = try await node.report()
        #expect(report.phase == .reverted && report.reason == "reboot-refused: busy")
        #expect(try await node.fingerprint() == before)
        #expect(node.reboots == 0 && !node.isWanted)
        #expect(try await node.node.operations().backups().isEmpty, "there is nothing left to undo")
        try await node.boot(2)
        #expect(try await node.report().phase == .reverted)
    }

    /// The power failed on the way: the boot in which it goes on has met the new settings, so another one is needed.
    @Test(arguments: NodeShell.allCases)
    func aBootInBetweenIsNotTheOldOne(_ shell: NodeShell) async throws {
        let node = try await GuardedNode(shell)
        let before = try await node.fingerprint()
        try await node.node.operations().lock(node.token)
        try await node.arm()
        try await node.change()
        try await node.boot(2)
        _ = try await node.node.operations().run(.updateInitramfs, node.token)
        #expect(try await node.report().phase == .armed)
        try await node.arm()
        #expect(try await node.node.operations().putBack(because: "x: y", node.token))
        #expect(try await !node.runGuard(), "the reboot ends it")
        #expect(try await node.fingerprint() == before && node.reboots == 1)
        #expect(try await node.report().phase == .reverting)
        try await node.boot(3)
        #expect(try await node.report().phase == .reverted)
    }

    /// The boot that an earlier try had confirmed runs the new settings, and the images hold them.
    @Test(arguments: NodeShell.allCases)
    func aConfirmedBootIsNotTheOldOne(_ shell: NodeShell) async throws {
        let node = try await GuardedNode(shell)
        // Images that are made anew are younger.
        func settings() async throws -> String? {
            try await node.fingerprint().components(separatedBy: "/boot/initrd").first
        }
        let before = try await settings()
        try await node.bootWithChanges()
        try await node.node.operations().confirm(try GuardedNode.bootID(2), node.token)
        try await node.arm()
        try await node.change()
        try await node.arm()
        #expect(try await node.node.operations().putBack(because: "x: y", node.token))
        #expect(try await !node.runGuard(), "the reboot ends it")
        #expect(try await settings() == before && node.reboots == 1)
        let rebuilds = (node.node.text("lib/ran") ?? "").split(separator: "\n")
        #expect(rebuilds.count { $0 == "update-grub" } == 3 && rebuilds.count { $0 == "-u -k all" } == 3, "\(rebuilds)")
        try await node.boot(3)
        #expect(try await node.report().phase == .reverted)
    }

    /// The power fails before the guard was started: the next boot may have met the new settings.
    @Test(arguments: NodeShell.allCases)
    func aDecisionFromBeforeABootIsCarriedOutInIt(_ shell: NodeShell) async throws {
        let node = try await GuardedNode(shell)
        let before = try await node.fingerprint()
        try await node.node.operations().lock(node.token)
        try await node.arm()
        try await node.change()
        #expect(try await node.node.operations().putBack(because: "x: y", node.token))
        try await node.boot(2)
        #expect(try await !node.runGuard(), "the reboot ends it")
        #expect(try await node.fingerprint() == before && node.reboots == 1)
    }

    /// It would not know in the next boot that it has rebooted.
    @Test(arguments: NodeShell.allCases)
    func withoutANoteOfItThereIsNoReboot(_ shell: NodeShell) async throws {
        let node = try await GuardedNode(shell)
        try await node.bootWithChanges()
        _ = try await node.node.sh("mkdir /var/lib/vfiofleet/guard/restored.new; echo 50.1 9 1<>/proc/uptime")
        _ = try await node.node.sh("sh /var/lib/vfiofleet/guard/guard.sh; true")
        #expect(node.reboots == 0)
        #expect(try await node.report().failure != nil)
    }

    @Test(arguments: NodeShell.allCases)
    func servicesMustRunAgain(_ shell: NodeShell) async throws {
        let node = try await GuardedNode(shell)
        try node.node.install("pvecm", "cat /var/lib/quorum 2>/dev/null")
        try node.node.put("lib/quorum", "Quorate:          Yes\n")
        try await node.bootWithChanges()
        try node.node.put("lib/active", "pvedaemon pveproxy\n")
        try node.node.put("lib/quorum", "Quorate:          No\n")
        let boot = try GuardedNode.bootID(2)
        let refused = await refusal { () throws(NodeFailure) in
            try await node.node.operations().confirm(boot, node.token)
        }
        #expect(refused?.error.code == "services-not-back")
        #expect(
            refused?.error.message.contains("pve-cluster, the cluster's quorum.") == true,
            "\(refused?.error.message ?? "")")
        try node.node.put("lib/active", "pve-cluster pvedaemon pveproxy\n")
        try node.node.put("lib/quorum", "Quorate:          Yes\n")
        try await node.node.operations().confirm(boot, node.token)
        #expect(try await node.report().phase == .confirmed)
    }

    @Test func anotherRolloutCannotArmANodeOnTrial() async throws {
        let node = try await GuardedNode()
        try await node.bootWithChanges()
        try await node.node.operations().unlock(node.token)
        #expect(node.isWanted, "giving the lock back does not confirm anything")
        let other = try FencingToken.test(8, "rollout-b")
        try await node.node.operations().lock(other)
        let refused = await refusal { () throws(NodeFailure) in
            try await node.node.operations().arm(withinSeconds: 40, rebuilding: [], other)
        }
        #expect(refused?.error.code == "node-on-trial")
        try await node.runGuard()
        try await node.boot(3)
        try await node.runGuard()
        try await node.node.operations().arm(withinSeconds: 40, rebuilding: [], other)
        #expect(try await node.report().phase == .armed)
        #expect(try await node.report().rollout == other.rollout)
    }

    @Test func itStartsBeforeNetworkAndDisks() async throws {
        let node = try await GuardedNode()
        try await node.bootWithChanges()
        let unit = try #require(node.node.text("etc/systemd/system/vfiofleet-guard.service"))
        #expect(!unit.contains("network") || unit.contains("# Neither after the network"))
        #expect(unit.contains("DefaultDependencies=no") && unit.contains("IgnoreOnIsolate=yes"))
        let file = node.node.root.appending(path: "vfiofleet-guard.service").path
        try Data(unit.utf8).write(to: URL(filePath: file))
        let check = "command -v systemd-analyze >/dev/null || exit 0; systemd-analyze verify '\(file)'"
        #expect(try TestNode.run(check) == 0)
    }
}
