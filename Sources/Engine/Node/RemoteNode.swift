public import Fleet
public import Probe
public import Remote

/// What can be done to one node, over a shell on it. Every operation is one round trip that runs one small script;
/// only `reboot` asks once before.
///
/// Refusals that any changing operation can give, by code: `node-lock-not-held`, `node-locked`,
/// `fencing-token-outdated`, `node-busy` (an earlier order still runs there), `node-disk-full`, `node-read-only`,
/// `node-write-failed`, `node-state-damaged`, `tool-missing`, `order-malformed`, `node-answer-missing`,
/// `node-answer-incomplete`.
public struct RemoteNode: NodeOperations {
    let shell: any RemoteShell
    /// Who acts, as an admin on the node shall read it: `alice@controller`.
    let controller: String
    private let reader: AnswerReader

    /// `reader`: shared by nodes that are looked at together.
    public init(shell: any RemoteShell, controller: String, reader: AnswerReader = AnswerReader()) {
        self.shell = shell
        self.reader = reader
        self.controller = controller.printableLine
    }

    /// Refused (`node-answer-missing`) when what came back is no answer to this run of the probe at all. An answer that
    /// was cut or damaged is an observation: what it does not tell is unknown.
    public func observe() async throws(NodeFailure) -> Observation {
        let nonce = NodeScript.nonce()
        let command = RemoteCommand(
            ProbeScript.command(nonce: nonce), standardInput: ProbeScript.text,
            limits: .init(deadline: .seconds(300), silence: .seconds(120), outputBytes: 32 << 20))
        let result = try await run(command)
        guard let answer = ProbeParser.answer(in: result.standardOutput, to: nonce) else { throw .notStarted(result) }
        return Observation(ProbeAnswer(answer), reading: reader)
    }

    public func lock(_ token: FencingToken) async throws(NodeFailure) {
        _ = try await perform(.lock, token, [controller])
    }

    public func unlock(_ token: FencingToken) async throws(NodeFailure) {
        _ = try await perform(.unlock, token)
    }

    /// Further refusals: `file-changed-since-plan`, `not-a-regular-file`, `path-not-allowed`.
    public func write(_ changes: [FileChange], _ token: FencingToken) async throws(NodeFailure) {
        let order = try FileOrder(changes)
        let answer = try await ask(.write, token, order.paths, input: order.input, .seconds(300))
        guard let refusal = answer.refusal else { return }
        if refusal.code == "file-changed-since-plan" { throw order.explain(answer.fields, refusal) }
        throw .refused(refusal, answer.evidence)
    }

    /// Further refusal: `rebuild-failed`, with what the command printed.
    public func run(_ command: NodeCommand, _ token: FencingToken) async throws(NodeFailure) -> Evidence {
        let words = command.rawValue.split(separator: " ").map(String.init)
        let answer = try await perform(.run, token, words, .seconds(45 * 60))
        return answer.evidence ?? Evidence(command: command.rawValue, output: "")
    }

    /// Further refusals: `node-on-trial` (another roll-out's settings wait for their confirmation), `systemd-missing`.
    public func arm(
        withinSeconds: Int, rebuilding commands: [NodeCommand], _ token: FencingToken
    ) async throws(NodeFailure) {
        let words = ["\(withinSeconds)"] + commands.map(\.rawValue)
        _ = try await perform(.arm, token, words, input: GuardFiles.input, .seconds(300))
    }

    public func confirm(_ boot: BootID, _ token: FencingToken) async throws(NodeFailure) {
        _ = try await perform(.confirm, token, [boot.description], .seconds(120))
    }

    public func putBack(because reason: String, _ token: FencingToken) async throws(NodeFailure) -> Bool {
        let answer = try await perform(.putBack, token, [reason.printableLine], .seconds(120))
        return answer.text("phase") != GuardReport.Phase.armed.rawValue
    }

    /// Further refusal: `node-answer-incomplete` when the answer tells no phase.
    public func guardReport() async throws(NodeFailure) -> GuardReport {
        let answer = try await perform(.guardReport, nil)
        guard let report = GuardReport(answer) else { throw .refused(.guardUntold, answer.evidence) }
        return report
    }

    /// Further refusal: `reboot-refused`. A node that runs another boot by now needs no order.
    public func reboot(from bootID: BootID, _ token: FencingToken) async throws(NodeFailure) {
        // A connection that was dead all along must not pass for a reboot, so it is tried first.
        let check = try await perform(.reboot, token, [bootID.description, "check"], .seconds(120))
        guard check.text("boot") == bootID.description else { return }
        do throws(NodeFailure) {
            _ = try await perform(.reboot, token, [bootID.description, "order"], .seconds(120))
        } catch  where error.mayBeReboot {
            return
        }
    }

