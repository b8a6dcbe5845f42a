internal import Fleet
internal import Forms

/// Compliance as JUnit XML, which build servers read: a suite for each node, a case for each check.
enum JUnitReport {
    static func render(_ results: [NodeCompliance], playbook: String) -> String {
        let suites = results.map(suite).joined()
        let checks = results.flatMap(\.checks)
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="\(Markup.escape(playbook))" \(counts(checks))>
            \(suites)</testsuites>

            """
    }

    private static func suite(_ result: NodeCompliance) -> String {
        let name = Markup.escape(result.node.description)
        let cases = result.checks.map { testCase($0, node: name) }.joined()
        return "  <testsuite name=\"\(name)\" \(counts(result.checks))>\n\(cases)  </testsuite>\n"
    }

    // A check that could not be told is an error, not a failure: nothing was found wrong.
    private static func counts(_ checks: [CheckResult]) -> String {
        let failures = checks.count { $0.status == .fail }
        let errors = checks.count { $0.status == .unknown }
        return "tests=\"\(checks.count)\" failures=\"\(failures)\" errors=\"\(errors)\""
    }

    private static func testCase(_ check: CheckResult, node: String) -> String {
        let name = Markup.escape([check.id.rawValue, check.device].compactMap(\.self).joined(separator: " "))
        let opening = "    <testcase classname=\"\(node)\" name=\"\(name)\""
        let element =
            switch check.status {
            case .pass: ""
            case .fail: "failure"
            case .unknown: "error"
            }
        guard !element.isEmpty else { return opening + "/>\n" }
        let evidence = check.evidence.map { "$ \($0.command)\n\($0.output)" }.joined(separator: "\n")
        return """
            \(opening)>
                  <\(element) message="\(Markup.escape(check.message))">\(Markup.escape(evidence))</\(element)>
                </testcase>

            """
    }
}
