import Fleet
import Foundation
import Store
import TestSupport
import Testing

/// A roll-out on simulated nodes that is asked for, approved and followed on the page.
@Suite(
    .serialized, .enabled(if: SimulatedFleet.obstacle == nil, "\(SimulatedFleet.obstacle ?? "")"),
    .enabled(if: Browser.isThere, "chromium is missing"))
struct WebRolloutTests {
    private let fleet: SimulatedFleet
    private let config: String
    private let base: String
    private let store: Store

    init() async throws {
        fleet = try await SimulatedFleet.start(["n1", "n2"], of: "intel-z390-rtx2070", rebootSeconds: 0.5)
        let port = try Loopback.freePort(on: "127.0.0.1")
        base = "http://127.0.0.1:\(port)"
        config = try fleet.folder.write(
            "web: {listen: \"127.0.0.1:\(port)\", four-eyes: true}\n", to: "web.yaml")
        store = try Store.open(path: fleet.database)
        let playbook = try fleet.folder.write(
            """
            playbook: gpu
            devices: [{name: gpu, at: "01:00"}]
            rollout: {canary: 1, batch: 1, pause: 0s, soak: 6s}
            """, to: "gpu.yaml")
        try await fleet.expect(2, "plan", playbook)
        let program = Program.built("vfiofleet", environment: ["VFIOFLEET_DB": fleet.database])
        for (name, role) in [("olaf", "operator"), ("anna", "approver")] {
            let added = try await program.run("user", "add", name, "--role", role, input: WebFixture.password + "\n")
            try #require(added.status == 0, "\(added.transcript)")
        }
    }

    private func serve() async throws -> RunningProgram {
        let server = try fleet.start(["serve", "--config", config])
        let port = try #require(base.split(separator: ":").last.flatMap { UInt16($0) })
        try await Loopback.waitForListener("127.0.0.1", port)
        return server
    }

    private static func press(_ words: String) -> [Any] {
        ["value", "[...document.querySelectorAll('button')].find(b => b.textContent.startsWith('\(words)')).click()"]
    }

    private static func wait(_ path: String) -> [Any] {
        ["wait", "location.pathname.startsWith('\(path)') && document.readyState === 'complete'"]
    }

    @Test(.timeLimit(.minutes(4))) func isApprovedByASecondPersonFollowedPausedAndResumed() async throws {
        var server = try await serve()
        let plan = try #require(try await store.plans().first).digest.description
        let began = try await Browser.run(
            Browser.logIn(base, "olaf") + [
                ["open", "\(base)/plans/\(plan)"], Self.press("Ask for"), Self.wait("/rollouts"),
                ["value", "String(document.body.innerText.includes('Approve'))"], Self.press("Log out"),
                Self.wait("/login"),
            ] + Browser.logIn(base, "anna") + [
                ["open", base + "/rollouts"], Browser.check,
            ] + Browser.shot("to-be-decided") + [
                ["value", "document.querySelector('a.button').click()"], Self.wait("/requests/"), Browser.check,
            ] + Browser.shot("decision") + [
                Self.press("Approve"), Self.wait("/rollouts/2"),
                // It is kept up to date by itself, also while somebody has a button in hand.
                ["wait", "document.querySelector('.actions button').textContent.startsWith('Pause')"],
                ["value", "document.querySelector('.actions button').focus()"],
                ["wait", "document.querySelector('.tally').innerText.includes('1 verified')"], Browser.check,
                ["value", "document.activeElement.textContent"],
                ["value", "document.querySelector('.log').innerText"],
            ] + Browser.shot("rollout"), in: fleet.folder)
        #expect(began.flaws.isEmpty, "\(began.flaws)")
        #expect(
            began.texts.first == "false" && began.texts.last?.contains("giving the lock back: done") == true,
            "\(began.texts)")
        #expect(began.texts.contains("Pause after what is in flight"), "the button has kept the focus: \(began.texts)")
        #expect(began.complaints.isEmpty, "\(began.complaints)")

        // Whoever ends the service leaves no node in mid-step.
        server.send(SIGTERM)
        #expect(try await server.result().status == 130)
        let rollout = try #require(try await store.rollouts().first)
        #expect(rollout.rollout.phase == .suspended && rollout.createdBy == "anna@web")
        #expect(try await store.lease(Lease.name(for: rollout.rollout.id)) == nil)

        server = try await serve()
        let resumed = try await Browser.run(
            Browser.logIn(base, "olaf") + [
                ["open", "\(base)/rollouts/\(rollout.rollout.id)"], Self.press("Resume"), Self.wait("/rollouts/"),
                ["wait", "document.querySelector('.state').innerText.includes('completed')"],
                ["value", "String(document.querySelectorAll('.actions').length)"],
            ], in: fleet.folder)
        #expect(resumed.texts == ["0"], "there is nothing left to do")
        #expect(try await fleet.boots() == ["n1": 2, "n2": 2])
        let done = try await store.auditLog().map { "\($0.actor) \($0.action)" }
        for line in ["olaf@web rollout-request", "anna@web rollout-approve", "olaf@web rollout-resume"] {
            #expect(done.contains(line), "\(done)")
        }
        server.send(SIGTERM)
        _ = try await server.result()
        try await fleet.expect(0, "audit", "verify")
        try await fleet.lab.down()
    }
}