    /// Further refusals: `guest-missing`, `guest-locked`, `guest-busy`, `guest-changed-since-plan`, `guest-refused`,
    /// `guest-option-invalid`, `cluster-not-quorate`.
    public func set(_ change: GuestChange, _ token: FencingToken) async throws(NodeFailure) -> Evidence {
        let order = try GuestOrder(change)
        let answer = try await perform(
            .setGuest, token, [change.vm.description], input: order.input, .seconds(180))
        return answer.evidence
            ?? Evidence(
                command: "qm config \(change.vm)", output: "All options are as wanted already; nothing was set.")
    }

    public func shutDown(_ guests: [GuestStay], _ token: FencingToken) async throws(NodeFailure) {
        let words = guests.map { "\($0.kind.rawValue) \($0.vm) \($0.shutdownSeconds) \($0.isForced ? 1 : 0)" }
        // Containers are waited for twice: by LXC, and by Proxmox after that.
        let longest = guests.map(\.shutdownSeconds).max() ?? 0
        _ = try await perform(.stopGuests, token, words, .seconds(2 * longest + 240))
    }

    public func start(_ guest: GuestStay, _ token: FencingToken) async throws(NodeFailure) {
        _ = try await perform(.startGuest, token, [guest.kind.rawValue, guest.vm.description], .seconds(30 * 60))
    }

    public func migrationLook(_ guests: [VMID]) async throws(NodeFailure) -> MigrationLook {
        let answer = try await perform(.lookForGuests, nil, ["targets"] + guests.map(\.description), .seconds(900))
        return try MigrationLook(answer, guests)
    }

    public func places(of guests: [VMID]) async throws(NodeFailure) -> [GuestPlace] {
        let answer = try await perform(.lookForGuests, nil, ["places"] + guests.map(\.description), .seconds(900))
        return try guests.map { vm throws(NodeFailure) in try GuestPlace(answer, vm) }
    }

    /// Memory goes over the network, so it takes as long as that takes.
    public func migrate(_ journey: GuestJourney, _ token: FencingToken) async throws(NodeFailure) {
        let words = [journey.vm.description, journey.from, journey.to ?? "-", journey.isOnline ? "1" : "0"]
        _ = try await perform(.migrateGuest, token, words, .seconds(2 * 3600))
    }

    public func clusterLook() async throws(NodeFailure) -> ClusterLook {
        try ClusterLook(try await perform(.clusterLook, nil, [], .seconds(300)))
    }

    public func tellCluster(_ orders: [ClusterOrder], _ token: FencingToken) async throws(NodeFailure) {
        _ = try await perform(.tellCluster, token, orders.map(\.words), .seconds(300))
    }

    /// Further refusal: `node-answer-too-large` (over 256 MiB).
    public func backups() async throws(NodeFailure) -> [NodeBackup] {
        try await perform(.backups, nil, [], .seconds(120)).backups
    }

    public func close() async { await shell.close() }
}

extension RemoteNode {
    /// Runs a script; its refusal is an error.
    private func perform(
        _ script: NodeScript, _ token: FencingToken?, _ arguments: [String] = [], input: [UInt8] = [],
        _ deadline: Duration = .seconds(60)
    ) async throws(NodeFailure) -> NodeAnswer {
        let answer = try await ask(script, token, arguments, input: input, deadline)
        if let refusal = answer.refusal { throw .refused(refusal, answer.evidence) }
        return answer
    }

    /// Runs a script and reads its answer. Scripts are silent while they work, so the deadline bounds silence too.
    private func ask(
        _ script: NodeScript, _ token: FencingToken?, _ arguments: [String], input: [UInt8], _ deadline: Duration
    ) async throws(NodeFailure) -> NodeAnswer {
        if let token, token.number > 999_999_999_999_999_999 { throw .refused(.numberTooLarge, nil) }
        let nonce = NodeScript.nonce()
        let command = script.command(
            nonce: nonce, token: token, arguments: arguments, input: input,
            limits: .init(deadline: deadline, silence: deadline, outputBytes: 256 << 20))
        return try NodeAnswer(try await run(command), nonce: nonce)
    }

    private func run(_ command: RemoteCommand) async throws(NodeFailure) -> RemoteResult {
        do { return try await shell.run(command) } catch { throw .remote(error) }
    }
}

extension NodeFailure {
    /// Whether a node that goes down could have caused this.
    fileprivate var mayBeReboot: Bool {
        switch self {
        case .remote(let failure): [.connectionLost, .silent, .commandTimedOut].contains(failure.code)
        case .refused(let error, _): error.code == "node-answer-incomplete"
        }
    }
}

extension FleetError {
    fileprivate static let guardUntold = FleetError(
        "node-answer-incomplete", "The node did not tell how far its guard is.",
        advice: "Look into /var/lib/vfiofleet/guard on the node.")
    fileprivate static let numberTooLarge = FleetError(
        "fencing-token-outdated", "A fencing number has at most 18 digits.", advice: "Start again with a lower number.")
}
