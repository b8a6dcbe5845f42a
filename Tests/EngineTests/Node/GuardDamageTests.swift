import Engine
import Fleet
import Foundation
import Remote
import Testing

/// Power failures, and nodes that are not what they were when the guard was set up.
@Suite("The guard on a damaged node") struct GuardDamageTests {
    static let tools = [
        "mv", "cp", "rm", "ln", "sync", "mkdir", "cmp", "stat", "readlink", "date", "find", "systemctl",
    ]

    /// Killed before each of its commands, as a power failure does; the boot after goes on, and the end is the same.
    @Test(arguments: [NodeShell.dash, .busybox])
    func killedAnywhereItEndsTheSame(_ shell: NodeShell) async throws {
        let kills = try await withThrowingTaskGroup(of: Int.self) { group in
            for worker in 0..<3 {
                group.addTask {
                    var kills = 0
                    // Every command with dash; with busybox some.
                    for step in stride(from: 1 + worker, to: 600, by: shell == .dash ? 3 : 21) {
                        guard try await killed(shell, before: step) else { break }
                        kills += 1
                    }
                    return kills
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(kills > (shell == .dash ? 60 : 8))
    }

    /// True when it was killed before it had ordered its reboot.
    private func killed(_ shell: NodeShell, before step: Int) async throws -> Bool {
        let node = try await GuardedNode(shell)
        let before = try await node.fingerprint()
        try await node.bootWithChanges()
        let binaries = Set(node.node.list("bin"))
        for tool in Self.tools {
            let real = tool == "systemctl" ? node.node.root.path + "/systemctl" : "/bin/\(tool)"
            if tool == "systemctl" {
                try FileManager.default.copyItem(
                    atPath: node.node.bin.path + "/systemctl", toPath: real)
            }
            let program = shell == .busybox && tool != "systemctl" ? "/bin/busybox \(tool)" : real
            try node.node.install(tool, Self.tripwire(program, step: step, count: node.node.root.path + "/count"))
        }
        try await node.runGuard()
        let wasKilled = node.reboots == 0
        try FileManager.default.removeItem(at: node.node.bin.appending(path: "systemctl"))
        try FileManager.default.moveItem(
            atPath: node.node.root.path + "/systemctl", toPath: node.node.bin.path + "/systemctl")
        for tool in Self.tools where tool != "systemctl" {
            try FileManager.default.removeItem(at: node.node.bin.appending(path: tool))
            if shell == .busybox, binaries.contains(tool) {
                try FileManager.default.createSymbolicLink(
                    atPath: node.node.bin.appending(path: tool).path, withDestinationPath: "/bin/busybox")
            }
        }
        // The power comes back; as often as it reboots.
        for number in 3...6 where node.isWanted {
            try await node.boot(number)
            try await node.runGuard()
        }
        #expect(try await node.fingerprint() == before, "killed before command \(step)")
        #expect(try await node.report().phase == .reverted, "killed before command \(step)")
        #expect(node.reboots <= 1, "killed before command \(step): \(node.node.text("lib/ordered") ?? "")")
        #expect(!node.isWanted, "killed before command \(step)")
        return wasKilled
    }

    /// Counts the calls of tools, and kills the whole process group instead of the call with this number.
    private static func tripwire(_ program: String, step: Int, count: String) -> String {
        """
        read -r n 2>/dev/null <'\(count)' || n=0
        n=$((n + 1)); echo $n >'\(count)'
        [ $n -ne \(step) ] || kill -9 0
        \(program.hasSuffix("/systemctl") ? "[ \"$1\" != reboot ] || { echo reboot >>/var/lib/ordered; kill -9 \"$PPID\"; exit; }" : "")
        exec \(program) "$@"
        """
    }

    /// Killed while it is set up, nothing was changed, and setting it up again works.
    @Test func killedWhileItIsSetUp() async throws {
        for step in stride(from: 1, to: 60, by: 4) {
            let node = try await GuardedNode()
            let before = try await node.fingerprint()
            try await node.node.operations().lock(node.token)
            let tools = ["mv", "cp", "rm", "ln", "mkdir", "chmod", "base64", "stat"]
            for tool in tools {
                try node.node.install(
                    tool, Self.tripwire("/bin/\(tool)", step: step, count: node.node.root.path + "/count"))
            }
            let refused = await refusal { () throws(NodeFailure) in
                try await node.node.operations().arm(withinSeconds: 40, rebuilding: [.updateInitramfs], node.token)
            }
            for tool in tools { try FileManager.default.removeItem(at: node.node.bin.appending(path: tool)) }
            if refused == nil { break }
            // Half set up, a reboot means nothing.
            try await node.boot(2)
            try await node.setUptime(500)
            let phase = try await node.report().phase
            if phase == .none {
                try await node.runGuard()
                #expect(node.reboots == 0)
                #expect(!node.isWanted)
                try await node.arm()
            }
            #expect(try await node.fingerprint() == before, "killed before command \(step)")
            try await node.arm()
            #expect(try await node.report().phase == .armed)
            try await node.change()
            try await node.boot(3)
            try await node.runGuard()
            #expect(try await node.fingerprint() == before, "killed before command \(step)")
        }
    }

    @Test(arguments: NodeShell.allCases)
    func withoutRoomForCopiesItRebuilds(_ shell: NodeShell) async throws {
        let node = try await GuardedNode(shell)
        try node.node.install("df", "echo head; echo '/dev/x 100 90 10 90% /'")
        try await node.bootWithChanges()
        #expect(!node.node.list("lib/vfiofleet/guard").contains("images"))
        try await node.runGuard()
        #expect(node.node.text("lib/ran") == "update-grub\n-u -k all\n-u -k all\nupdate-grub\n")
        #expect(node.node.text("etc/modules") == "")
        #expect(node.node.text(GuardedNode.image) == "image\n")
        #expect(node.node.text("boot/grub/grub.cfg") == "old grub\n")
        #expect(node.reboots == 1)
    }

    @Test func anotherKernelMakesCopiesStale() async throws {
        let node = try await GuardedNode()
        try await node.bootWithChanges()
        try node.node.put("boot/vmlinuz-6.8.13", "kernel")
        try await node.runGuard()
        #expect(node.node.text(GuardedNode.image) == "image\n")
        #expect(try await node.report().record.contains { $0.word == "ran" && $0.text == "update-grub: exit status 0" })
    }

    @Test func partitionsOfProxmoxBootToolAreRefreshed() async throws {
        let node = try await GuardedNode()
        try node.node.put("etc/kernel/proxmox-boot-uuids", "6D31-87F4\n")
        try await node.node.operations().lock(node.token)
        try await node.arm([.updateInitramfs])
        try await node.change([.updateInitramfs])
        try await node.boot(2)
        try await node.runGuard()
        #expect(node.node.text(GuardedNode.image) == "old image\n")
        #expect(node.node.text("lib/ran")?.hasSuffix("proxmox-boot-tool refresh\n") == true)
    }

    @Test(arguments: NodeShell.allCases)
    func whatSomebodyElseWroteIsKept(_ shell: NodeShell) async throws {
        let node = try await GuardedNode(shell)
        try await node.bootWithChanges()
        try node.node.put("etc/modules", "vfio\nmine\n")
        try node.node.put("etc/modprobe.d/vfio.conf", "# mine\n")
        try await node.runGuard()
        #expect(node.node.text("etc/modules") == "")
        #expect(node.node.text("etc/modprobe.d/vfio.conf") == nil)
        let found = "lib/vfiofleet/backups/rollout-a/found/etc/"
        #expect(node.node.text(found + "modules") == "vfio\nmine\n")
        #expect(node.node.text(found + "modprobe.d/vfio.conf") == "# mine\n")
        #expect(try await node.report().kept.count == 2)
    }

    @Test func whatCannotBePutBackIsSaidAndNotRebooted() async throws {
        let node = try await GuardedNode()
        try await node.bootWithChanges()
        try node.node.put("boot/vmlinuz-6.8.13", "kernel")
        try node.node.install("update-initramfs", "echo 'No space left on device' >&2; exit 1")
        #expect(try await !node.runGuard())
        #expect(node.reboots == 0)
        let report = try await node.report()
        #expect(report.phase == .reverting)
        #expect(report.failure == "update-initramfs -u -k all: No space left on device")
        #expect(node.node.text("etc/modules") == "", "the files are back all the same")
        // Mended, the next start ends it.
        try node.node.install("update-initramfs", "echo image >/boot/initrd.img-6.8.12")
        try await node.runGuard()
        #expect(node.reboots == 1)
    }

    /// The roll-out has given the node up and its guests run again: what is mended later must not end them.
    @Test(arguments: [true, false]) func aNodeThatWasGivenUpIsNotRebootedUnderItsGuests(byGuest: Bool) async throws {
        let node = try await GuardedNode(.busybox)
        let before = try await node.fingerprint()
        try await node.bootWithChanges()
        try node.node.put("boot/vmlinuz-6.8.13", "kernel")
        let rebuild = "cat /etc/modules >/boot/initrd.img-6.8.12; echo 'old image' >/boot/initrd.img-6.8.12"
        try node.node.install("update-initramfs", "exit 1")
        #expect(try await !node.runGuard())
        let operations = node.node.operations()
        if byGuest {
            try node.node.put("etc/pve/lxc/101.conf", "memory: 512\n")
            try node.node.install("pct", "echo 'status: running'")
            try await operations.start(GuestStay(kind: .lxc, vm: try #require(VMID("101"))), node.token)
        } else {
            try await operations.unlock(node.token)
        }
        #expect(try await !node.runGuard(), "it goes on trying")
        _ = try await node.node.sh("rm /boot/vmlinuz-6.8.13; rm -r /etc/pve; :")
        try node.node.install("update-initramfs", rebuild)
        for _ in 0..<2 { #expect(try await node.runGuard(), "done, and not started again") }
        #expect(node.reboots == 0)
        #expect(try await node.fingerprint() == before)
        var report = try await node.report()
        #expect(report.phase == .reverting && report.record.last?.word == "staying" && report.failure == nil)
        // Somebody reboots it.
        try await node.boot(3)
        try await node.runGuard()
        report = try await node.report()
        #expect(report.phase == .reverted && !node.isWanted && node.reboots == 0)
    }

    /// Neither of the two can be decided on a full disk, and neither is pretended.
    @Test(arguments: NodeShell.allCases) func aFullDiskAtTheDeadline(_ shell: NodeShell) async throws {
        let node = try await GuardedNode(shell)
        let before = try await node.fingerprint()
        _ = try await node.node.sh(
            "mkdir -p /var/lib/vfiofleet; mount -t tmpfs -o size=16m,mode=700 tmpfs /var/lib/vfiofleet")
        try await node.bootWithChanges()
        _ = try await node.node.sh("dd if=/dev/zero of=/var/lib/vfiofleet/filler bs=1M count=20 2>/dev/null; :")
        let boot = try GuardedNode.bootID(2)
        let refused = await refusal { () throws(NodeFailure) in
            try await node.node.operations().confirm(boot, node.token)
        }
        #expect(refused?.error.code == "node-disk-full")
        #expect(try await node.report().phase == .waiting)
        // Somebody makes room long after the deadline.
        try node.node.install(
            "sleep",
            """
            read -r up _ </proc/uptime; echo "$((${up%%.*} + $1)).00 0" 1<>/proc/uptime
            [ "${up%%.*}" -lt 70 ] || rm -f /var/lib/vfiofleet/filler
            """)
        try await node.runGuard()
        #expect(try await node.fingerprint() == before)
        #expect(node.reboots == 1)
        let report = try await node.report()
        #expect(report.phase == .reverting)
        #expect(report.record.first { $0.word == "reverting" }.map { $0.uptime >= 70 } == true, "\(report.record)")
    }

    @Test func foldersOfItsOwnGoToo() async throws {
        let node = try await GuardedNode()
        try await node.node.operations().lock(node.token)
        try await node.arm()
        try await node.node.operations().write([.text("/etc/new/folder/file", nil, "x\n")], node.token)
        try await node.boot(2)
        try await node.runGuard()
        #expect(!node.node.list("etc").contains("new"))
    }
}
