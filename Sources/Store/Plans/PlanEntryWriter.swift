import Fleet

/// Writes the entries of a plan, each as the text that `Document` gives for it. Most nodes of a plan share their
/// settings, so those are put into words once for each run of equal ones.
struct PlanEntryWriter {
    private var last: (settings: NodeSettings, text: String)?

    /// A JSON object with sorted keys.
    mutating func text(of entry: FleetPlan.Entry) throws -> String {
        let facts = entry.facts.map { #""facts":"\#($0)","# } ?? ""
        return try #"{\#(facts)"plan":\#(Document.text(entry.plan)),"settings":\#(text(of: entry.settings))}"#
    }

    private mutating func text(of settings: NodeSettings) throws -> String {
        if let last, last.settings == settings { return last.text }
        let text = try Document.text(settings)
        last = (settings, text)
        return text
    }
}
