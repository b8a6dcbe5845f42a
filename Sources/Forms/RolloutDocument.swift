internal import Fleet
package import Store

/// `rollout list --json` and `rollout show --json`: stable, others script against it. `docs/json.md` describes it.
package struct RolloutDocument: Encodable {
    var id: RolloutID
    var plan: String
    var state: String
    /// The state as a sentence, for people.
    var phase: String
    /// The node whose failure stopped it.
    var stoppedBy: NodeName?
    /// Until when it pauses, or waits for a maintenance window.
    var waitsUntil: String?
    /// About how long it still takes; absent where nothing is known yet.
    var secondsLeft: Int?
    var isEnded: Bool
    var createdAt: String
    var createdBy: String
    var nodes: [NodeEntry]
    var journal: [Event]?

    package init(_ stored: StoredRollout, journal: [JournalEntry]? = nil, secondsLeft: Int? = nil) {
        let rollout = stored.rollout
        id = rollout.id
        plan = rollout.plan.description
        state = rollout.phase.word
        phase = rollout.phase.phrase
        stoppedBy = rollout.phase.stoppedBy
        waitsUntil = rollout.phase.waitsUntil?.iso8601
        self.secondsLeft = secondsLeft
        isEnded = rollout.isEnded
        createdAt = stored.createdAt.iso8601
        createdBy = stored.createdBy
        nodes = rollout.nodes.map { run in
            var entry = NodeEntry(run)
            entry.debt = (rollout.debt(of: run) ?? run.debt).map(DebtEntry.init)
            return entry
        }
        self.journal = journal?.map(Event.init)
    }
}

extension RolloutDocument {
    package struct NodeEntry: Encodable {
        var node: NodeName
        var state: String
        /// The step it is in, or the one that failed.
        var step: String?
        var wave: Int
        /// How often it was taken up, where that was more than once.
        var tries: Int?
        var begunAt: String?
        var endedAt: String?
        var bootBefore: BootID?
        var bootAfter: BootID?
        /// What came otherwise than foreseen; absent where nothing was compared.
        var forecastMisses: [ForecastMiss]?
        /// What it did to put itself back; absent where it did not.
        var revert: GuardReport?
        /// The guests that have to be as before again; absent where nobody looked.
        var guests: [GuestEntry]?
        /// What is set in the cluster for its reboot; absent where nothing is.
        var cluster: ClusterEntry?
        /// What is owed to it; absent = nothing.
        var debt: DebtEntry?
        var error: FleetError?
        var evidence: [Evidence]?
        var leftLocked: Bool?

        init(_ run: NodeRun) {
            let problem = run.state.result?.problem
            node = run.node
            state = run.state.word
            step = run.state.step?.name ?? problem?.step
            wave = run.wave
            tries = run.tries > 1 ? run.tries : nil
            begunAt = run.begunAt?.iso8601
            endedAt = run.endedAt?.iso8601
            bootBefore = run.bootBefore
            bootAfter = run.bootAfter
            forecastMisses = run.misses
            revert = run.revert
            guests = run.stays?.map(GuestEntry.init)
            cluster = run.hold.map(ClusterEntry.init)
            error = problem?.error
            evidence = problem?.evidence
            leftLocked = problem?.leftLocked
        }
    }

    package struct ClusterEntry: Encodable {
        /// `none`, `set`, `kept`.
        var maintenance: ClusterHold.Maintenance
        /// Services that left for it.
        var services: [String]
        /// OSDs for which the flag is set.
        var noout: [Int]
        /// It may be set now.
        var isSet: Bool

        init(_ hold: ClusterHold) {
            maintenance = hold.maintenance
            services = hold.services
            noout = hold.noout
            isSet = hold.isOpen
        }
    }

    package struct GuestEntry: Encodable {
        var kind: GuestFacts.Kind
        var vm: VMID
        var ran: Bool
        /// Seen to be as before.
        var isBack: Bool
        /// Its `onboot` as it was, where that is off meanwhile.
        var heldOnboot: String?
        /// Where it is migrated to; left out where it is shut down.
        var target: String?

        init(_ stay: GuestStay) {
            kind = stay.kind
            vm = stay.vm
            ran = stay.ran
            isBack = stay.isBack
            heldOnboot = stay.heldOnboot
            target = stay.target
        }
    }

    package struct Event: Encodable {
        var number: Int
        var at: String
        var kind: String
        var node: NodeName?
        var step: String?
        /// What happened as a sentence, for people.
        var event: String

        package init(_ entry: JournalEntry) {
            number = entry.number
            at = entry.event.at.iso8601
            kind = entry.event.kind.word
            node = entry.event.kind.effect?.node
            step = entry.event.kind.effect?.step
            event = entry.event.kind.phrase
        }
    }
}
