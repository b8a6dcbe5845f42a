import Engine
import Fleet
import Remote
import Store

/// Opens connections of one controller to the simulated fleet.
struct SimulatedOpener: NodeOpener {
    let course: Course
    let controller: SimulatedController

    func open(_ node: Node) async throws(NodeFailure) -> any NodeOperations {
        let boot = try course.connect(controller, to: node.name)
        return SimulatedLine(course: course, controller: controller, node: node.name, boot: boot)
    }
}

/// A connection to a node of the simulated fleet: it ends with the boot in which it was opened.
struct SimulatedLine: NodeOperations {
    let course: Course
    let controller: SimulatedController
    let node: NodeName
    let boot: Int

    private func look<Value: Sendable>(
        _ word: String, _ body: @escaping (inout SimulatedMember, FleetModel) throws(FleetError) -> Value
    ) async throws(NodeFailure) -> Value {
        try await course.order(word, self, isLook: true, body)
    }

    private func order<Value: Sendable>(
        _ word: String, _ body: @escaping (inout SimulatedMember, FleetModel) throws(FleetError) -> Value
    ) async throws(NodeFailure) -> Value {
        try await course.order(word, self, isLook: false, body)
    }

    // MARK: - Looks

    func observe() async throws(NodeFailure) -> Observation {
        let facts = try await look("observe") { [node] member, fleet in
            fleet.noteLook(at: node)
            return fleet.facts(of: member)
        }
        return Observation(answer: Self.answer, facts: facts)
    }

    func guardReport() async throws(NodeFailure) -> GuardReport {
        try await look("guard-report") { member, _ in member.report() }
    }

    func migrationLook(_ guests: [VMID]) async throws(NodeFailure) -> MigrationLook {
        try await look("migration-look") { member, fleet in
            MigrationLook(members: fleet.targets(from: member.name), guests: guests.map { .init(vm: $0) })
        }
    }

    func places(of guests: [VMID]) async throws(NodeFailure) -> [GuestPlace] {
        try await look("places") { _, fleet in guests.map { fleet.guests.place(of: $0) } }
    }

    func clusterLook() async throws(NodeFailure) -> ClusterLook {
        try await look("cluster-look") { member, _ in member.ties.look(member.name) }
    }

    func backups() async throws(NodeFailure) -> [NodeBackup] { [] }
    func close() async {}

    // MARK: - Orders

    func lock(_ token: FencingToken) async throws(NodeFailure) {
        try await order("lock") { member, _ throws(FleetError) in try member.take(token) }
    }

    func unlock(_ token: FencingToken) async throws(NodeFailure) {
        try await order("unlock") { member, _ in member.giveBack(token) }
    }

    func write(_ changes: [FileChange], _ token: FencingToken) async throws(NodeFailure) {
        try await order("write") { member, _ throws(FleetError) in try member.write(token) }
    }

    func arm(withinSeconds: Int, rebuilding commands: [NodeCommand], _ token: FencingToken) async throws(NodeFailure) {
        try await order("arm") { member, _ throws(FleetError) in try member.arm(withinSeconds, token) }
    }

    func confirm(_ boot: BootID, _ token: FencingToken) async throws(NodeFailure) {
        try await order("confirm") { member, fleet throws(FleetError) in
            try member.confirm(boot, at: fleet.now, token)
        }
    }

    func putBack(because reason: String, _ token: FencingToken) async throws(NodeFailure) -> Bool {
        try await order("put-back") { member, fleet throws(FleetError) in try member.putBack(at: fleet.now, token) }
    }

    func run(_ command: NodeCommand, _ token: FencingToken) async throws(NodeFailure) -> Evidence {
        try await order("run") { member, _ throws(FleetError) in try member.rebuild(token) }
        return Self.evidence
    }

    func reboot(from bootID: BootID, _ token: FencingToken) async throws(NodeFailure) {
        try await order("reboot") { member, fleet throws(FleetError) in
            try member.reboot(from: bootID, at: fleet.now, token)
        }
    }

    func set(_ change: GuestChange, _ token: FencingToken) async throws(NodeFailure) -> Evidence {
        try await order("set") { member, fleet throws(FleetError) in
            try member.require(token)
            try fleet.guests.set(change, on: member)
        }
        return Self.evidence
    }

    func shutDown(_ guests: [GuestStay], _ token: FencingToken) async throws(NodeFailure) {
        try await order("shut-down") { member, fleet throws(FleetError) in
            try member.require(token)
            try member.guardThisBoot()
            try fleet.guests.shutDown(guests.map(\.vm), on: member)
        }
    }

    func start(_ guest: GuestStay, _ token: FencingToken) async throws(NodeFailure) {
        try await order("start") { member, fleet throws(FleetError) in
            try member.require(token)
            member.keepThisBoot()
            try fleet.guests.start(guest.vm, on: member)
        }
    }

    func migrate(_ journey: GuestJourney, _ token: FencingToken) async throws(NodeFailure) {
        try await order("migrate") { member, fleet throws(FleetError) in
            try member.require(token)
            member.keepThisBoot()
            try fleet.migrate(journey, member)
        }
    }

    func tellCluster(_ orders: [ClusterOrder], _ token: FencingToken) async throws(NodeFailure) {
        try await order("tell-cluster") { member, _ throws(FleetError) in
            try member.require(token)
            for order in orders { member.tie(order) }
        }
    }

    /// What is in it is told by the facts beside it.
    private static let answer = StoredAnswer(raw: [])
    private static let evidence = Evidence(command: "simulated", output: "", exitCode: 0)
}
