internal import ArgumentParser
internal import Fleet
internal import Forms
internal import Remote
internal import SSHTransport
internal import Store

struct TrustCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "trust", abstract: "Show the nodes' host keys and record them as known.",
        discussion: """
            Asks each node for its keys without logging in. Compare the fingerprints with what the node's console shows \
            (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub) before you agree.

            A key that differs from the recorded one is refused: either the node was installed anew, or somebody stands \
            between you and it. --replace records the new key after you have found out which.

            Examples:
              vfiofleet trust
              vfiofleet trust pve01 --replace
            """)

    @OptionGroup var selection: SelectorArgument
    @Flag(name: .shortAndLong, help: "Record without asking.") var yes = false
    @Flag(help: "Replace recorded keys that differ.") var replace = false
    @Flag(help: "Hide host names in the file, as HashKnownHosts does.") var hashed = false
    @OptionGroup var ssh: SSHOptions
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let store = try context.openStore()
        let nodes = try await context.select(selection.selector, in: store)
        let connector = ssh.connector(asking: false)
        var outcome = Outcome.good
        // A jump host must be known before what lies behind it can be asked, so this goes round until nothing is new.
        var rest = nodes
        while !rest.isEmpty {
            let round = await HostKeyRound.ask(rest, connector, parallel: ssh.parallel)
            if try await !settle(round, connector, store, context) { outcome = .failed }
            rest = rest.filter { round.jumps.contains($0.name) }
            if outcome == .failed { break }
        }
        return outcome
    }

    /// Shows what was found and records what the operator agrees to; false when something stays untrusted.
    private func settle(
        _ round: HostKeyRound, _ connector: SSHConnector, _ store: Store, _ context: Context
    ) async throws -> Bool {
        let console = context.console
        for (node, failure) in round.failures.sorted(by: { $0.key < $1.key }) {
            console.complain("\(node): \(failure.message) \(failure.advice) [\(failure.code.rawValue)]".printable)
        }
        let known = round.reports.filter(\.isKnown)
        if !known.isEmpty { console.writeLine("already known: \(NameSet.fold(known.map(\.node)))") }

        let open = round.reports.filter { !$0.isKnown }
        console.write(HostKeyTable.table(open))
        let refused = open.filter { $0.isRefused(replacing: replace) }
        for report in refused { console.complain(HostKeyTable.warning(report)) }

        let wanted = open.filter { !$0.isRefused(replacing: replace) }
        guard !wanted.isEmpty else { return round.failures.isEmpty && refused.isEmpty }
        guard try agree(to: wanted.count, console) else {
            console.note("Nothing was recorded.")
            return false
        }
        for report in wanted {
            let others = try await connector.trust(report, replacing: replace, hashed: hashed)
            try await store.note(
                "host-key-record", subject: report.node.description, detail: report.recorded, at: Context.now,
                by: Context.actor)
            for place in others { console.note("\(report.node): another key is still recorded in \(place).") }
        }
        console.writeLine("recorded: \(NameSet.fold(wanted.map(\.node)))")
        return round.failures.isEmpty && refused.isEmpty
    }

    private func agree(to count: Int, _ console: Console) throws -> Bool {
        if yes { return true }
        guard console.canAsk else {
            throw FleetError(
                "confirmation-needed", "Nobody can be asked whether to record these keys: this is no terminal.",
                advice: "Compare the fingerprints, then repeat the command with --yes.")
        }
        return console.confirm("Record the keys of \(count) host\(count == 1 ? "" : "s")?")
    }
}

extension HostKeyReport {
    /// For the audit log: which keys of which host are trusted from now on.
    fileprivate var recorded: [String: String] {
        let keys = entries.filter { $0.verdict != .known }.map { "\($0.key.type) \($0.key.fingerprint)" }
        return ["host": endpoint, "keys": keys.joined(separator: ", ")]
    }

    func isRefused(replacing: Bool) -> Bool {
        entries.contains { entry in
            switch entry.verdict {
            case .known, .unknown: false
            case .changed: !replacing
            case .revoked: true
            }
        }
    }
}
