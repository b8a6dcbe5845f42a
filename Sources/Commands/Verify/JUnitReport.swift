internal import Fleet
internal import Forms

/// Compliance as JUnit XML, which build servers read: a suite for each node, a case for each check.
enum JUnitReport {
    struct Case {
        var node: String
        var name: String
        var status: CheckResult.Status
        var message: String
        var evidence: [Evidence]
        /// Somebody answers for it that it does not hold.
        var exemption: String?
    }

    static func render(_ results: [NodeCompliance], playbook: String) -> String {
        let suites = results.map { result in
            (
                result.node.description,
                result.checks.map { check in
                    Case(
                        node: result.node.description,
                        name: [check.id.rawValue, check.device].compactMap(\.self).joined(separator: " "),
                        status: check.status, message: check.message, evidence: check.evidence)
                }
            )
        }
        return render(suites, title: playbook)
    }

    static func render(_ suites: [(node: String, cases: [Case])], title: String) -> String {
        let cases = suites.flatMap(\.cases)
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="\(Markup.escape(title))" \(counts(cases))>
            \(suites.map(suite).joined())</testsuites>

            """
    }

    private static func suite(_ node: String, _ cases: [Case]) -> String {
        let name = Markup.escape(node)
        return "  <testsuite name=\"\(name)\" \(counts(cases))>\n\(cases.map(testCase).joined())  </testsuite>\n"
    }

    // A check that could not be told is an error, not a failure: nothing was found wrong.
    private static func counts(_ cases: [Case]) -> String {
        let failures = cases.count { $0.element == "failure" }
        let errors = cases.count { $0.element == "error" }
        let skipped = cases.count { $0.element == "skipped" }
        let last = skipped > 0 ? " skipped=\"\(skipped)\"" : ""
        return "tests=\"\(cases.count)\" failures=\"\(failures)\" errors=\"\(errors)\"\(last)"
    }

    private static func testCase(_ item: Case) -> String {
        let opening = "    <testcase classname=\"\(Markup.escape(item.node))\" name=\"\(Markup.escape(item.name))\""
        guard let element = item.element else { return opening + "/>\n" }
        let message = item.exemption.map { "\($0): \(item.message)" } ?? item.message
        let evidence = item.evidence.map { "$ \($0.command)\n\($0.output)" }.joined(separator: "\n")
        return """
            \(opening)>
                  <\(element) message="\(Markup.escape(message))">\(Markup.escape(evidence))</\(element)>
                </testcase>

            """
    }
}

extension JUnitReport.Case {
    /// What is said of it; nil = it passed.
    fileprivate var element: String? {
        switch status {
        case .pass: nil
        case .fail: exemption == nil ? "failure" : "skipped"
        case .unknown: exemption == nil ? "error" : "skipped"
        }
    }
}
