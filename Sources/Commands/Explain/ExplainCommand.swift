internal import ArgumentParser
internal import Fleet
internal import Forms

struct ExplainCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Explain a word, or why a device of a node can be passed or not.",
        discussion: """
            With a word: a fact, a check, a reason or a risk, for someone who reads about it first. With a node and a \
            device or a check: the case on that node as it was last seen, with the evidence and what could be changed. \
            Without anything it lists every word that can be explained.

            Examples:
              vfiofleet explain iommu
              vfiofleet explain group-holds-host-function
              vfiofleet explain pve01 01:00
              vfiofleet explain pve01 driver --playbook playbooks/gpu-passthrough.yaml
            """)

    @Argument(help: "A fact, a check, a reason's or a risk's code; or a node.") var topic: String?
    @Argument(help: ArgumentHelp("A device of the node, or a check.", valueName: "device or check")) var subject:
        String?
    @Option(help: "The playbook that says what is wanted; else the last one rolled out there.") var playbook: String?
    @Flag(help: "As JSON.") var json = false
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        if let topic, let subject {
            try await ExplainNode(node: topic, subject: subject, playbook: playbook, json: json, context: context).run()
            return .good
        }
        let found = try topic.map(Self.find) ?? Explanations.all
        if json {
            try context.console.writeJSON(found)
        } else if topic == nil {
            list(context.console)
        } else {
            for explanation in found { show(explanation, context.console) }
        }
        return .good
    }

    private static func find(_ topic: String) throws -> [Explanation] {
        let found = Explanations.find(topic)
        guard found.isEmpty else { return found }
        let near = Explanations.nearestTopic(to: topic).map { "Did you mean “\($0)”? " } ?? ""
        throw FleetError(
            "topic-unknown", "There is no explanation of “\(topic)”.",
            advice: "\(near)vfiofleet explain lists everything that can be explained.")
    }

    private func list(_ console: Console) {
        var table = Table([.init("TOPIC"), .init("KIND"), .init("IN SHORT", flexible: true)])
        for explanation in Explanations.all {
            let sentence = explanation.what.split(separator: ". ", maxSplits: 1).first.map(String.init) ?? ""
            table.add([.init(explanation.topic), .init(explanation.kind.rawValue, .dim), .init(sentence)])
        }
        console.write(table)
    }

    private func show(_ explanation: Explanation, _ console: Console) {
        let width = min(console.terminal.width ?? 100, 100)
        console.writeLine(console.terminal.styled("\(explanation.topic)", .bold) + " (\(explanation.kind.rawValue))")
        console.writeLine(explanation.what.wrapped(to: width))
        console.writeLine()
        console.writeLine(explanation.why.wrapped(to: width))
        if let command = explanation.command {
            console.writeLine()
            console.writeLine("See it on the node:")
            for line in command.split(separator: "\n") { console.writeLine("  \(line)") }
        }
    }
}

extension String {
    /// Broken at blanks into lines of at most `width` columns; words that are longer stay whole.
    func wrapped(to width: Int) -> String {
        split(separator: "\n", omittingEmptySubsequences: false).map { paragraph in
            var lines: [String] = []
            for word in paragraph.split(separator: " ") {
                if let last = lines.last, last.displayWidth + 1 + word.count <= width {
                    lines[lines.count - 1] = "\(last) \(word)"
                } else {
                    lines.append(String(word))
                }
            }
            return lines.joined(separator: "\n")
        }.joined(separator: "\n")
    }
}
