import Engine
import Fleet
import Foundation
import Testing

/// Asking and telling the cluster, with the real scripts and what Proxmox and Ceph print.
@Suite struct ClusterTests {
    private static let status = """
        {"lrm_status":{"HOST":{"mode":"active","state":"active"}},"manager_status":{"master_node":"n9",
        "node_request":{"n9":{"maintenance":"1"}},"node_status":{"HOST":"online","n9":"maintenance"},"service_status":{
        "ct:101":{"node":"HOST","state":"stopped"},"ct:102":{"node":"HOST","state":"freeze"},
        "vm:100":{"node":"HOST","state":"started"},"vm:103":{"node":"n9","state":"started"}}},
        "quorum":{"node":"HOST","quorate":1}}
        """
    private static let dump = """
        {"epoch":7,"osds":[{"osd":0,"up":1,"in":1,"state":["exists","up"]},{"osd":3,"up":0,"in":1,
        "state":["exists","noout"]},{"osd":5,"up":1,"in":1,"state":["exists","up"]}]}
        """
    private static let ceph = #"""
        echo "$*" >>/etc/told
        case $* in
        'osd ls') printf '0\n3\n5\n' ;;
        'osd dump -f json') cat /etc/dump ;;
        'osd ok-to-stop 0 3 -f json')
            if [ -e /etc/refuses ]; then
                echo '{"ok_to_stop":false}'; echo 'Error EBUSY: unsafe to stop osd(s)' >&2; exit 16
            fi
            if [ -e /etc/unreachable ]; then echo 'RADOS timed out' >&2; exit 1; fi
            echo '{"ok_to_stop":true,"osds":[0,3]}' ;;
        'mon ok-to-stop pve-1')
            if [ -e /etc/few ]; then echo 'Error EBUSY: not enough monitors would be available (b)' >&2; exit 16; fi
            echo 'quorum should be preserved (b,c) after stopping [pve-1]' >&2 ;;
        'mds ok-to-stop a pve1')
            if [ -e /etc/lone ]; then echo 'Error EBUSY: one or more filesystems is currently degraded' >&2; exit 16; fi
            if [ -e /etc/unreachable ]; then echo 'RADOS timed out' >&2; exit 1; fi ;;
        esac
        """#

    private func node(_ shell: NodeShell) async throws -> TestNode {
        let node = try await TestNode(shell)
        try node.install("uname", "echo pve1.example.net")
        try node.install("pvesh", "cat /etc/status")
        try node.install("ceph", Self.ceph)
        try node.install("ha-manager", #"echo "$*" >>/etc/told"#)
        try node.put("etc/status", Self.status.replacingOccurrences(of: "HOST", with: "pve1"))
        try node.put("etc/dump", Self.dump)
        return node
    }

    private func code(_ body: () async throws(NodeFailure) -> Void) async -> FleetError.Code? {
        do throws(NodeFailure) { try await body() } catch { return error.error.code }
        return nil
    }

    @Test(arguments: NodeShell.allCases) func itIsSeenAsItIs(_ shell: NodeShell) async throws {
        let node = try await node(shell)
        var look = try await node.operations().clusterLook()
        #expect(look.host == "pve1" && look.ceph == nil)
        #expect(look.availability == HAStanding(mode: "active", activeServices: ["vm:100"], isInUse: true))

        // 5 is another node's, and 8 is gone.
        for id in ["0", "3", "8"] { try node.put("lib/ceph/osd/ceph-\(id)/whoami", id) }
        look = try await node.operations().clusterLook()
        #expect(look.ceph == CephStanding(osds: [.init(id: 0), .init(id: 3, isUp: false, hasNoout: true)]))
        try node.put("etc/refuses", "")
        look = try await node.operations().clusterLook()
        #expect(look.ceph?.stopRefusal == "Error EBUSY: unsafe to stop osd(s)")
    }

    /// Their names may hold dashes; those of containers are below the cluster's number.
    @Test(arguments: NodeShell.allCases) func monitorsAndMetadataServersAreAskedFor(_ shell: NodeShell) async throws {
        let node = try await node(shell)
        try node.put("lib/ceph/mon/ceph-pve-1/keyring", "")
        try node.put("lib/ceph/mds/ceph-a/keyring", "")
        try node.put("lib/ceph/0a1b2c3d-0000-4000-8000-000000000000/mds.pve1/keyring", "")
        var look = try await node.operations().clusterLook()
        #expect(look.ceph == CephStanding(osds: [], monitors: .init(["pve-1"]), metadataServers: .init(["a", "pve1"])))
        let operations = node.operations()
        try node.put("etc/unreachable", "")
        #expect(await code { () throws(NodeFailure) in _ = try await operations.clusterLook() } == "ceph-unknown")
        try node.put("etc/few", "")
        try node.put("etc/lone", "")
        look = try await node.operations().clusterLook()
        #expect(look.ceph?.monitors.stopRefusal == "Error EBUSY: not enough monitors would be available (b)")
        #expect(
            look.ceph?.metadataServers.stopRefusal == "Error EBUSY: one or more filesystems is currently degraded")
    }

    @Test(arguments: NodeShell.allCases) func whatCanNotBeToldIsNotNo(_ shell: NodeShell) async throws {
        let node = try await node(shell)
        let operations = node.operations()
        try node.put("lib/ceph/osd/ceph-0/whoami", "0")
        try node.put("lib/ceph/osd/ceph-3/whoami", "3")
        try node.put("etc/unreachable", "")
        #expect(await code { () throws(NodeFailure) in _ = try await operations.clusterLook() } == "ceph-unknown")
        try node.install("pvesh", "echo 'ipcc_send_rec failed' >&2; exit 111")
        #expect(await code { () throws(NodeFailure) in _ = try await operations.clusterLook() } == "ha-unknown")
        try node.install("pvesh", "echo nonsense")
        #expect(await code { () throws(NodeFailure) in _ = try await operations.clusterLook() } == "ha-unknown")
        // A manager that never ran.
        try node.install("pvesh", #"echo '{"manager_status":{},"quorum":{"quorate":1}}'"#)
        #expect(await code { () throws(NodeFailure) in _ = try await operations.clusterLook() } == "ceph-unknown")
    }

    @Test(arguments: NodeShell.allCases) func itIsToldInItsOwnWords(_ shell: NodeShell) async throws {
        let node = try await node(shell)
        let operations = node.operations()
        let token = try FencingToken.test()
        let orders = [ClusterOrder.maintenance(isOn: true, host: "pve1"), .noout(isOn: true, osds: [0, 3])]
        #expect(await code { () throws(NodeFailure) in try await operations.tellCluster(orders, token) } != nil)
        #expect(node.text("etc/told") == nil, "without the lock nothing is told")
        try await operations.lock(token)
        try await operations.tellCluster(orders, token)
        try await operations.tellCluster([.noout(isOn: false, osds: [0])], token)
        #expect(
            node.text("etc/told")
                == "crm-command node-maintenance enable pve1\nosd set-group noout osd.0 osd.3\nosd unset-group noout osd.0\n"
        )
        try node.install("ha-manager", "echo 'cluster not ready - no quorum?' >&2; exit 255")
        let refused = await code { () throws(NodeFailure) in try await operations.tellCluster(orders, token) }
        #expect(refused == "ha-order-refused")
    }
}
