/// A guest of this node: its configuration file as text and whether it runs.
public struct GuestFacts: Hashable, Sendable, Encodable {
    public enum Kind: String, Hashable, Sendable, Codable {
        case qemu
        case lxc
    }

    public enum State: String, Hashable, Sendable, Codable {
        case running
        case stopped
    }

    public var kind: Kind
    public var id: VMID
    /// The raw text of `/etc/pve/qemu-server/ID.conf`.
    public var configuration: Observed<String>
    public var state: Observed<State>
    /// The command line of the running QEMU process, one argument per element; nil = not running.
    public var processArguments: Observed<[String]?>

    public init(
        kind: Kind, id: VMID, configuration: Observed<String>, state: Observed<State>,
        processArguments: Observed<[String]?>
    ) {
        self.kind = kind
        self.id = id
        self.configuration = configuration
        self.state = state
        self.processArguments = processArguments
    }
}

/// A file that `romfile=` names.
public enum ROMFile: String, Hashable, Sendable, Codable {
    /// Nothing of that name is in `/usr/share/kvm`.
    case absent
    /// It begins as a PCI expansion ROM does: with 55 AA.
    case valid
    case invalid
}

public struct ClusterFacts: Hashable, Sendable, Codable {
    /// Nil = the node is in no cluster.
    public var name: String?
    public var quorate: Bool?
    public var expectedVotes: Int?
    public var totalVotes: Int?
    /// Votes needed.
    public var quorum: Int?
    public var members: [Member]

    public struct Member: Hashable, Sendable, Codable {
        public var name: String
        public var votes: Int
        public var isLocal: Bool

        public init(name: String, votes: Int, isLocal: Bool) {
            self.name = name
            self.votes = votes
            self.isLocal = isLocal
        }
    }

    /// What is left of the votes that are there now when this node and the `others` heaviest of its peers go, and what
    /// is needed; nil = not known. A QDevice's vote is among `totalVotes` only while it votes.
    public func votes(withoutThisAnd others: Int) -> (left: Int, needed: Int)? {
        guard name != nil, let totalVotes, let quorum, let leaving = leaving(others) else { return nil }
        return (totalVotes - leaving, quorum)
    }

    /// Whether all members together could bear that; two nodes without a QDevice can't.
    public func couldBear(theLossOfThisAnd others: Int) -> Bool {
        guard let expectedVotes, let quorum, let leaving = leaving(others) else { return true }
        return expectedVotes - leaving >= quorum
    }

    private func leaving(_ others: Int) -> Int? {
        guard let own = members.first(where: \.isLocal) else { return nil }
        let peers = members.filter { !$0.isLocal }.map(\.votes).sorted(by: >).prefix(max(0, others))
        return own.votes + peers.reduce(0, +)
    }

    public init(
        name: String?, quorate: Bool? = nil, expectedVotes: Int? = nil, totalVotes: Int? = nil, quorum: Int? = nil,
        members: [Member] = []
    ) {
        self.name = name
        self.quorate = quorate
        self.expectedVotes = expectedVotes
        self.totalVotes = totalVotes
        self.quorum = quorum
        self.members = members
    }
}
