internal import ArgumentParser

/// The nodes a command is for.
struct SelectorArgument: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "Which nodes: names, globs, ranges, groups, label:key=value, cluster:name; with ! & and commas.",
            discussion: "Default: all nodes. Examples: pve01 · 'pve[01-08,12]' · 'gpu&!pve03' · 'label:rack=a*'.",
            valueName: "selector"))
    var selector: String?
}
