/// The kernel's command line as it is now and as the next boot will have it, as far as the boot settings tell. What others
/// wrote there and never booted comes into force with our reboot too.
struct NextCommandLine {
    /// Nil = the running kernel's is not known.
    let now: [String]?
    /// Without the root device where only settings are known.
    let then: [String]

    /// - Parameters:
    ///   - files: as they will be at the boot.
    ///   - isGenerated: the plan has the boot entries made anew from the settings.
    init(
        _ facts: NodeFacts, files: NodeFiles, wanted: [KernelArgument], isGenerated: Bool
    ) {
        now = facts.kernelCommandLine.value?.kernelTokens
        let entry = isGenerated ? nil : Self.entry(facts)
        then = entry ?? Self.settings(facts, files, wanted) ?? (now ?? []) + wanted.map(\.description)
    }

    /// What the entry holds that boots if nothing is generated.
    private static func entry(_ facts: NodeFacts) -> [String]? {
        let choice = BootChoice(facts)
        if let entry = choice.entry { return entry.arguments.kernelTokens }
        let entries = facts.boot.normalEntries
        return (entries?.first { $0.release == choice.release } ?? entries?.first)?.arguments.kernelTokens
    }

    /// Nil where the settings can't be told.
    private static func settings(
        _ facts: NodeFacts, _ files: NodeFiles, _ wanted: [KernelArgument]
    ) -> [String]? {
        let tokens = BootToken.all(facts, files).map(\.text)
        if !tokens.isEmpty { return tokens }
        guard facts.boot.loader == .known(.grub), let shell = facts.boot.grub.value.flatMap(\.self) else { return nil }
        return (shell.commandLine + " " + shell.defaultCommandLine).kernelTokens + wanted.map(\.description)
    }

    /// The value of the last token with this key now and then; nil = there is none.
    func values(_ key: String) -> (now: String?, then: String?) {
        func last(_ tokens: [String]) -> String? {
            tokens.last { KernelTokens.key($0).withUnderscores == key }.map(KernelTokens.value)
        }
        return (last(now ?? then), last(then))
    }

    /// Everything that tokens with these keys list at the next boot, separated by commas.
    func listed(_ keys: Set<String>) -> [String] {
        then.filter { keys.contains(KernelTokens.key($0).withUnderscores) }.flatMap(KernelTokens.options)
    }
}
