import Fleet
import Foundation
import TestSupport

/// A simulated node made from a VM node's own facts, led through the same roll-outs.
struct SimulatedTwin: Sendable {
    private(set) var facts: [Walk.Stage: NodeFacts] = [:]
    private(set) var transcript = ""
    private let controller: Controller
    private let fleet: LabFleet

    private static let name = "vm-twin"

    /// Takes the way that `walk` took.
    static func follow(_ walk: Walk) async throws -> SimulatedTwin {
        var twin = try await SimulatedTwin(of: walk)
        try await twin.meet()
        if walk.hasSeen(.asWritten) {
            try await twin.run("apply", Playbooks.guideAsWritten)
            try await twin.look(.asWritten)
        }
        try await twin.run("apply", Playbooks.bothTwins)
        try await twin.look(.rolledOut)
        try await twin.undo()
        try await twin.look(.undone)
        if walk.hasSeen(.oneOfTwins) {
            try await twin.run("apply", Playbooks.oneByAddress)
            try await twin.look(.oneOfTwins)
        }
        try await twin.fleet.down()
        return twin
    }

    private init(of walk: Walk) async throws {
        let before = try walk.facts(.before)
        let machine = MachineDescription(name: Self.name, before: before, after: try walk.facts(.rolledOut))
        controller = try Controller()
        fleet = try await LabFleet.up(descriptions: [Self.name: machine.yaml], setup: try Self.setup(before))
        let node = try await fleet.node(Self.name)
        guard node.power == "running" else {
            throw TestSupportError("the twin of \(walk.name) is \(node.power): \(node.reason ?? "no reason given")")
        }
    }

    /// What a machine description does not say, from the same facts.
    private static func setup(_ facts: NodeFacts) throws -> String {
        let files = try facts.files.filter { $0.key.hasPrefix("/etc/default/grub") && $0.value.value?.exists == true }
            .map { "    \($0.key): \(try quoted($0.value.value?.text ?? ""))" }
        return """
            defaults:
              loader: grub
              root: ext4
              firmware: bios
              bridge: none
              iommu: "on"
              kernel: \(facts.kernelRelease.value ?? "")
              initramfs: {modules: dep, display: false}
              # Debian's systemd loads /etc/modules while udev is still at the first devices.
              race: modules-first
              reboot_seconds: 0.2
              files:
            \(files.sorted().joined(separator: "\n"))

            """
    }

    /// JSON's strings are YAML's.
    private static func quoted(_ text: String) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return String(decoding: try encoder.encode(text), as: UTF8.self)
    }

    private mutating func meet() async throws {
        for arguments in [["inventory", "import", fleet.inventory], ["trust", "--yes"], ["detect"]] {
            let result = try await controller.vfiofleet(arguments)
            guard result.status == 0 else { throw TestSupportError("\(arguments): \(result.transcript)") }
        }
        try await look(.before)
    }

    /// How it ends is for the facts to say; `transcript` helps to understand them.
    private mutating func run(_ verb: String, _ playbook: String) async throws {
        let file = try controller.home.write(playbook, to: "playbook.yaml")
        transcript += try await controller.vfiofleet([verb, file, "--yes"]).transcript
    }

    private mutating func undo() async throws {
        transcript += try await controller.vfiofleet(["undo", Self.name, "--yes"]).transcript
    }

    private mutating func look(_ stage: Walk.Stage) async throws {
        let node = try await fleet.node(Self.name)
        facts[stage] = try await controller.observe(
            Endpoint(name: Self.name, address: node.address, port: node.port, identityFile: fleet.key))
    }
}
