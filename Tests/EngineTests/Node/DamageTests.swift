import Engine
import Fleet
import Foundation
import Remote
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

    /// Killed with all it started, before each of the commands that change something on the disk.
    @Test func killedAnywhereItIsCompletedByTheSameOrder() async throws {
        let changes = Array(changes(size: 2000).suffix(2)) + [.text("/etc/new/folder/file", nil, "x\n")]
        let runs = try await withThrowingTaskGroup(of: [KilledRun].self) { group in
            for worker in 1...3 {
                group.addTask {
                    var runs: [KilledRun] = []
                    for step in stride(from: worker, to: 300, by: 3) {
                        runs.append(try await killed(before: step, changes))
                        if !runs[runs.count - 1].wasKilled { break }
                    }
                    return runs
                }
            }
            return try await group.reduce(into: [KilledRun]()) { $0 += $1 }
        }
        #expect(runs.count { $0.wasKilled } > 20)
        #expect(Set(runs.map(\.replaced)) == [0, 1, 2, 3])
    }

    private struct KilledRun: Sendable {
        var wasKilled: Bool
        var replaced: Int
    }

    private func killed(before step: Int, _ changes: [FileChange]) async throws -> KilledRun {
        let node = try await TestNode()
        let token = try FencingToken.test()
        try prepare(node)
        try await node.operations().lock(token)
        let tools = ["mv", "cp", "rm", "mkdir", "rmdir", "chmod", "cat"]
        for tool in tools { try node.install(tool, Self.tripwire(tool, step: step, count: node.root.path + "/count")) }
        let refused = await refusal { () throws(NodeFailure) in
            try await node.operations(killedAfter: .seconds(60)).write(changes, token)
        }
        for tool in tools { try FileManager.default.removeItem(at: node.bin.appending(path: tool)) }
        let replaced = changes.count { node.bytes("." + $0.path) == $0.after }
        for change in changes where node.bytes("." + change.path) != change.after {
            #expect(node.bytes("." + change.path) == change.before, "\(change.path), killed before command \(step)")
        }
        try await node.operations().write(changes, token)
        for change in changes { #expect(node.bytes("." + change.path) == change.after) }
        #expect(
            node.list("etc") == [
                "default", "default/grub", "modprobe.d", "modprobe.d/vfio.conf", "modules", "new", "new/folder",
                "new/folder/file",
            ])
        #expect(try await node.operations().backups().first?.changes == changes.sorted { $0.path < $1.path })
        return KilledRun(wasKilled: refused != nil, replaced: replaced)
    }

    /// Counts the calls of a tool, and kills the whole process group instead of the call with this number.
    private static func tripwire(_ tool: String, step: Int, count: String) -> String {
        """
        read -r n 2>/dev/null <'\(count)' || n=0
        n=$((n + 1)); echo $n >'\(count)'
        [ $n -ne \(step) ] || kill -9 0
        exec /bin/\(tool) "$@"
        """
    }

    /// The same by the clock, with busybox: wherever it happens to be.
    @Test func killedAtAnyTime() async throws {
        let changes = changes(size: 100_000)
        var kills = 0
        for step in 1...6 {
            let node = try await TestNode(.busybox)
            let token = try FencingToken.test()
            try prepare(node)
            try await node.operations().lock(token)
            let refused = await refusal { () throws(NodeFailure) in
                try await node.operations(killedAfter: .milliseconds(20 * step)).write(changes, token)
            }
            for change in changes where !isOld(node, change) { #expect(node.bytes("." + change.path) == change.after) }
            if refused != nil { kills += 1 }
            try await node.operations().write(changes, token)
            for change in changes { #expect(node.bytes("." + change.path) == change.after) }
        }
        #expect(kills > 2)
    }

    /// The connection is gone before anything can be answered: the order is carried out all the same, and the commands
    /// it runs still end when their own readers do.
    @Test(arguments: NodeShell.allCases)
    func aLostConnectionStopsNothing(_ shell: NodeShell) async throws {
        let node = try await TestNode(shell)
        let token = try FencingToken.test()
        try node.install("update-grub", "yes | head -n 1; cat /etc/modules >/etc/seen")
        try await node.operations().lock(token)
        let deaf = RemoteNode(shell: DeafShell(shell: LocalShell(node: node)), controller: "a")
        let write = await refusal { () throws(NodeFailure) in
            try await deaf.write([.text("/etc/modules", nil, "vfio\n")], token)
        }
        let run = await refusal { () throws(NodeFailure) in _ = try await deaf.run(.updateGrub, token) }
        #expect(write?.error.code == "node-answer-missing")
        #expect(run?.error.code == "node-answer-missing")
        #expect(node.text("etc/seen") == "vfio\n")
        #expect(!node.list("lib").contains { $0.contains("staging") })
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

/// A connection on which nothing comes back.
private struct DeafShell: RemoteShell {
    let shell: LocalShell

    func run(_ command: RemoteCommand) async throws(RemoteFailure) -> RemoteResult {
        var deaf = command
        // The order is only begun when the reader is gone.
        deaf.text = "{ exec 2>/dev/null; sleep 0.2; \(command.text); } | exec 0<&-"
        return try await shell.run(deaf)
    }

    func close() async {}
}
