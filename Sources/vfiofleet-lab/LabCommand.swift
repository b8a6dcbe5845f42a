import ArgumentParser
import Foundation
import Lab

struct LabCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vfiofleet-lab",
        abstract: "Simulated Proxmox nodes behind real sshd processes on this machine.",
        subcommands: [Up.self, Down.self, Status.self, Faults.self, Clear.self, Power.self])
}

struct LabDirectory: ParsableArguments {
    @Option(name: .customLong("dir"), help: "The lab's directory.")
    var directory: String

    var lab: Lab { Lab(directory: directory) }
}

struct Up: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Start nodes and wait until all of them answer.",
        discussion: "Example: vfiofleet-lab up --machines Tests/TestSupport/Machines --count 8 --dir /tmp/lab")

    @Option(help: "A directory of machine descriptions; one node is made from each.")
    var machines: String
    @Option(help: "How many nodes; machines repeat when there are more nodes.")
    var count: Int?
    @Option(help: "Node i listens on this port plus i; without it the kernel chooses.")
    var portBase: UInt16?
    @Option(help: "How nodes are set up: a YAML file with “defaults” and “nodes”.")
    var setup: String?
    @OptionGroup var place: LabDirectory

    func validate() throws {
        if let count, count < 1 { throw ValidationError("--count must be at least 1.") }
        if let portBase, Int(portBase) + (count ?? 1) > 65536 { throw ValidationError("--port-base is too high.") }
    }

    func run() throws {
        let options = LabOptions(machines: machines, setup: setup, count: count, portBase: portBase)
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        try place.lab.up(options, executable: program)
        let nodes = try place.lab.status()
        print("\(Self.summary(nodes)) Inventory: \(place.lab.inventory)")
        for node in nodes where !node.isRunning { print("\(node.name): \(node.reason ?? node.power)") }
    }

    static func summary(_ nodes: [LabNode]) -> String {
        let running = nodes.count(where: \.isRunning)
        let noun = nodes.count == 1 ? "node" : "nodes"
        if running == nodes.count { return "\(running) \(noun) \(running == 1 ? "is" : "are") up." }
        return "\(running) of \(nodes.count) \(noun) \(running == 1 ? "is" : "are") up."
    }
}

struct Down: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "End the nodes and remove the lab's files.")
    @OptionGroup var place: LabDirectory

    func run() throws { try place.lab.down() }
}

struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show each node's state, address and faults.")
    @Flag(help: "As JSON: an array of {name, power, address, port, machine, bootID, boots, faults, reason}.")
    var json = false
    @OptionGroup var place: LabDirectory

    func run() throws {
        let nodes = try place.lab.status()
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            print(String(decoding: try encoder.encode(nodes), as: UTF8.self))
            return
        }
        let width = nodes.map(\.name.count).max() ?? 0
        for node in nodes {
            let name = node.name.padding(toLength: width, withPad: " ", startingAt: 0)
            let faults = (node.faults + [node.reason].compactMap(\.self)).joined(separator: ", ")
            print("\(name)  \(node.power)  \(node.address):\(node.port)  boots \(node.boots)  \(faults)")
        }
    }
}

struct Faults: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fault", abstract: "Order faults for a node.",
        discussion: "Faults: \(Fault.words.joined(separator: ", "))")
    @Argument(help: "The node.") var node: String
    @Argument(help: "The faults.", transform: Self.fault) var faults: [Fault]
    @OptionGroup var place: LabDirectory

    private static func fault(_ text: String) throws -> Fault {
        guard let fault = Fault(text) else { throw ValidationError("“\(text)” is no fault.") }
        return fault
    }

    func run() throws { try place.lab.order(faults, node: node) }
}

struct Clear: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "End all faults of a node.")
    @Argument(help: "The node.") var node: String
    @OptionGroup var place: LabDirectory

    func run() throws { try place.lab.clearFaults(node: node) }
}

struct Power: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Use a node's power switch: on, off or cycle.")
    @Argument(help: "The node.") var node: String
    @Argument(help: "on, off or cycle.") var state: String
    @OptionGroup var place: LabDirectory

    func run() throws { try place.lab.power(state, node: node) }
}
