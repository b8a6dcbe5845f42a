import Testing

@testable import Lab

/// What the cluster's own tools do for a node's maintenance; messages as in pve-ha-manager and Ceph.
@Suite struct ClusterMaintenanceTests {
    private func node() throws -> RecordedNode {
        let node = try RecordedNode()
        try node.write(
            "/etc/pve/corosync.conf",
            "nodelist {\n node {\n name: pve1\n nodeid: 1\n }\n node {\n name: n2\n nodeid: 2\n }\n}\n")
        try node.write("/etc/pve/nodes/n2/lxc/900.conf", "hostname: x\n")
        #expect(node.run("qm", "create", "100", "--memory", "512").exitCode == 0)
        #expect(node.run("qm", "create", "102", "--memory", "512", "--hostpci0", "00:1f.3").exitCode == 0)
        return node
    }

    private func status(_ node: RecordedNode) -> String {
        node.run("pvesh", "get", "/cluster/ha/status/manager_status", "--output-format", "json").outputText
    }

    @Test func servicesLeaveForMaintenanceAndComeBack() throws {
        let node = try node()
        #expect(status(node).contains(#""manager_status":{}"#))
        try node.write("/etc/pve/ha/resources.cfg", "vm: 100\n\tstate started\n\nvm: 102\n\tstate started\n\n")
        #expect(node.run("ha-manager", "crm-command", "node-maintenance", "enable", "pve1").exitCode == 0)
        #expect(status(node).contains(#""pve1":{"mode":"maintenance""#))
        #expect(status(node).contains(#""node_request":{"pve1":{"maintenance":1}}"#))
        #expect(node.run("ha-manager", "status").outputText.contains("service vm:100 (n2, started)"))
        // One with a device can't be moved.
        #expect(node.run("ha-manager", "status").outputText.contains("service vm:102 (pve1, started)"))
        #expect(node.run("ha-manager", "crm-command", "node-maintenance", "disable", "pve1").exitCode == 0)
        #expect(node.run("ha-manager", "status").outputText.contains("service vm:100 (pve1, started)"))
        #expect(node.run("qm", "status", "100").outputText == "status: running\n")
        node.run("qm", "stop", "100")
    }

    /// Exit statuses and words as Ceph's `Monitor.cc` and `MDSMonitor.cc` have them.
    @Test func daemonsMayStopWhileOthersAreThere() throws {
        let node = try node()
        try node.write("/var/lib/ceph/mon/ceph-pve1/keyring", "")
        let alone = node.run("ceph", "mon", "ok-to-stop", "pve1")
        #expect(alone.exitCode == 16 && alone.errorText.hasPrefix("Error EBUSY: not enough monitors"))
        try node.write("/var/lib/ceph/lab/mons", "n2\nn3\n")
        #expect(node.run("ceph", "mon", "ok-to-stop", "pve1").exitCode == 0)
        try node.write("/var/lib/ceph/lab/mons", "n2\n")
        try node.write("/var/lib/ceph/lab/mons-down", "n3\n")
        #expect(node.run("ceph", "mon", "ok-to-stop", "pve1").exitCode == 16)
        let unknown = node.run("ceph", "mon", "ok-to-stop", "x")
        #expect(unknown.exitCode == 0 && unknown.errorText == "invalid mon(s) specified: [x]\n")

        #expect(node.run("ceph", "mds", "ok-to-stop", "pve1").exitCode == 0)
        try node.write("/var/lib/ceph/lab/mds-active", "pve1\n")
        #expect(node.run("ceph", "mds", "ok-to-stop", "pve1").exitCode == 16)
        try node.write("/var/lib/ceph/lab/mds-standby", "n2\n")
        #expect(node.run("ceph", "mds", "ok-to-stop", "pve1").exitCode == 0)
        try node.write("/var/lib/ceph/lab/mds-degraded", "")
        #expect(node.run("ceph", "mds", "ok-to-stop", "n2").errorText.contains("degraded"))
    }

    @Test func flagsAreSetForSingleOSDs() throws {
        let node = try node()
        try node.write("/var/lib/ceph/osd/ceph-4/whoami", "4\n")
        try node.write("/var/lib/ceph/lab/foreign", "7\n")
        #expect(node.run("ceph", "osd", "ls").outputText == "4\n7\n")
        #expect(node.run("ceph", "osd", "set-group", "noout", "osd.4").exitCode == 0)
        let dump = node.run("ceph", "osd", "dump", "-f", "json").outputText
        #expect(dump.contains(#""osd":4,"state":["exists","up","noout"]"#), "\(dump)")
        #expect(dump.contains(#""osd":7,"state":["exists","up"]"#), "\(dump)")
        #expect(node.run("ceph", "osd", "unset-group", "noout", "osd.4").exitCode == 0)
        #expect(!node.run("ceph", "osd", "dump", "-f", "json").outputText.contains("noout"))
        #expect(
            node.run("ceph", "osd", "set-group", "noout", "osd.5").errorText == "Error ENOENT: osd.5 does not exist\n")
        #expect(node.run("ceph", "osd", "ok-to-stop", "4").outputText.contains(#""ok_to_stop":true"#))
        try node.write("/var/lib/ceph/lab/not-ok", "9\n")
        let refused = node.run("ceph", "osd", "ok-to-stop", "4")
        #expect(refused.exitCode == 16 && refused.errorText.hasPrefix("Error EBUSY: unsafe to stop osd(s)"))
        try node.write("/var/lib/ceph/lab/unreachable", "")
        #expect(node.run("ceph", "osd", "ls").exitCode == 1)
    }
}
