import Foundation
import TestSupport
import Testing

/// What the built program prints with `--json`, held against the schemas that others rely on.
@Suite(.enabled(if: SimulatedFleet.obstacle == nil, "\(SimulatedFleet.obstacle ?? "")"))
struct JSONFormsTests {
    private static let checkout = URL(filePath: #filePath).pathComponents.dropLast(4).joined(separator: "/")

    private func expect(
        _ schema: String, allows json: String, sourceLocation: Testing.SourceLocation = #_sourceLocation
    ) async throws {
        let script = "\(Self.checkout)/Tests/CommandsTests/Schemas/holds.py"
        let result = try await Program("/usr/bin/python3").run(
            script, "\(Self.checkout)/docs/schema/\(schema).json", input: json)
        #expect(result.status == 0, "\(schema): \(result.transcript)", sourceLocation: sourceLocation)
    }

    /// One node of each kind that shows in the forms: changed, blocked, failing, silent, and of two boot loaders.
    private static func fleet() async throws -> SimulatedFleet {
        let fleet = try await SimulatedFleet.start(
            machines: [
                "intel-z390-rtx2070", "amd-x370-three-gpus", "intel-z370-gt1030-default-cmdline",
                "intel-z690-vmd-rx6700xt-rx560", "atom-c3000-aspeed-nas",
            ],
            setup: """
                defaults: {reboot_seconds: 0.5, guests: [{id: 100, config: "name: a\\nmemory: 2048\\nonboot: 1\\n"}]}
                nodes:
                  grub: {machine: intel-z390-rtx2070}
                  refuses: {machine: intel-z390-rtx2070}
                  shared: {machine: amd-x370-three-gpus}
                  zfs: {machine: intel-z370-gt1030-default-cmdline, loader: systemd-boot}
                  vmd: {machine: intel-z690-vmd-rx6700xt-rx560}
                  atom: {machine: atom-c3000-aspeed-nas}
                """)
        try await fleet.lab.order("refuses-reboot", node: "refuses")
        try await fleet.lab.order("sshd-silent", node: "vmd")
        return fleet
    }

    private static func playbook(_ fleet: SimulatedFleet) throws -> String {
        try fleet.folder.write(
            """
            playbook: forms
            nodes: "*,!vmd"
            devices: [{name: gpu, match: {category: display, count: 1}, optional: true}]
            guests: [{vm: 100, machine: q35, devices: [{device: gpu}]}]
            rollout: {canary: 0, batch: 100%, pause: 0s}
            overrides:
              - nodes: shared
                devices: [{name: gpu, at: "04:00"}]
            """, to: "forms.yaml")
    }

    @Test(.timeLimit(.minutes(5))) func everyFormIsAsItsSchemaSays() async throws {
        let fleet = try await Self.fleet()
        let playbook = try Self.playbook(fleet)
        try await fleet.expect(1, "detect")
        try await expect("gpus", allows: try await fleet.expect(0, "gpus", "--json"))
        try await expect("show", allows: try await fleet.expect(0, "show", "*,!vmd", "--json"))
        let plan = try await fleet.run(["plan", playbook, "--json"])
        #expect(Self.verdicts(plan.output).isSuperset(of: ["change", "blocked"]), "\(plan.transcript)")
        try await expect("plan", allows: plan.output)
        try await expect("plan", allows: try await fleet.run(["plan", playbook, "*", "--json"]).output)

        try await fleet.expect(1, "apply", playbook, "--yes")
        try await expect("plan", allows: try await fleet.run(["undo", "grub,zfs", "--dry-run", "--json"]).output)
        try await expect("rollout", allows: try await fleet.expect(0, "rollout", "show", "--json"))
        let verify = try await fleet.run(["verify", playbook, "--json"])
        #expect(Self.verdicts(verify.output).isSuperset(of: ["compliant", "noncompliant"]), "\(verify.transcript)")
        try await expect("verify", allows: verify.output)
        try await expect("gpus", allows: try await fleet.expect(0, "gpus", "--json"))
        try await expect("show", allows: try await fleet.expect(0, "show", "*,!vmd", "--json"))
        try await fleet.lab.down()
    }

    @Test func aSchemaRefusesWhatItDoesNotKnow() async throws {
        let script = "\(Self.checkout)/Tests/CommandsTests/Schemas/holds.py"
        for document in [#"{"nodes": [{}]}"#, #"{"nodes": [], "more": 1}"#, #"{"nodes": 1}"#, "[]", ""] {
            let result = try await Program("/usr/bin/python3").run(
                script, "\(Self.checkout)/docs/schema/verify.json", input: document)
            #expect(result.status == 1, "\(document): \(result.transcript)")
        }
    }

    private static func verdicts(_ json: String) -> Set<String> {
        struct Document: Decodable {
            struct Node: Decodable { var verdict: String }
            var nodes: [Node]
        }
        let document = try? JSONDecoder().decode(Document.self, from: Data(json.utf8))
        return Set(document?.nodes.map(\.verdict) ?? [])
    }
}
