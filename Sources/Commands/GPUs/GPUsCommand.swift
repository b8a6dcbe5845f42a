internal import ArgumentParser
internal import Fleet
internal import Forms
internal import Store

struct GPUsCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "gpus", abstract: "List the GPUs and accelerators of the fleet, as last seen.",
        discussion: """
            BOUND says who puts a card on vfio-pci: the boot, or Proxmox when a VM starts. LINK is the narrowest link \
            between the card and the host. TO A GUEST tells what handing it over would mean; explain NODE ADDRESS has the \
            reasons, --verbose everything that is known of each card.

            Examples:
              vfiofleet gpus
              vfiofleet gpus pve01 --verbose
              vfiofleet gpus 'cluster:prod' --csv > gpus.csv
              vfiofleet gpus --html gpus.html
              vfiofleet gpus --changes
            """)

    @OptionGroup var selection: SelectorArgument
    @Flag(help: "What became of the cards between looks: vanished, moved, lost lanes, changed drivers.")
    var changes = false
    @Flag(help: "As JSON.") var json = false
    @Flag(help: "As comma-separated values.") var csv = false
    @Option(help: ArgumentHelp("Write a page with pictures of the hosts' PCI trees.", valueName: "file"))
    var html: String?
    @OptionGroup var common: CommonOptions

    func validate() throws {
        let forms = [json, csv, html != nil].count { $0 }
        guard forms <= 1 else { throw ValidationError("Choose one of --json, --csv and --html.") }
        guard !(changes && (csv || html != nil)) else {
            throw ValidationError("--changes is a table or, with --json, JSON; the page of --html has them too.")
        }
    }

    func execute(in context: Context) async throws -> Outcome {
        let store = try context.openStore()
        let nodes = try await context.select(selection.selector, in: store).map(\.name)
        if changes {
            try show(try await GPUHistory.read(nodes, from: store), context.console)
            return .good
        }
        let survey = try await GPUSurvey.read(nodes, from: store, keepingFacts: html != nil)
        if let html {
            let page = GPUPage(
                survey: survey, changes: try await GPUHistory.read(nodes, from: store), now: Context.now)
            try OutputFile.write(page.render(), to: html)
            context.console.note("Wrote \(html).")
        } else {
            try show(survey, context.console)
        }
        if !survey.unseen.isEmpty {
            context.console.note("Not seen yet: \(NameSet.fold(survey.unseen)). Run: vfiofleet detect.")
        }
        return .good
    }

    private func show(_ survey: GPUSurvey, _ console: Console) throws {
        let cards = survey.cards
        if json { return try console.writeJSON(cards) }
        if csv { return console.write(GPUTable.csv(cards)) }
        console.write(
            common.verbose
                ? GPUTable.details(cards, console.terminal)
                : GPUTable.table(cards, for: console.terminal).render(for: console.terminal))
        if cards.isEmpty { console.note("No GPU or accelerator was seen.") }
    }

    private func show(_ entries: [GPUHistoryEntry], _ console: Console) throws {
        if json { return try console.writeJSON(entries) }
        console.write(GPUHistory.table(entries))
        if entries.isEmpty { console.note("Nothing changed about the cards since they were first seen.") }
    }
}
