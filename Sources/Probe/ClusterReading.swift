import Fleet

extension FactsReader {
    /// The tool exits with an error code when there is no quorum, and has told what it knows.
    func cluster() -> Observed<ClusterFacts> {
        switch answer.received("cluster") {
        case .unknown(let why): return .unknown(why)
        case .known(let frame):
            if frame.status == .absent { return .known(ClusterFacts(name: nil)) }
            guard case .exited = frame.status else { return .unknown(frame.failure ?? .nonsense(frame)) }
            guard let cluster = QuorumReport(frame.content).cluster(named: clusterName()) else {
                return .unknown(frame.failure ?? .nonsense(frame))
            }
            return .known(cluster)
        }
    }

    /// `cluster_name:` in the `totem` section of corosync.conf.
    private func clusterName() -> String? {
        guard let file = facts.files["/etc/pve/corosync.conf"]?.value, let bytes = file.bytes else { return nil }
        for line in bytes[...].lines {
            if let name = line.trimmed.dropping("cluster_name:") { return name.trimmed.text }
        }
        return nil
    }
}

/// `corosync-quorumtool -siH`, which is also the tail of `pvecm status`.
private struct QuorumReport {
    var name: String?
    var quorate: Bool?
    var expectedVotes, totalVotes, quorum: Int?
    var members: [ClusterFacts.Member] = []

    init(_ content: Bytes) {
        var isMembers = false
        for line in content.lines {
            let line = line.trimmed
            if line.starts(with: "Membership information") { isMembers = true }
            if isMembers, line.starts(with: "0x") {
                if let member = Self.member(line) { members.append(member) }
            } else if let (key, value) = line.cut(at: UInt8(ascii: ":")) {
                read(key.trimmed, value.trimmed)
            }
        }
    }

    private mutating func read(_ key: Bytes, _ value: Bytes) {
        if key.equals("Name") {
            name = value.text
        } else if key.equals("Quorate") {
            quorate = value.equals("Yes") ? true : value.equals("No") ? false : nil
        } else if key.equals("Expected votes") {
            expectedVotes = Int(decimalDigits: value)
        } else if key.equals("Total votes") {
            totalVotes = Int(decimalDigits: value)
        } else if key.equals("Quorum") {
            quorum = Int(decimalDigits: value.prefix { $0 != UInt8(ascii: " ") })
        }
    }

    /// `0x00000001 1 192.0.2.1 (local)`; with a quorum device a column `A,V,NMW` stands before the name.
    private static func member(_ line: Bytes) -> ClusterFacts.Member? {
        var words = line.words
        let isLocal = words.last?.equals("(local)") == true
        if isLocal { words.removeLast() }
        guard words.count >= 3, let votes = Int(decimalDigits: words[1]), let name = words.last else { return nil }
        return .init(name: name.text, votes: votes, isLocal: isLocal)
    }

    func cluster(named configured: String?) -> ClusterFacts? {
        guard let quorate else { return nil }
        return ClusterFacts(
            name: name ?? configured, quorate: quorate, expectedVotes: expectedVotes, totalVotes: totalVotes,
            quorum: quorum, members: members)
    }
}
