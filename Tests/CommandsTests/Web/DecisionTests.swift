import Fleet
import Foundation
import Store
import TestSupport
import Testing

/// Who decides on a plan sees what it does, and nothing is begun that could do nothing.
@Suite struct DecisionTests {
    private static func entry(_ name: String, _ verdict: NodePlan.Verdict, _ reasons: [Reason] = []) throws
        -> FleetPlan.Entry
    {
        let change = FileChange(path: "/etc/modules", before: nil, after: Array("vfio\n".utf8))
        let plan = NodePlan(
            node: try #require(NodeName(name)), verdict: verdict, reasons: reasons,
            files: verdict == .change ? [change] : [], reboot: verdict == .change)
        return FleetPlan.Entry(plan: plan, settings: NodeSettings(), facts: .sha256([1]))
    }

    private static func save(_ store: Store, _ name: String, _ entries: [FleetPlan.Entry]) async throws -> ContentDigest
    {
        let plan = FleetPlan(purpose: .apply, playbook: Playbook(name: name), nodes: entries)
        return try await store.save(plan, at: WebFleet.ago(1))
    }

    /// Plans to ask for, two proposals, an exemption and an alert; driver of node0003 and files of node0005 do not hold.
    private static func fill(_ store: Store) async throws {
        try await WebFleet.fill(store, 12)
        let used = Reason(.overridden, "device-used-by-host", "01:00.0 carries the console.")
        let blocker = Reason(.blocker, "iommu-off-in-firmware", "The firmware has it off.")
        _ = try await save(
            store, "several",
            [try entry("node0001", .change, [used]), try entry("node0002", .blocked, [blocker])])
        _ = try await save(store, "idle", [try entry("node0001", .unreachable), try entry("node0002", .blocked)])
        let begun = try await save(store, "begun", [try entry("node0006", .change)])
        let rollout = Rollout(
            id: try #require(RolloutID("r1")), of: try await store.plan(begun), digest: begun)
        try await store.create(rollout, at: WebFleet.ago(1), by: "test")
        let nightly = try #require(ScheduleName("nightly"))
        for name in ["node0003", "node0004"] {
            let plan = try await save(store, "gpu", [try entry(name, .change)])
            _ = try await store.propose(
                plan, for: nightly, .propose, telling: [], [], under: "gpu", at: WebFleet.ago(0), by: "schedule nightly"
            )
        }
        let exemption = Exemption(
            node: try #require(NodeName("node0007")), rule: nil, device: nil, owner: "eve", reason: "on loan",
            expiresAt: WebFleet.now.adding(seconds: 86_400))
        _ = try await store.exempt(exemption, at: WebFleet.ago(0), by: "test")
        let item = AlertItem(
            .fails, RuleSubject(node: try #require(NodeName("node0003")), rule: .check(.driver)),
            verdict: "holds no longer",
            message: "It is on nouveau.", drift: .corrective)
        try await store.tell([AlertRoute("ops")], [item], under: "gpu", at: WebFleet.ago(0))
    }

    private func digest(_ playbook: String, _ store: Store) async throws -> String {
        try #require(try await store.plans().first { $0.playbook == playbook }).digest.description
    }

    @Test(.timeLimit(.minutes(3))) func plansThatCanDoNothingAreRefused() async throws {
        let web = try await WebFixture(fill: Self.fill)
        try await web.add("anna", "approver")
        let token = try await web.token("anna")
        for (playbook, code) in [("idle", "plan-idle"), ("begun", "plan-carried-out")] {
            let plan = try await digest(playbook, web.store)
            let answer = try web.client.post("/api/v1/plans/\(plan)/requests", "", token)
            #expect(answer.status == 409 && answer.body.contains("\"code\" : \"\(code)\""), "\(answer)")
            #expect(answer.headers["content-type"] == "application/problem+json")
            #expect(try !web.client.get("/plans/\(plan)", token).body.contains("Ask for this"))
            // Also where it was asked for by other means.
            let id = try await web.store.request(
                try await web.store.planDigest(beginning: plan), at: WebFleet.now, by: "test")
            let approved = try web.client.post("/api/v1/requests/\(id)/approve", "", token)
            #expect(approved.status == 409 && approved.body.contains(code), "\(approved)")
        }
        #expect(try await web.store.rollouts().count == 1)
    }

    @Test(.timeLimit(.minutes(3))) func whoDecidesSeesWhatItDoes() async throws {
        let web = try await WebFixture(fill: Self.fill)
        try await web.add("anna", "approver")
        try await web.add("olaf", "operator")
        let (anna, olaf) = (try await web.token("anna"), try await web.token("olaf"))
        let plan = try await digest("several", web.store)
        #expect(try web.client.post("/api/v1/plans/\(plan)/requests", "", olaf).status == 201)
        let list = try web.client.get("/rollouts", anna).body
        #expect(!list.contains("/approve\""), "nothing is begun from the list")
        for page in [list, try web.client.get("/requests/1", anna).body] {
            for words in [
                "Roll-out of several", "olaf@web", "/plans/\(plan)", "/nodes/node0001", "/etc/modules",
                "carries the console", "iommu-off-in-firmware", "Reboots",
            ] { #expect(page.contains(words), "\(words)") }
        }
        #expect(try web.client.get("/requests/1", anna).body.contains("action=\"/requests/1/approve\""))
        #expect(try !web.client.get("/requests/1", olaf).body.contains("/approve\""))
        #expect(try web.client.get("/", anna).body.contains(">3 plans</a> wait for"))
    }

    @Test(.timeLimit(.minutes(3))) func proposalsAreDecidedLikeWhatPeopleAskFor() async throws {
        let web = try await WebFixture("  four-eyes: true\n", fill: Self.fill)
        try await web.add("anna", "approver")
        try await web.add("olaf", "operator")
        let (anna, olaf) = (try await web.token("anna"), try await web.token("olaf"))
        let list = try web.client.get("/rollouts", anna).body
        #expect(list.contains("Proposed by the schedule nightly") && list.contains("href=\"/proposals/1\""))
        #expect(list.contains("driver does not hold on node0003: the node was changed"), "\(list)")
        #expect(try web.client.get("/api/v1/proposals", anna).body.components(separatedBy: "\"open\"").count == 3)
        #expect(try web.client.post("/api/v1/proposals/1/approve", "", olaf).status == 403)
        #expect(try web.client.post("/api/v1/proposals/2/reject", "", anna).status == 202)
        #expect(try web.client.post("/api/v1/proposals/2/approve", "", anna).status == 409)
        let begun = try web.client.post("/api/v1/proposals/1/approve", "", anna)
        #expect(begun.status == 202 && begun.body.contains("\"rollout\""), "\(begun)")
        let proposals = try await web.store.proposals()
        #expect(proposals.map(\.state).last == .rejected(by: "anna@web"))
        guard case .begun(let id) = proposals[0].state else { throw TestSupportError("\(proposals)") }
        #expect(try web.client.get("/proposals/1", anna).body.contains("/rollouts/\(id)"))
        let done = try await web.store.auditLog().map { "\($0.actor) \($0.action)" }
        #expect(done.contains("schedule nightly rollout-request") && done.contains("anna@web rollout-approve"))
    }

    @Test(.timeLimit(.minutes(3))) func recordsAreToldToProgramsAndPeople() async throws {
        let web = try await WebFixture(fill: Self.fill)
        try await web.add("vera", "viewer")
        let token = try await web.token("vera")
        for (path, command) in [
            ("exemptions", ["exemption", "list", "--all", "--json"]), ("alerts", ["alerts", "list", "--json"]),
        ] {
            let printed = try await web.program.run(command).output.trimmingCharacters(in: .newlines)
            let served = try web.client.get("/api/v1/\(path)", token).body.trimmingCharacters(in: .newlines)
            #expect(served == printed && served.contains("node000"), "\(path): \(served)")
        }
        let compliance = try web.client.get("/compliance", token).body
        #expect(compliance.contains("on loan") && compliance.contains("1 not as asked (node0003)"))
        #expect(compliance.contains("It held, and the node was changed"))
        #expect(try web.client.get("/nodes/node0003", token).body.contains("the node was changed"))
        #expect(try web.client.get("/nodes/node0003/compliance", token).body.contains("the node was changed"))
    }

    @Test(.timeLimit(.minutes(3))) func theAuditLogIsReadAndSearched() async throws {
        let web = try await WebFixture(fill: Self.fill)
        try await web.add("vera", "viewer")
        let token = try await web.token("vera")
        func lines(_ query: String) throws -> [String] {
            try web.client.get("/audit\(query)", token).body.matches(of: /class="brief"><div>([a-z ]+)<\/div>/)
                .map { String($0.1) }
        }
        let all = try web.client.get("/audit", token).body
        #expect(!all.replacing(/title="[^"]*"/, with: "").contains("started at"), "who it was, without the process")
        #expect(!all.contains(/expires at [0-9]{13}/) && all.contains("expires at 20"))
        #expect(try lines("?action=proposal-make") == ["proposal make", "proposal make"])
        #expect(try lines("?actor=schedule+nightly") == ["proposal make", "proposal make"])
        #expect(try lines("?node=node0006") == ["rollout create"])
        #expect(try lines("?node=node0007") == ["exemption grant"])
        #expect(try lines("?actor=nobody").isEmpty)
        #expect(
            try web.client.get("/audit?action=proposal-make&limit=1", token).body.contains(
                "action=proposal-make&amp;limit=1&amp;offset=1"))
    }
}
