import Fleet
import Foundation
import Store
import TestSupport
import Testing

/// Requests that schemathesis makes up from the OpenAPI document, good ones and bad ones, the same ones each time.
@Suite(.serialized) struct SchemathesisTests {
    @Test(.timeLimit(.minutes(4)), arguments: ["viewer", "operator", "approver"])
    func noRequestGetsAnAnswerThatTheDocumentDoesNotHave(_ role: String) async throws {
        let web = try await WebFixture(fill: APITests.fill)
        try await web.add("anna", role)
        let before = try await web.store.auditLog(latest: 1000).count
        let plan = try #require(try await web.store.plans().first).digest.description
        let config = try web.folder.write(Self.config(plan), to: "schemathesis.toml")
        let result = try await PythonTools.run(
            "schemathesis", "--config-file", config, "run", web.base + "/api/v1/openapi.json", "--header",
            // A stream may be silent for good, which looks like an answer that does not come: APITests have it.
            try await web.token("anna"), "--exclude-path", "/rollouts/{id}/events", timeout: .seconds(200))
        #expect(result.status == 0, "\(result.transcript)")
        #expect(result.output.contains("Selected: 33/34\n  Tested: 33\n"), "\(result.transcript)")
        #expect(try web.client.get("/readyz").status == 200)
        if role == "viewer" {
            let done = try await web.store.auditLog(latest: 1000).dropFirst(before).map(\.action)
            #expect(done == ["token-create"], "\(done)")
        }
        let ended = try await web.end()
        #expect(!ended.transcript.contains("request failed"), "\(ended.transcript)")
    }

    /// What there is, so that not every request asks for something that is not there.
    private static func config(_ plan: String) -> String {
        """
        request-timeout = 10
        [cache]
        enabled = false
        [generation]
        max-examples = 20
        deterministic = true
        [dictionaries]
        selectors.values = ["node0003", "node[0001-0004]", "label:rack=r1", "all"]
        nodes.values = ["node0003", "node0012"]
        plans.values = ["\(plan)", "\(plan.prefix(8))"]
        ids.values = ["r1", "1", "2"]
        [parameters]
        "query.selector" = {dictionary = "selectors", probability = 1.0}
        "path.node" = {dictionary = "nodes", probability = 0.5}
        "path.digest" = {dictionary = "plans", probability = 0.5}
        "path.id" = {dictionary = "ids", probability = 0.5}
        """
    }
}
