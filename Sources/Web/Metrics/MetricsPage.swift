internal import Engine
internal import Fleet
internal import Forms
internal import Foundation
internal import Store

/// What `/metrics` tells: the fleet as it stands, and what this process has counted.
struct MetricsPage {
    let site: Site

    func text() async throws -> String {
        var text = MetricsText()
        try await addFleet(to: &text)
        try await addSchedules(to: &text)
        let open = try await site.store.openRolloutCount()
        text.add("vfiofleet_rollouts_open", .gauge, Double(open), help: "Roll-outs that have not ended.")
        let requests = try await site.store.openRequests().count
        text.add("vfiofleet_requests_open", .gauge, Double(requests), help: "Roll-outs that wait for an approver.")
        text.add(
            "vfiofleet_event_streams", .gauge, Double(site.streams.watchers), help: "Clients that watch a roll-out.")
        addProcess(to: &text)
        MetricsRegistry.shared.write(to: &text)
        return text.text
    }

    private func addFleet(to text: inout MetricsText) async throws {
        let overview = try await FleetOverview.read(site.store, at: site.now)
        for state in NodeHealth.allCases {
            text.add(
                "vfiofleet_nodes", .gauge, Double(overview.nodes.count { $0.health == state }),
                [("state", state.rawValue)], help: "Nodes of the inventory by how they stand.")
        }
        let troubles = Dictionary(grouping: overview.nodes.flatMap(\.troubles)) { trouble in
            [trouble.span.subject.rule.description, trouble.isExempt ? "exempt" : trouble.span.status.rawValue]
        }
        for (key, rules) in troubles.sorted(by: { $0.key.description < $1.key.description }) {
            text.add(
                "vfiofleet_rules_not_holding", .gauge, Double(rules.count), [("rule", key[0]), ("status", key[1])],
                help: "Rules that do not hold now, on all nodes.")
        }
    }

    private func addSchedules(to text: inout MetricsText) async throws {
        let schedules = try await site.store.schedules()
        for stored in schedules {
            guard let ended = stored.endedAt else { continue }
            text.add(
                "vfiofleet_schedule_last_end_timestamp_seconds", .gauge, Double(ended.milliseconds) / 1000,
                [("schedule", stored.schedule.name.description)], help: "When a schedule's last run ended.")
        }
        for stored in schedules {
            guard let outcome = stored.outcome else { continue }
            let name = ("schedule", stored.schedule.name.description)
            let verdicts = [
                ("compliant", outcome.compliant), ("noncompliant", outcome.noncompliant), ("unknown", outcome.unknown),
            ]
            for (verdict, count) in verdicts {
                text.add(
                    "vfiofleet_schedule_nodes", .gauge, Double(count), [name, ("verdict", verdict)],
                    help: "What the last run that ended said of nodes.")
            }
        }
        for stored in schedules {
            text.add(
                "vfiofleet_schedule_failed", .gauge, stored.outcome?.error == nil ? 0 : 1,
                [("schedule", stored.schedule.name.description)],
                help: "1 = the last run could not look at nodes at all.")
        }
        for document in try await ScheduleDocument.all(in: site.store, at: site.now) {
            for run in ScheduleRun.allCases {
                text.add(
                    "vfiofleet_schedule_run", .gauge, document.run == run ? 1 : 0,
                    [("schedule", document.name), ("state", run.rawValue)],
                    help: "1 = the last run of a schedule stands so.")
            }
        }
    }

    private func addProcess(to text: inout MetricsText) {
        let bytes = ["", "-wal"].compactMap { suffix in
            try? FileManager.default.attributesOfItem(atPath: site.store.path + suffix)[.size] as? Int
        }
        text.add(
            "vfiofleet_database_bytes", .gauge, Double(bytes.reduce(0, +)), help: "The database with its log.")
        guard let statm = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return }
        let pages = statm.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        text.add(
            "process_resident_memory_bytes", .gauge, Double(pages * Int(getpagesize())), help: "Memory in use.")
        var usage = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return }
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        text.add(
            "process_cpu_seconds_total", .counter, seconds(usage.ru_utime) + seconds(usage.ru_stime),
            help: "Time of processors, in programs and in the kernel.")
    }
}
