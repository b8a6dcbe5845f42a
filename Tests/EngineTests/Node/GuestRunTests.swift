import Engine
import Fleet
import Foundation
import Testing

/// Shutting guests down and starting them, with the real scripts and tools that behave as Proxmox' do.
@Suite struct GuestRunTests {
    /// `run-N` = it runs, `stay-N` = it does not heed a shutdown, `slow-N` = what was asked for comes later.
    private static let tool = #"""
        kind=${0##*/}; state=/etc/guests; id=$2
        [ -e "$state/conf-$id" ] || { echo "Configuration file 'nodes/pve1/$kind/$id.conf' does not exist" >&2; exit 2; }
        case $1 in
        status) if [ -e "$state/run-$id" ]; then echo 'status: running'; else echo 'status: stopped'; fi ;;
        shutdown)
            echo "$kind $*" >>"$state/log"
            [ -e "$state/run-$id" ] || { echo "VM $id not running" >&2; exit 255; }
            if [ -e "$state/stay-$id" ]; then echo 'VM quit/powerdown failed - got timeout' >&2; exit 255; fi
            if [ -e "$state/slow-$id" ]; then
                echo "Requesting HA stop for VM $id"; (sleep 1; rm "$state/run-$id") >/dev/null 2>&1 &
            else rm "$state/run-$id"; fi ;;
        start)
            echo "$kind $*" >>"$state/log"
            [ ! -e "$state/run-$id" ] || { echo "VM $id already running" >&2; exit 255; }
            if [ -e "$state/slow-$id" ]; then
                echo "Requesting HA start for VM $id"; (sleep 1; : >"$state/run-$id") >/dev/null 2>&1 &
            else : >"$state/run-$id"; fi ;;
        esac
        """#

    private func node(_ shell: NodeShell, _ marks: String...) async throws -> TestNode {
        let node = try await TestNode(shell)
        for tool in ["qm", "pct"] { try node.install(tool, Self.tool) }
        try node.put("etc/pve/qemu-server/100.conf", "")
        try node.put("etc/pve/qemu-server/102.conf", "")
        try node.put("etc/pve/lxc/101.conf", "")
        for mark in ["conf-100", "conf-101", "conf-102"] + marks { try node.put("etc/guests/\(mark)", "") }
        try await node.operations().lock(try .test())
        return node
    }

    private func guest(_ number: UInt32, forced: Bool = false) throws -> GuestStay {
        GuestStay(
            kind: number == 101 ? .lxc : .qemu, vm: try #require(VMID(number: number)), shutdownSeconds: 7,
            isForced: forced)
    }

    private func running(_ node: TestNode) -> [String] {
        node.list("etc/guests").filter { $0.hasPrefix("run-") }
    }

    @Test(arguments: NodeShell.allCases)
    func allAreShutDownAndStoppedOnesLeftAlone(_ shell: NodeShell) async throws {
        let node = try await node(shell, "run-100", "run-101", "slow-100")
        let guests = [try guest(100), try guest(101, forced: true), try guest(102)]
        try await node.operations().shutDown(guests, .test())
        #expect(running(node).isEmpty)
        let log = try #require(node.text("etc/guests/log")).split(separator: "\n").sorted()
        #expect(log == ["pct shutdown 101 --timeout 7 --forceStop 1", "qm shutdown 100 --timeout 7"])
        #expect(!node.list("lib/vfiofleet").contains { $0.hasPrefix("stop") })
        try await node.operations().shutDown(guests, .test())
        #expect(node.text("etc/guests/log")?.split(separator: "\n").count == 2, "a second time there is nothing to do")
    }

    @Test(arguments: NodeShell.allCases)
    func whatDoesNotShutDownIsNamed(_ shell: NodeShell) async throws {
        let node = try await node(shell, "run-100", "run-101", "stay-101")
        do {
            try await node.operations().shutDown([try guest(100), try guest(101)], .test())
            Issue.record("it passed")
        } catch NodeFailure.refused(let error, let evidence) {
            #expect(error.code == "guest-not-stopped")
            #expect(error.message.hasPrefix("CT 101 did not shut down in time: CT 101: VM quit/powerdown failed"))
            #expect(evidence?.command.contains("pct shutdown 101") == true)
        }
        #expect(running(node) == ["run-101"])
        #expect(!node.list("lib/vfiofleet").contains { $0.hasPrefix("stop") })
    }

    @Test(arguments: NodeShell.allCases)
    func aStartIsWaitedFor(_ shell: NodeShell) async throws {
        let node = try await node(shell, "slow-100")
        for number: UInt32 in [100, 101, 100] { try await node.operations().start(try guest(number), .test()) }
        #expect(running(node) == ["run-100", "run-101"])
        #expect(node.text("etc/guests/log") == "qm start 100\npct start 101\n")
    }

    @Test func nothingIsDoneWithoutTheLock() async throws {
        let node = try await node(.dash, "run-100")
        let other = FencingToken(number: 9, rollout: try #require(RolloutID("other")))
        await #expect(throws: NodeFailure.self) { try await node.operations().shutDown([try guest(100)], other) }
        await #expect(throws: NodeFailure.self) { try await node.operations().start(try guest(101), other) }
        #expect(running(node) == ["run-100"])
    }
}
