import Foundation
import TestSupport
import Testing

/// Every fault that a simulated node can have, each on one node of the same roll-out, whose controller is killed on the way.
/// Each node ends, and with a sentence that tells what to do; and once the causes are gone, the same playbook goes through.
@Suite(.serialized, .enabled(if: SimulatedFleet.obstacle == nil, "\(SimulatedFleet.obstacle ?? "")"))
struct FaultyFleetTests {
    private struct Rollout: Decodable {
        struct Node: Decodable {
            struct Failure: Decodable {
                var code: String
                var message: String
                var advice: String?
            }
            var node: String
            var state: String
            var error: Failure?
        }
        var nodes: [Node]
    }

    /// How a node ends, and how often it has booted by then; nil = its power is off.
    private struct End {
        var fault: String?
        var state: String
        var code: String?
        var boots: Int?
    }

    private static let ends: [String: End] = [
        "good": End(state: "verified", boots: 2),
        "late": End(fault: "returns-late=2", state: "verified", boots: 2),
        // By the time it has put itself back, it was given up.
        "nonet": End(fault: "boots-without-network", state: "reverted", code: "node-lost", boots: 3),
        "never": End(fault: "never-returns", state: "lost", code: "node-lost"),
        "ignores": End(fault: "ignores-reboot", state: "lost", code: "node-did-not-reboot", boots: 1),
        "refuses": End(fault: "refuses-reboot", state: "reverted", code: "reboot-refused", boots: 1),
        "fails": End(fault: "update-initramfs-fails", state: "reverted", code: "rebuild-failed", boots: 1),
        "lies": End(fault: "update-initramfs-lies", state: "reverted", code: "not-proven", boots: 1),
        "full": End(fault: "disk-full", state: "failed", code: "node-disk-full", boots: 1),
        "readonly": End(fault: "read-only-root", state: "failed", code: "node-read-only", boots: 1),
        "cut": End(fault: "cut-after=3000", state: "failed", code: "facts-changed-since-plan", boots: 1),
        "silent": End(fault: "sshd-silent", state: "failed", code: "ssh-not-ssh", boots: 1),
        "card": End(fault: "card-lost", state: "failed", code: "ssh-connection-refused", boots: 1),
    ]

    private static func start() async throws -> (SimulatedFleet, plan: String) {
        let fleet = try await SimulatedFleet.start(
            ends.keys.sorted(), of: "intel-z390-rtx2070", rebootSeconds: 0.5)
        let playbook = try fleet.folder.write(
            """
            playbook: faulty
            devices: [{name: gpu, at: "01:00"}]
            rollout:
              {canary: 0, max-unavailable: 13, pause: 0s, return-within: 25s, confirm-within: 25s, failure-budget: 13}
            """, to: "p.yaml")
        let plan = try await fleet.expect(2, "plan", playbook)
        for (node, end) in ends { if let fault = end.fault { try await fleet.lab.order(fault, node: node) } }
        let digest = try #require(plan.split(separator: "\n").last { $0.hasPrefix("plan ") }).dropFirst(5)
        return (fleet, String(digest))
    }

    private static func nodes(_ fleet: SimulatedFleet) async throws -> [Rollout.Node] {
        let text = try await fleet.run(["rollout", "show", "--json"]).output
        return try JSONDecoder().decode(Rollout.self, from: Data(text.utf8)).nodes
    }

    @Test(.timeLimit(.minutes(8))) func everyNodeEnds() async throws {
        let (fleet, plan) = try await Self.start()
        let isKilled = try await fleet.runAndKill(["apply", "--plan", plan, "--yes"]) {
            try await fleet.run(["rollout", "show", "--json"]).output.contains(#""step" : "await-return""#)
        }
        #expect(isKilled)
        let resumed = try await fleet.run(["rollout", "resume"])
        #expect(resumed.status == 1, "\(resumed.transcript)")
        let nodes = try await Self.nodes(fleet)
        let boots = try await fleet.boots()
        #expect(nodes.count == Self.ends.count)
        for node in nodes {
            let end = try #require(Self.ends[node.node])
            #expect(node.state == end.state && node.error?.code == end.code, "\(node)")
            if let count = end.boots { #expect(boots[node.node] == count, "\(node)") }
            if end.code != nil { #expect(node.error?.advice?.isEmpty == false, "\(node)") }
            if node.node == "nonet" { #expect(node.error?.advice?.hasPrefix("It is back") == true, "\(node)") }
        }
        try await Self.mend(fleet)
        let again = try await fleet.run(["apply", fleet.folder.path + "/p.yaml", "--yes"])
        #expect(again.status == 0, "\(again.transcript)")
        try await fleet.expect(0, "verify", fleet.folder.path + "/p.yaml")
        try await fleet.lab.down()
    }

    /// The causes go. One that comes back unconfirmed puts itself back first.
    private static func mend(_ fleet: SimulatedFleet) async throws {
        for node in ends.keys { try await fleet.lab.clearFaults(node: node) }
        try await fleet.lab.power("on", node: "never")
        try await fleet.lab.power("cycle", node: "card")
        let limit = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < limit {
            let left = try await fleet.lab.ssh("never", "ls /etc/systemd/system/vfiofleet-guard.service")
            if left.status == 2 { return }
            try await Task.sleep(for: .milliseconds(500))
        }
        Issue.record("never did not put itself back")
    }
}
