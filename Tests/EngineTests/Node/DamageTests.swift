import Engine
import Fleet
import Foundation
import Testing

/// What is left when things go wrong in the middle.
@Suite struct DamageTests {
    static let files = ["/etc/default/grub", "/etc/modules", "/etc/modprobe.d/vfio.conf"]

    private func changes(size: Int) -> [FileChange] {
        Self.files.map { path in
            FileChange(
                path: path, before: path.hasSuffix("vfio.conf") ? nil : Array("old \(path)\n".utf8),
                after: Array(repeating: UInt8(ascii: "n"), count: size))
        }
    }

    private func prepare(_ node: TestNode) throws {
        for change in changes(size: 0) {
            if let before = change.before { try Data(before).write(to: node.root.appending(path: "." + change.path)) }
        }
    }

    private func isOld(_ node: TestNode, _ change: FileChange) -> Bool {
        node.bytes("." + change.path) == change.before
    }

    @Test(arguments: NodeShell.allCases)
    func fullDiskLosesNothing(_ shell: NodeShell) async throws {
        // Room for the state and the backups, not for the new files.
        let node = try await TestNode(
            shell, mounts: "mount -t tmpfs -o size=64k tmpfs etc; mkdir -p etc/default etc/modprobe.d")
        let token = try FencingToken.test()
        let changes = changes(size: 40_000)
        for change in changes where change.before != nil {
            _ = try await node.sh("printf '%s\\n' 'old \(change.path)' >\(change.path)")
        }
        let before = try await node.sh("cd /etc && find . -type f -exec cat {} + && find . | sort")
        try await node.operations().lock(token)
        let refused = await refusal { () throws(NodeFailure) in try await node.operations().write(changes, token) }
        #expect(refused?.error.code == "node-disk-full")
        #expect(refused?.error.message.contains("No file was changed.") == true)
        #expect(try await node.sh("cd /etc && find . -type f -exec cat {} + && find . | sort") == before)
        // With room, the same order is carried out.
        _ = try await node.sh("mount -o remount,size=1m /etc")
        try await node.operations().write(changes, token)
        #expect(try await node.sh("cat /etc/modules") == String(repeating: "n", count: 40_000))
    }

    @Test(arguments: NodeShell.allCases)
    func fullDiskForTheBackups(_ shell: NodeShell) async throws {
        let node = try await TestNode(shell, mounts: "mount -t tmpfs -o size=64k tmpfs lib")
        let token = try FencingToken.test()
        try prepare(node)
        try await node.operations().lock(token)
        let changes = changes(size: 100_000)
        let refused = await refusal { () throws(NodeFailure) in try await node.operations().write(changes, token) }
        #expect(refused?.error.code == "node-disk-full")
        for change in changes { #expect(isOld(node, change)) }
        #expect(try await node.sh("ls -A /var/lib/vfiofleet").contains("staging") == false)
    }

    @Test(arguments: NodeShell.allCases)
    func readOnlyRootIsSaid(_ shell: NodeShell) async throws {
        let node = try await TestNode(shell)
        let token = try FencingToken.test()
        try prepare(node)
        try await node.operations().lock(token)
        _ = try await node.sh("mount -o remount,ro,bind /etc")
        let changes = changes(size: 10)
        let refused = await refusal { () throws(NodeFailure) in try await node.operations().write(changes, token) }
        #expect(refused?.error.code == "node-read-only")
        for change in changes { #expect(isOld(node, change)) }
        _ = try await node.sh("mount -o remount,ro,bind /var/lib")
        let locking = await refusal { () throws(NodeFailure) in try await node.operations().lock(token) }
        #expect(locking?.error.code == "node-read-only")
    }

    /// Killed at growing distances from its start, until it gets through.
    @Test(arguments: NodeShell.allCases)
    func killedAnywhereItIsCompletedByTheSameOrder(_ shell: NodeShell) async throws {
        let changes = changes(size: 2000)
        var killed = 0
        var partial = 0
        for step in 1... {
            let node = try await TestNode(shell)
            let token = try FencingToken.test()
            try prepare(node)
            try await node.operations().lock(token)
            let refused = await refusal { () throws(NodeFailure) in
                try await node.operations(killedAfter: .milliseconds(8 * step)).write(changes, token)
            }
            var replaced = 0
            for change in changes {
                let now = node.bytes("." + change.path)
                #expect(now == change.before || now == change.after, "\(change.path) after \(step)")
                if now == change.after { replaced += 1 }
            }
            if refused != nil { killed += 1 }
            if (1..<changes.count).contains(replaced) { partial += 1 }
            try await node.operations().write(changes, token)
            for change in changes { #expect(node.bytes("." + change.path) == change.after) }
            #expect(node.list("etc") == ["default", "default/grub", "modprobe.d", "modprobe.d/vfio.conf", "modules"])
            #expect(try await node.operations().backups().first?.files == changes.sorted { $0.path < $1.path })
            if refused == nil || step > 150 { break }
        }
        #expect(killed > 3)
    }

    @Test func ordersDoNotOverlap() async throws {
        let node = try await TestNode()
        let token = try FencingToken.test()
        try node.install("update-grub", "echo begin >>/etc/log; sleep 0.5; echo end >>/etc/log")
        try await node.operations().lock(token)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<2 {
                group.addTask { _ = try await node.operations().run(.updateGrub, token) }
            }
            try await group.waitForAll()
        }
        #expect(node.text("etc/log") == "begin\nend\nbegin\nend\n")
    }
}
