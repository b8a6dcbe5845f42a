import Fleet
import FoundationEssentials

extension ClusterLook {
    /// From what `cluster-look.sh` told. What could not be asked is a refusal (`ha-unknown`, `ceph-unknown`), never "no".
    init(_ answer: NodeAnswer) throws(NodeFailure) {
        guard let host = answer.text("host"), !host.isEmpty else { throw .unknown(.hostUnknown, answer, "host") }
        self.init(
            host: host, availability: try HAStanding(answer, host), ceph: try CephStanding(answer))
    }
}

extension HAStanding {
    fileprivate init?(_ answer: NodeAnswer, _ host: String) throws(NodeFailure) {
        guard let status = answer.text("ha-status") else { return nil }
        guard status == "0", let report: Report = answer.json("ha") else { throw .unknown(.haUnknown, answer, "ha") }
        let services = report.manager_status.service_status ?? [:]
        let idle: Set<String?> = [nil, "stopped", "freeze", "error"]
        let active = services.filter { $0.value.node == host && !idle.contains($0.value.state) }.map(\.key).sorted()
        let isAsked =
            report.manager_status.node_status?[host] == "maintenance"
            || report.manager_status.node_request?[host]?.maintenance == true
        self.init(
            mode: report.lrm_status?[host]?.mode, isMaintenanceAsked: isAsked, activeServices: active,
            isInUse: !services.isEmpty)
    }

    /// `pvesh get /cluster/ha/status/manager_status`; of a manager that never ran, all is missing.
    private struct Report: Decodable {
        struct Manager: Decodable {
            // swift-format-ignore: AlwaysUseLowerCamelCase
            var node_status: [String: String]?
            // swift-format-ignore: AlwaysUseLowerCamelCase
            var node_request: [String: Request]?
            // swift-format-ignore: AlwaysUseLowerCamelCase
            var service_status: [String: Service]?
        }

        struct Request: Decodable {
            var maintenance: Bool

            private enum Key: CodingKey { case maintenance }

            /// Perl writes a truth as a number, or as the text of one.
            init(from decoder: any Decoder) throws {
                let values = try decoder.container(keyedBy: Key.self)
                if let number = try? values.decode(Int.self, forKey: .maintenance) {
                    maintenance = number != 0
                } else {
                    let text = try values.decodeIfPresent(String.self, forKey: .maintenance)
                    maintenance = !["", "0", nil].contains(text)
                }
            }
        }

        struct Service: Decodable {
            var node: String?
            var state: String?
        }

        struct LRM: Decodable {
            var mode: String?
        }

        // swift-format-ignore: AlwaysUseLowerCamelCase
        var manager_status: Manager
        // swift-format-ignore: AlwaysUseLowerCamelCase
        var lrm_status: [String: LRM]?
    }
}

extension CephStanding {
    fileprivate init?(_ answer: NodeAnswer) throws(NodeFailure) {
        let osds = try Self.osds(answer)
        let monitors = try Daemons(answer, "mons", "ceph-mon-stop")
        let servers = try Daemons(answer, "mdss", "ceph-mds-stop")
        guard !osds.isEmpty || !monitors.names.isEmpty || !servers.names.isEmpty else { return nil }
        self.init(
            osds: osds, stopRefusal: osds.isEmpty ? nil : try Self.stopRefusal(answer), monitors: monitors,
            metadataServers: servers)
    }

    private static func osds(_ answer: NodeAnswer) throws(NodeFailure) -> [OSD] {
        guard let places = answer.text("osds") else { return [] }
        let own = Set(places.split(separator: " ").compactMap { Int($0) })
        guard answer.text("ceph-dump-status") == "0", let dump: Dump = answer.json("ceph-dump") else {
            throw .unknown(.cephUnknown, answer, "ceph-dump")
        }
        return dump.osds.filter { own.contains($0.osd) }.sorted { $0.osd < $1.osd }.map {
            OSD(id: $0.osd, isUp: $0.up == 1, hasNoout: $0.state.contains("noout"))
        }
    }

    /// Ceph answers with a report and, where it refuses, an error and its reason.
    private static func stopRefusal(_ answer: NodeAnswer) throws(NodeFailure) -> String? {
        let report: Report? = answer.json("ceph-stop")
        if answer.text("ceph-stop-status") == "0", report?.ok_to_stop == true { return nil }
        return try answer.refusal(in: "ceph-stop", isSaid: report?.ok_to_stop == false)
            ?? "it would make placement groups unavailable."
    }

    /// `ceph osd dump -f json`
    private struct Dump: Decodable {
        struct Entry: Decodable {
            var osd: Int
            var up: Int
            /// `exists`, `up`, and the flags set for this OSD.
            var state: [String]
        }

        var osds: [Entry]
    }

    /// `ceph osd ok-to-stop`, since Ceph 16
    private struct Report: Decodable {
        // swift-format-ignore: AlwaysUseLowerCamelCase
        var ok_to_stop: Bool
    }
}

extension CephStanding.Daemons {
    /// Here Ceph says yes or no by its exit status alone. Names it does not know, it takes for harmless.
    fileprivate init(_ answer: NodeAnswer, _ names: String, _ question: String) throws(NodeFailure) {
        let own = answer.text(names)?.split(separator: " ").map(String.init) ?? []
        self.init(own)
        guard !own.isEmpty, answer.text(question + "-status") != "0" else { return }
        stopRefusal = try answer.refusal(in: question, isSaid: false) ?? "it gives no reason."
    }
}

extension NodeAnswer {
    /// The last line of what Ceph refuses with; nil = it says nothing. EBUSY is its refusal; with any other error nothing
    /// is known.
    fileprivate func refusal(in question: String, isSaid: Bool) throws(NodeFailure) -> String? {
        let words = text(question + "-error") ?? ""
        guard isSaid || words.contains("EBUSY") else { throw .unknown(.cephUnknown, self, question) }
        return words.split(whereSeparator: \.isNewline).last.map(String.init)
    }

    func json<Value: Decodable>(_ name: String) -> Value? {
        fields.last { $0.name == name }.flatMap { try? JSONDecoder().decode(Value.self, from: Data($0.value)) }
    }
}

extension NodeFailure {
    /// With what was printed instead.
    static func unknown(_ error: FleetError, _ answer: NodeAnswer, _ name: String) -> NodeFailure {
        let printed = [answer.text(name + "-error"), answer.text(name)].compactMap(\.self).joined(separator: "\n")
        let status = answer.text(name + "-status").flatMap { Int($0) }
        return .refused(error, Evidence(command: name, output: String(printed.suffix(4096)), exitCode: status))
    }
}

extension FleetError {
    fileprivate static let hostUnknown = FleetError(
        "node-answer-incomplete", "The node did not tell its name.", advice: "Look what `uname -n` says there.")
    fileprivate static let haUnknown = FleetError(
        "ha-unknown",
        "The node could not tell what high availability does there, so it is not taken away from its cluster.",
        advice: "Look on the node: pvesh get /cluster/ha/status/manager_status.")
    fileprivate static let cephUnknown = FleetError(
        "ceph-unknown",
        "The node carries OSDs, monitors or metadata servers, and Ceph could not be asked about them, so they are not stopped.",
        advice: "Look on the node: ceph -s; ceph osd dump; ceph osd ok-to-stop 0; ceph mon stat.")
}
