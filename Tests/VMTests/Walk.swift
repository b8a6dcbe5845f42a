import Fleet
import Foundation
import TestSupport

/// One VM node's way through the main job, walked once by the built program and then looked at by many tests.
struct Walk: Sendable {
    /// Where the node is looked at.
    enum Stage: String, Sendable {
        case before
    }

    let name: String
    private var facts: [Stage: NodeFacts] = [:]

    func facts(_ stage: Stage) throws -> NodeFacts {
        guard let facts = facts[stage] else { throw TestSupportError("\(name) never came to \(stage.rawValue)") }
        return facts
    }
}

extension Walk {
    /// The walk of the node with this IOMMU; begun by whoever asks first.
    static func of(_ iommu: VMNode.IOMMU) async throws -> Walk {
        switch iommu {
        case .intel: try await intel.value
        case .amd: try await amd.value
        }
    }

    // Both nodes walk at the same time: while one waits for its reboot, the other gets more of the machine.
    private static let intel = Task { try await walk(.intel) }
    private static let amd = Task { try await walk(.amd) }

    private static func walk(_ iommu: VMNode.IOMMU) async throws -> Walk {
        var walk = Walk(name: "vm-\(iommu.rawValue)")
        let controller = try Controller()
        let node = try await VMNode.start(walk.name, iommu, image: try await VMImage.folder())
        let keys = try await Program("/usr/bin/ssh-keyscan").run("-p", "\(node.endpoint.port)", "127.0.0.1")
        try controller.home.write(keys.output, to: ".ssh/known_hosts")
        walk.facts[.before] = try await controller.observe(node.endpoint)
        node.stop()
        return walk
    }
}
