internal import ArgumentParser

/// A playbook, and the nodes it is narrowed to.
struct PlaybookArgument: ParsableArguments {
    @Argument(help: "The playbook's file.") var playbook: String
    @OptionGroup var selection: SelectorArgument

    /// - Throws: everything that is wrong with it.
    func file() throws -> PlaybookFile { try PlaybookFile(playbook, narrowedTo: selection.selector) }
}
