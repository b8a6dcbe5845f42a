import Testing

@testable import Lab

/// How the node's own tools end and start guests; messages as in qemu-server and pve-container.
@Suite struct GuestEndingTests {
    private func node() throws -> RecordedNode {
        let node = try RecordedNode()
        try node.write("/etc/pve/nodes/pve1/lxc/101.conf", "hostname: web\nmemory: 512\n")
        #expect(node.run("qm", "create", "100", "--memory", "512").exitCode == 0)
        return node
    }

    private func end(_ node: RecordedNode) { ContainerProcess(node: node.node, vmid: "101").end() }

    @Test func containersAreKnownByTheirSocket() throws {
        let node = try node()
        defer { end(node) }
        #expect(node.run("pct", "status", "101").outputText == "status: stopped\n")
        #expect(node.run("pct", "start", "101") == CommandOutcome(exitCode: 0))
        #expect(node.run("pct", "status", "101").outputText == "status: running\n")
        #expect(node.run("pct", "list").outputText.contains("101        running"))
        #expect(node.run("pct", "start", "101").errorText == "CT 101 already running\n")
        #expect(node.run("pct", "shutdown", "101", "--timeout", "5") == CommandOutcome(exitCode: 0))
        #expect(node.run("pct", "status", "101").outputText == "status: stopped\n")
        #expect(node.run("pct", "shutdown", "101").errorText == "CT 101 not running\n")
        #expect(
            node.run("pct", "status", "999").errorText
                == "Configuration file 'nodes/pve1/lxc/999.conf' does not exist\n")
        #expect(node.run("pct", "status", "x").exitCode == 2)
        #expect(node.run("pct", "frobnicate").errorText.hasPrefix("ERROR: unknown command 'pct frobnicate'\n"))
    }

    @Test func aLockedContainerIsLeftAlone() throws {
        let node = try node()
        try node.write("/etc/pve/nodes/pve1/lxc/101.conf", "lock: backup\n")
        #expect(node.run("pct", "start", "101").errorText == "CT is locked (backup)\n")
    }

    @Test func aGuestThatStaysUpTakesItsTime() throws {
        let node = try node()
        defer { end(node) }
        node.run("qm", "start", "100")
        node.run("pct", "start", "101")
        try node.write("/run/lab/fault-guest-stays-up", "100")
        let machine = node.run("qm", "shutdown", "100", "--timeout", "1")
        #expect(machine.exitCode == 255 && machine.errorText == "VM quit/powerdown failed - got timeout\n")
        #expect(node.run("qm", "status", "100").outputText == "status: running\n")
        let forced = node.run("qm", "shutdown", "100", "--timeout", "1", "--forceStop", "1")
        #expect(forced.exitCode == 0 && forced.errorText == "VM still running - terminating now with SIGTERM\n")
        #expect(node.run("qm", "status", "100").outputText == "status: stopped\n")
        try node.write("/run/lab/fault-guest-stays-up", "101")
        let container = node.run("pct", "shutdown", "101", "--timeout", "1")
        #expect(container.exitCode == 255 && container.errorText.hasSuffix("\ncontainer did not stop\n"))
        #expect(node.run("pct", "shutdown", "101", "--timeout", "1", "--forceStop", "1").exitCode == 0)
    }

    @Test func underHighAvailabilityItIsARequest() throws {
        let node = try node()
        try node.write("/etc/pve/ha/resources.cfg", "vm: 100\n\tstate started\n\n")
        #expect(node.run("qm", "start", "100").outputText == "Requesting HA start for VM 100\n")
        #expect(node.run("qm", "shutdown", "100").outputText == "Requesting HA stop for VM 100\n")
        #expect(node.text("/etc/pve/ha/resources.cfg") == "vm: 100\n\tstate stopped\n\n")
    }
}
