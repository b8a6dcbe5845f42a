import Engine
import Fleet
import Foundation
import SSHTransport
import Store
import TestSupport
import Testing

/// Sweeps over connections that stay open, on a real sshd.
@Suite(.serialized, .enabled(if: SimulatedFleet.obstacle == nil, "\(SimulatedFleet.obstacle ?? "")"))
struct KeptConnectionTests {
    /// A node that rebooted in between is seen in its new boot; nobody is told of the dead connection.
    @Test(.timeLimit(.minutes(2))) func theyOutliveASweepAndAReboot() async throws {
        let fleet = try await SimulatedFleet.start(["n1"], of: "intel-z390-rtx2070", rebootSeconds: 0.5)
        let store = try Store.open(path: fleet.database)
        let node = try #require(try await store.nodes().first)
        var settings = SSHSettings.standard(environment: [:])
        settings.knownHostsFile = fleet.lab.knownHosts
        settings.configurationFiles = ["/dev/null"]
        let kept = KeptConnections(RemoteNodeOpener(connector: SSHConnector(settings), controller: "test"))
        let first = try await kept.observe(node)
        let second = try await kept.observe(node)
        #expect(first.facts.bootID == second.facts.bootID && kept.count == 1)
        let login = "ps -e -o args | grep -c '^sshd: root@notty'"
        #expect(try await fleet.shell("n1", login).contains("2"), "the kept one, and this one")
        try await fleet.lab.power("cycle", node: "n1")
        #expect(try await fleet.lab.returns("n1", after: 1))
        let third = try await kept.observe(node)
        #expect(third.facts.bootID.value != nil && third.facts.bootID != first.facts.bootID)
        await kept.close()
        try await fleet.lab.down()
    }
}
