internal import Fleet
internal import Forms
internal import Remote
internal import SSHTransport

/// The host keys of many nodes, asked for at the same time.
struct HostKeyRound {
    var reports: [HostKeyReport] = []
    var failures: [NodeName: RemoteFailure] = [:]

    /// Nodes whose report was about a jump host on the way to them.
    var jumps: Set<NodeName> { Set(reports.filter(\.isJump).map(\.node)) }

    static func ask(_ nodes: [Node], _ connector: SSHConnector, parallel: Int) async -> HostKeyRound {
        await withTaskGroup(of: (NodeName, Result<HostKeyReport, RemoteFailure>).self) { group in
            var waiting = nodes.makeIterator()
            func startNext() {
                guard let node = waiting.next() else { return }
                group.addTask {
                    do throws(RemoteFailure) {
                        return (node.name, .success(try await connector.hostKeys(of: node.name, with: node.connection)))
                    } catch {
                        return (node.name, .failure(error))
                    }
                }
            }
            for _ in 0..<parallel { startNext() }
            var round = HostKeyRound()
            for await (node, result) in group {
                round.add(node, result)
                startNext()
            }
            round.reports.sort { $0.node < $1.node }
            return round
        }
    }

    // Many nodes may lie behind one jump host: it is shown and recorded once.
    private mutating func add(_ node: NodeName, _ result: Result<HostKeyReport, RemoteFailure>) {
        switch result {
        case .success(let report): reports.append(report)
        case .failure(let failure): failures[node] = failure
        }
    }
}

enum HostKeyTable {
    static func table(_ reports: [HostKeyReport]) -> Table {
        var table = Table([
            .init("NODE"), .init("HOST", flexible: true), .init("TYPE"), .init("FINGERPRINT"), .init("STATE"),
        ])
        for report in reports {
            for entry in report.entries {
                table.add([
                    .init(report.node.description), .init(report.endpoint + (report.isJump ? " (jump host)" : "")),
                    .init(entry.key.type.printableLine), .init(entry.key.fingerprint), state(entry.verdict),
                ])
            }
        }
        return table
    }

    private static func state(_ verdict: HostKeyVerdict) -> Table.Cell {
        switch verdict {
        case .known: .init("known", .good)
        case .unknown: .init("new", .warning)
        case .changed: .init("CHANGED", .bad)
        case .revoked: .init("REVOKED", .bad)
        }
    }

    static func warning(_ report: HostKeyReport) -> String {
        let details = report.entries.compactMap { entry -> String? in
            switch entry.verdict {
            case .known, .unknown: nil
            case .changed(let recorded, let file, let line):
                "  recorded \(recorded) in \(file), line \(line)\n  but it showed \(entry.key)"
            case .revoked: "  \(entry.key) is revoked"
            }
        }
        return """
            WARNING: the host key of \(report.node) (\(report.endpoint)) is not the recorded one!
            \(details.joined(separator: "\n"))
              Either it was installed anew, or somebody stands between you and it. Find out which; then, if it is the
              right node: vfiofleet trust \(report.node) --replace
            """.printable
    }
}
