import Documents
import Fleet
import Foundation
import TestSupport
import Testing

/// Every machine that an expert lets go, through the built program: all of them in one roll-out, once booted by GRUB and
/// once by systemd-boot.
@Suite(.serialized, .enabled(if: SimulatedFleet.obstacle == nil, "\(SimulatedFleet.obstacle ?? "")"))
struct EveryMachineTests {
    /// A node, and what is wanted on it.
    private struct Case {
        var node: String
        var machine: MachineDescription
        var wishes: [Judgement.Wish]

        /// Virtual functions may be left to their driver until the guest starts.
        var bound: Set<PCIAddress> { Set(wishes.filter { $0.binding.how != .none }.flatMap(\.addresses)) }

        /// The machine's own wishes together on one node, each further one that may go on a node of its own.
        static func all(_ machines: [MachineDescription]) throws -> [Case] {
            let judgements = try Judgements.load()
            return try machines.flatMap { machine in
                let judgement = try judgements.of(machine.name)
                let own = judgement.wanted.filter { judgement.verdictOf.contains($0.name) && $0.verdict == .go }
                let isOwn = judgement.verdict == .go
                let others = judgement.wanted.filter { wish in
                    wish.verdict == .go && !(isOwn && own.contains { $0.name == wish.name })
                }
                return (isOwn ? [Case(node: machine.name, machine: machine, wishes: own)] : [])
                    + others.map { Case(node: "\(machine.name).\($0.name)", machine: machine, wishes: [$0]) }
            }
        }

        var devices: [(name: String, request: DeviceRequest)] {
            wishes.flatMap { wish in
                DeviceRequest.all(for: wish, on: machine).map { ("\(wish.name)-\($0.name)", $0) }
            }
        }

        /// The overrides that hand this node's devices to its guest.
        var override: String {
            let devices = devices.map { name, request -> String in
                guard case .slot(let slot) = request.match else { return "" }
                let functions = request.functions.map { ", functions: \($0)" } ?? ""
                return "{name: \(name), at: \"\(slot)\"\(functions)}"
            }
            let guests = self.devices.map { "{device: \($0.name), options: {pcie: 1}}" }
            return """
                  - nodes: \(node)
                    devices: [\(devices.joined(separator: ", "))]
                    guests: [{vm: 100, machine: q35, devices: [\(guests.joined(separator: ", "))]}]

                """
        }
    }

    private static func playbook(_ cases: [Case]) -> String {
        """
        playbook: every-machine
        rollout: {canary: 0, batch: 100%, pause: 0s, return-within: 3m}
        overrides:
        \(cases.map(\.override).joined())
        """
    }

    /// The described machines. A listing that was cut down to some vendor's devices gets what no node can do without: a
    /// network card and a disk.
    private static func descriptions() throws -> [String: String] {
        var texts: [String: String] = [:]
        for machine in try MachineDocument.load(directory: MachineFolder.path) {
            var text = try String(contentsOfFile: "\(MachineFolder.path)/\(machine.name).yaml", encoding: .utf8)
            if !machine.functions.contains(where: \.class.isStorage) {
                text.replace(
                    "\npci:\n",
                    with: """

                        pci:
                          - {at: "0000:c1:00.0", class: "020000", id: "8086:1592", group: 200, name: "added"}
                          - {at: "0000:c2:00.0", class: "010802", id: "144d:a80a", group: 201, name: "added"}

                        """, maxReplacements: 1)
            }
            texts[machine.name] = text
        }
        return texts
    }

    @Test(.timeLimit(.minutes(10)), arguments: ["grub", "systemd-boot"])
    func allAreBoundAfterOneReboot(loader: String) async throws {
        let descriptions = try Self.descriptions()
        let cases = try Case.all(
            descriptions.sorted { $0.key < $1.key }.map { try MachineDocument.parse($0.value, file: $0.key) })
        #expect(Set(cases.map(\.machine.name)).count >= 20)
        let nodes = cases.map { "\n  \($0.node): {machine: \($0.machine.name)}" }.joined()
        let fleet = try await SimulatedFleet.start(
            descriptions: descriptions,
            setup: """
                defaults:
                  loader: \(loader)
                  reboot_seconds: 0.5
                  guests: [{id: 100, config: "name: a\\nmemory: 512\\n"}]
                nodes:\(nodes)

                """)
        let before = try await drivers(cases, fleet)
        let playbook = try fleet.folder.write(Self.playbook(cases), to: "every.yaml")
        try await fleet.expect(0, "apply", playbook, "--yes")
        try await fleet.expect(0, "verify", playbook, "--quiet")
        #expect(try await fleet.boots().values.allSatisfy { $0 == 2 })
        try await everythingCameAsForeseen(fleet, count: cases.count)
        let after = try await drivers(cases, fleet)
        for entry in cases { compare(entry, before[entry.node] ?? [:], after[entry.node] ?? [:]) }
        #expect(try await fleet.expect(0, "apply", playbook, "--yes").contains("Nothing to do."))
        try await fleet.lab.down()
    }

    /// The functions to be bound are on vfio-pci, and every other one is where it was.
    private func compare(_ entry: Case, _ before: [String: String], _ after: [String: String]) {
        #expect(!after.isEmpty, "\(entry.node) does not answer")
        for function in entry.machine.functions {
            let address = function.address.description
            let expected = entry.bound.contains(function.address) ? "vfio-pci" : before[address]
            #expect(after[address] == expected, "\(entry.node), \(address)")
        }
    }

    private func everythingCameAsForeseen(_ fleet: SimulatedFleet, count: Int) async throws {
        struct Rollout: Decodable {
            struct Node: Decodable {
                struct Miss: Decodable, CustomStringConvertible {
                    var what: String
                    var foreseen: String
                    var seen: String
                    var description: String { "\(what): foreseen \(foreseen), seen \(seen)" }
                }
                var node: String
                var forecastMisses: [Miss]?
            }
            var nodes: [Node]
        }
        let text = try await fleet.expect(0, "rollout", "show", "--json")
        let rollout = try JSONDecoder().decode(Rollout.self, from: Data(text.utf8))
        #expect(rollout.nodes.count == count)
        for node in rollout.nodes { #expect(node.forecastMisses?.isEmpty == true, "\(node)") }
    }

    /// Each function's driver, as the node itself shows it.
    private func drivers(_ cases: [Case], _ fleet: SimulatedFleet) async throws -> [String: [String: String]] {
        let command = "cd /sys/bus/pci/devices && ls -dl */driver | awk '{print $(NF - 2), $NF}'"
        return try await withThrowingTaskGroup(of: (String, [String: String]).self) { group in
            var result: [String: [String: String]] = [:]
            var waiting = cases[...]
            func next() {
                guard let entry = waiting.popFirst() else { return }
                group.addTask {
                    let lines = try await fleet.shell(entry.node, command).split(separator: "\n")
                    let pairs = lines.compactMap { line -> (String, String)? in
                        let words = line.split(separator: " ")
                        guard words.count == 2, let address = words[0].split(separator: "/").first,
                            let driver = words[1].split(separator: "/").last
                        else { return nil }
                        return (String(address), String(driver))
                    }
                    return (entry.node, Dictionary(pairs) { first, _ in first })
                }
            }
            for _ in 0..<4 { next() }
            for try await (node, drivers) in group {
                result[node] = drivers
                next()
            }
            return result
        }
    }
}
