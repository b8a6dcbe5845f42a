import Fleet
import Foundation
import Store
import TestSupport
import Testing

/// The pages in a real browser.
@Suite(.serialized, .enabled(if: Browser.isThere, "chromium is missing"))
struct BrowserTests {
    @Test(.timeLimit(.minutes(4))) func everyPageCanBeUsedByEverybody() async throws {
        let web = try await WebFixture(fill: APITests.fill)
        try await web.add("anna", "approver")
        let plan = try #require(try await web.store.plans().first).digest.description
        let pages = [
            "/", "/?state=bad", "/?selector=nobody", "/nodes/node0003", "/nodes/node0003/compliance", "/gpus",
            "/compliance",
            "/rollouts", "/rollouts/r1", "/plans/\(plan)", "/audit", "/nowhere",
        ]
        var steps: [[Any]] = [["size", 1280, 900]] + Browser.logIn(web.base, "anna")
        for (width, scheme) in [(1280, "light"), (1280, "dark"), (390, "light")] {
            steps += [["size", width, 800], ["scheme", scheme]]
            for page in pages {
                steps += [["open", web.base + page], Browser.check]
                steps += Browser.shot("\(width)-\(scheme)-" + page.filter(\.isLetter).prefix(20))
            }
        }
        // Reading needs no script, and what a node said is never markup.
        steps += [
            ["scripts", false], ["open", web.base + "/rollouts/r1"], ["scripts", true],
            ["value", "document.querySelector('.waves').innerText"],
        ]
        steps += [
            ["open", web.base + "/nodes/node0003"],
            ["value", "String(document.querySelectorAll('main pre b, main pre script').length)"],
        ]
        // What was seen just now is not so for ever.
        steps += [
            ["open", web.base + "/"], ["value", "document.querySelector('main').dataset.refresh = '1'; null"],
            ["wait", "Number(document.querySelector('main').dataset.updated) > 1"],
            ["value", "document.querySelector('h1').innerText"],
        ]
        let outcome = try await Browser.run(steps, in: web.folder)
        #expect(outcome.flaws.isEmpty, "\(Set(outcome.flaws).sorted().joined(separator: "\n"))")
        #expect(outcome.texts.contains { $0.contains("Wave 1") && $0.contains("node0001") }, "\(outcome.texts)")
        #expect(outcome.texts.dropLast().last == "0")
        #expect(outcome.texts.last == "2 of 12 nodes are not as asked")
        #expect(outcome.complaints.filter { !$0.contains("404") }.isEmpty, "\(outcome.complaints)")
    }

    @Test(.timeLimit(.minutes(4))) func twoThousandNodesAreSeenAtAGlance() async throws {
        let web = try await WebFixture { try await WebFleet.fill($0, 2000) }
        try await web.add("vera", "viewer")
        let steps: [[Any]] =
            [["size", 1280, 900]] + Browser.logIn(web.base, "vera") + [
                Browser.check, ["value", "document.querySelector('h1').innerText"],
                ["value", "String(document.querySelectorAll('.dots rect').length)"],
                ["value", "document.querySelector('.troubles').innerText"],
                ["value", "String(Math.round(performance.getEntriesByType('navigation')[0].responseEnd))"],
            ] + Browser.shot("fleet-2000") + [["open", web.base + "/compliance"], Browser.check]
            + Browser.shot("compliance-2000") + [
                ["size", 390, 800], ["open", web.base + "/"], Browser.check,
            ] + Browser.shot("fleet-2000-phone")
        let outcome = try await Browser.run(steps, in: web.folder)
        #expect(outcome.flaws.isEmpty, "\(outcome.flaws)")
        try #require(outcome.texts.count == 4)
        #expect(
            outcome.texts[0] == "49 of 2,000 nodes are not as asked" && outcome.texts[1] == "2000", "\(outcome.texts)")
        #expect(
            outcome.texts[2].contains("driver does not hold 20 nodes") && outcome.texts[2].contains("node[0003, 0103, ")
        )
        #expect((Int(outcome.texts[3]) ?? .max) < 20_000, "the page took \(outcome.texts[3]) ms")
    }
}
