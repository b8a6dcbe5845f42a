public import Fleet
public import Remote

/// The keys that one host showed, and what the known_hosts files say about them. Nobody has logged in.
public struct HostKeyReport: Hashable, Sendable {
    public struct Entry: Hashable, Sendable {
        public var key: HostKey
        public var verdict: HostKeyVerdict
    }

    public var node: NodeName
    /// `host:port` as connected to.
    public var endpoint: String
    /// What the keys are recorded under.
    public var recordName: KnownHostName
    /// The host is one on the way to the node, whose key is asked for first.
    public var isJump: Bool
    public var entries: [Entry]

    /// Every key is recorded: there is nothing to do.
    public var isKnown: Bool { entries.allSatisfy { $0.verdict == .known } }
}

extension SSHConnector {
    /// Asks for the host keys of `node` without logging in to it. When a jump host on the way is not known yet, the report
    /// is about that one: record it, then ask again.
    public func hostKeys(
        of node: NodeName, with settings: ConnectionSettings
    ) async throws(RemoteFailure) -> HostKeyReport {
        let route = try await files.route(for: node, settings)
        for index in route.indices.dropLast() {
            let report = try await report(Route(route[...index]), node, isJump: true)
            // A recorded key of another type is enough here; which one is used is settled when connecting.
            if !report.entries.contains(where: { $0.verdict == .known }) { return report }
        }
        return try await report(route, node, isJump: false)
    }

    /// Records the report's keys in the file for that. `replacing` removes what it held for this host before.
    /// Returns where other known_hosts files still record other keys for the host, which are honoured too.
    @discardableResult
    public func trust(
        _ report: HostKeyReport, replacing: Bool = false, hashed: Bool = false
    ) async throws(RemoteFailure) -> [String] {
        let file = KnownHostsFile(path: settings.knownHostsFile)
        do {
            try await files.record(report, in: file, replacing: replacing, hashed: hashed)
        } catch {
            throw RemoteFailure(
                .settingsInvalid, node: report.node, "The keys could not be recorded in \(file.path): \(error.reason).",
                advice: "Make the file writable, or name another one.")
        }
        return report.entries.compactMap { entry in
            guard case .changed(_, let other, let line) = entry.verdict, other != file.path else { return nil }
            return "\(other), line \(line)"
        }
    }

    /// One key exchange for each family of key types, since a server shows one key at a time.
    private func report(_ route: Route, _ node: NodeName, isJump: Bool) async throws(RemoteFailure) -> HostKeyReport {
        guard let endpoint = route.last else {
            throw RemoteFailure(
                .settingsInvalid, node: node, "There is no way to \(node).",
                advice: "Give its address in the inventory.")
        }
        let site = Site(node: node, endpoint: endpoint, isJump: false)
        let known = await files.knownHosts(in: endpoint.knownHostsFiles)
        var report = HostKeyReport(
            node: node, endpoint: endpoint.description, recordName: endpoint.recordName, isJump: isJump, entries: [])
        var nothingInCommon: RemoteFailure?
        for family in HostKeyAlgorithms.families {
            do throws(RemoteFailure) {
                let connection = try await handshake(site, route, family)
                if let key = await connection.hostKey {
                    let verdict = known.verdict(on: key, from: endpoint.recordName)
                    report.entries.append(.init(key: key, verdict: verdict))
                }
                await connection.close()
            } catch {
                guard error.code == .noCommonAlgorithm else { throw error }
                nothingInCommon = error
            }
        }
        if report.entries.isEmpty, let nothingInCommon { throw nothingInCommon }
        return report
    }
}

extension LocalFiles {
    /// Keys that are recorded already are not recorded again.
    func record(
        _ report: HostKeyReport, in file: KnownHostsFile, replacing: Bool, hashed: Bool
    ) throws(KnownHostsFile.Problem) {
        if replacing { try file.forget(report.recordName) }
        let kept = knownHosts(in: [file.path]).lines(for: report.recordName)
        let wanted = report.entries.filter { $0.verdict != .revoked }.map(\.key)
        let lines = wanted.filter { key in !kept.contains { $0.key == key } }.map { key in
            let name = hashed ? HostKeyHash.field(for: report.recordName.text) : report.recordName.text
            return "\(name) \(key.type) \(key.base64)"
        }
        if !lines.isEmpty { try file.append(lines) }
    }
}
