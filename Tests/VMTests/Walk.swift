import Fleet
import Foundation
import TestSupport

/// One VM node's way through the main job, walked once by the built program and then looked at by many tests.
struct Walk: Sendable {
    /// Where the node is looked at.
    enum Stage: String, Sendable {
        case before
        /// After the guide as it is written, which leaves the competing driver where it is.
        case asWritten
        case rolledOut
        case rolledOutAgain
        case undone
        /// With one of the two cards taken by its address.
        case oneOfTwins
    }

    /// Commands of `vfiofleet`, in the order in which they were given.
    enum Step: String, Sendable {
        case importInventory, trust, detect
        case planOneOfTwins, applyAsWritten, verifyAsWritten
        case plan, apply, verify, applyAgain, planNetworkCardsNeighbour, undo
        case applyOneOfTwins, verifyOneOfTwins
    }

    /// What one look at the node gave, through the product and apart from it.
    struct View: Sendable {
        var facts: NodeFacts
        /// `ADDRESS DRIVER`, one line for each function, from the node's own shell.
        var drivers: String
        /// SHA-256 of every file below `/etc`.
        var files: String
    }

    let name: String
    private(set) var views: [Stage: View] = [:]
    private(set) var results: [Step: Program.Result] = [:]
    private(set) var times: [(what: String, took: Duration)] = []

    func view(_ stage: Stage) throws -> View {
        guard let view = views[stage] else { throw TestSupportError("\(name) never came to \(stage.rawValue)") }
        return view
    }

    func hasSeen(_ stage: Stage) -> Bool { views[stage] != nil }

    func facts(_ stage: Stage) throws -> NodeFacts { try view(stage).facts }

    func result(_ step: Step) throws -> Program.Result {
        guard let result = results[step] else { throw TestSupportError("\(name) never came to \(step.rawValue)") }
        return result
    }
}

extension Walk {
    /// The walk of the node with this IOMMU; begun by whoever asks first.
    static func of(_ iommu: VMNode.IOMMU) async throws -> Walk {
        // Both nodes walk side by side, each on a core, whoever asks for one.
        let (intel, amd) = (Self.intel, Self.amd)
        return switch iommu {
        case .intel: try await intel.value
        case .amd: try await amd.value
        }
    }

    private static let intel = Task { try await walk(.intel) }
    private static let amd = Task { try await walk(.amd) }

    private static func walk(_ iommu: VMNode.IOMMU) async throws -> Walk {
        let image = try await VMImage.folder()
        var walker = try Walker(name: "vm-\(iommu.rawValue)")
        try await walker.start(iommu, image: image)
        try await walker.meet()
        // Each on one node is enough: they cost a rebuild and a reboot.
        if iommu == .intel { try await walker.followTheGuideAsWritten() }
        try await walker.rollOut()
        try await walker.undo()
        if iommu == .amd { try await walker.takeOneOfTwins() }
        walker.end()
        return walker.walk
    }

    fileprivate init(name: String) { self.name = name }

    fileprivate mutating func note(_ what: String, since start: ContinuousClock.Instant) {
        times.append((what, ContinuousClock.now - start))
    }

    fileprivate mutating func keep(_ view: View, _ stage: Stage) { views[stage] = view }
    fileprivate mutating func keep(_ result: Program.Result, _ step: Step) { results[step] = result }
}

/// Leads a node along.
private struct Walker {
    var walk: Walk
    let controller: Controller
    private var node: VMNode?

    init(name: String) throws {
        walk = Walk(name: name)
        controller = try Controller()
    }

    mutating func start(_ iommu: VMNode.IOMMU, image: String) async throws {
        let start = ContinuousClock.now
        node = try await VMNode.start(walk.name, iommu, image: image)
        walk.note("boot", since: start)
    }

    /// Nothing that follows makes sense without these.
    mutating func meet() async throws {
        let inventory = try controller.inventory(try running.endpoint)
        try await must(.importInventory, "inventory", "import", inventory)
        try await must(.trust, "trust", "--yes")
        try await must(.detect, "detect")
        try await look(.before)
    }

    mutating func followTheGuideAsWritten() async throws {
        let playbook = try controller.home.write(Playbooks.guideAsWritten, to: "as-written.yaml")
        try await give(.applyAsWritten, "apply", playbook, "--yes")
        try await look(.asWritten)
        try await give(.verifyAsWritten, "verify", playbook, "--json")
    }

    mutating func rollOut() async throws {
        let oneOfTwins = try controller.home.write(Playbooks.oneOfTwins, to: "one-of-twins.yaml")
        try await give(.planOneOfTwins, "plan", oneOfTwins, "--json")
        let playbook = try controller.home.write(Playbooks.bothTwins, to: "both-twins.yaml")
        try await give(.plan, "plan", playbook, "--json")
        try await give(.apply, "apply", playbook, "--yes")
        try await look(.rolledOut)
        try await give(.verify, "verify", playbook, "--json")
        try await give(.applyAgain, "apply", playbook, "--yes")
        try await look(.rolledOutAgain)
        // Only a node whose IOMMU is on shows its groups.
        let neighbour = try controller.home.write(Playbooks.networkCardsNeighbour, to: "neighbour.yaml")
        try await give(.planNetworkCardsNeighbour, "plan", neighbour, "--json")
    }

    mutating func undo() async throws {
        try await give(.undo, "undo", walk.name, "--yes")
        try await look(.undone)
    }

    mutating func takeOneOfTwins() async throws {
        let playbook = try controller.home.write(Playbooks.oneByAddress, to: "one-by-address.yaml")
        try await give(.applyOneOfTwins, "apply", playbook, "--yes")
        try await look(.oneOfTwins)
        try await give(.verifyOneOfTwins, "verify", playbook, "--json")
    }

    mutating func end() {
        node?.stop()
        let times = walk.times.map { "\($0.what) \($0.took.formatted(.units(allowed: [.seconds], width: .narrow)))" }
        print("\(walk.name): \(times.joined(separator: ", "))")
    }

    private var running: VMNode {
        get throws {
            guard let node else { throw TestSupportError("\(walk.name) was not started") }
            return node
        }
    }

    private mutating func give(_ step: Walk.Step, _ arguments: String...) async throws {
        let start = ContinuousClock.now
        walk.keep(try await controller.vfiofleet(arguments, timeout: .seconds(1500)), step)
        walk.note(step.rawValue, since: start)
    }

    private mutating func must(_ step: Walk.Step, _ arguments: String...) async throws {
        let result = try await controller.vfiofleet(arguments)
        guard result.status == 0 else { throw TestSupportError("\(arguments): \(result.transcript)") }
        walk.keep(result, step)
    }

    private mutating func look(_ stage: Walk.Stage) async throws {
        let node = try running
        let facts = try await controller.observe(node.endpoint)
        let drivers = try await node.shell(
            #"for f in /sys/bus/pci/devices/*; do d=$(readlink "$f/driver"); echo "${f##*/} ${d##*/}"; done"#)
        // The image has no machine id: systemd makes one up at each boot.
        let files = try await node.shell(
            "find /etc -type f ! -path /etc/machine-id -exec sha256sum {} + | sort -k 2")
        walk.keep(Walk.View(facts: facts, drivers: drivers.output, files: files.output), stage)
    }
}
