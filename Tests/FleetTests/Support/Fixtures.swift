import Documents
import TestSupport
import Testing

@testable import Fleet

/// Real machines, and settings as the guide's playbook has them.
enum Fixtures {
    /// Read once: thousands of generated cases begin with one of them.
    private static let all = Result { try MachineDocument.load(directory: MachineFolder.path) }

    static func machines() throws -> [MachineDescription] { try all.get() }

    static func machine(_ name: String) throws -> MachineDescription {
        try #require(try all.get().first { $0.name == name }, "no machine is called \(name)")
    }

    static func node() throws -> NodeName { try #require(NodeName("pve1")) }

    static func vm(_ number: UInt32) throws -> VMID { try #require(VMID(number: number)) }

    static func slot(_ text: String) throws -> PCISlot { try #require(PCISlot(text)) }

    static func address(_ text: String) throws -> PCIAddress { try #require(PCIAddress(text)) }

    /// The guide's settings for the card at `slot`, for VM 100.
    static func guide(_ slot: String, files: NodeSettings.FileStyle = .guide) throws -> NodeSettings {
        let options = ["bios": "ovmf", "machine": "q35", "cpu": "host,hidden=1"]
        return NodeSettings(
            devices: [DeviceRequest(name: "gpu", match: .slot(try Self.slot(slot)))], kernel: .guide, files: files,
            guests: [GuestRequest(vm: try vm(100), options: options, devices: [.init(device: "gpu")])])
    }

    /// The facts with one function seen otherwise.
    static func change(
        _ facts: NodeFacts, _ address: String, _ change: (inout PCIFunction) -> Void
    ) throws -> NodeFacts {
        var facts = facts
        let address = try Self.address(address)
        facts.functions = facts.functions.map { all in
            all.map { function in
                var function = function
                if function.address == address { change(&function) }
                return function
            }
        }
        return facts
    }

    static let freshGuest = "boot: \nmemory: 2048\nname: gpu-a\nscsihw: virtio-scsi-single\n"

    static func facts(_ machine: String, _ change: (inout NodeSetup) -> Void = { _ in }) throws -> NodeFacts {
        var setup = NodeSetup()
        setup.guests = [100: freshGuest]
        change(&setup)
        return NodeFacts(try Self.machine(machine), setup)
    }
}

extension NodePlan {
    var codes: Set<String> { Set(reasons.map(\.code.rawValue)) }
    var blockers: [String] { reasons.filter { $0.severity == .blocker }.map(\.code.rawValue) }

    func text(_ path: String) -> String? {
        files.first { $0.path == path }?.after.map { String(decoding: $0, as: UTF8.self) }
    }
}
