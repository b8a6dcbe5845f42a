/// Where copies of what roll-outs wrote are left although the files went back: in initramfs images, in the generated boot
/// configuration, and on the running kernel's command line. Every result is one that does not pass.
struct UndoRemains {
    private let facts: NodeFacts
    /// `before` = what a roll-out had written, `after` = what the file shall be.
    private let changes: [FileChange]

    init(_ facts: NodeFacts, written changes: [FileChange]) {
        self.facts = facts
        self.changes = changes.filter { $0.before != $0.after }
    }

    var all: [CheckResult] { images + entries + commandLine }

    // MARK: Images

    /// Older than a file that went back, or holding one that is gone.
    var images: [CheckResult] {
        (facts.initramfs.value ?? []).compactMap { image in
            let newer = (image.newerInputs.value ?? []).filter { path in changes.contains { $0.path == path } }
            let held = changes.filter { $0.after == nil }.map(\.path).filter { path in
                image.configurationFiles.value?.contains(ImageContent.place(of: path)) == true
            }
            let faults = [
                newer.isEmpty ? nil : "is older than \(newer.joined(separator: ", "))",
                held.isEmpty ? nil : "still holds \(held.joined(separator: ", "))",
            ].compactMap(\.self)
            guard !faults.isEmpty else { return nil }
            return CheckResult(
                .initramfs, .fail, "\(image.path) \(faults.joined(separator: " and ")).",
                evidence: [ImageContent.listing(of: image)])
        }
    }

    // MARK: Kernel arguments

    var entries: [CheckResult] {
        (facts.boot.normalEntries ?? []).compactMap { entry in
            fault(of: entry.arguments).map { fault in
                CheckResult(
                    .bootConfiguration, .fail, "The entry for \(entry.kernel) in \(entry.file) \(fault).",
                    evidence: [Evidence(command: "grep '\(entry.kernel)' \(entry.file)", output: entry.arguments)])
            }
        }
    }

    var commandLine: [CheckResult] {
        guard case .known(let line) = facts.kernelCommandLine, let fault = fault(of: line) else { return [] }
        return [
            CheckResult(
                .kernelCommandLine, .fail, "The running kernel's command line \(fault).",
                evidence: [Seen.commandLine(line)])
        ]
    }

    /// The rest of a sentence about a command line; nil = nothing is wrong with it.
    private func fault(of line: String) -> String? {
        let tokens = Set(line.kernelTokens)
        let left = removed.filter(tokens.contains)
        let lacking = restored.filter { !tokens.contains($0) }
        if !left.isEmpty { return "still has \(left.joined(separator: " "))" }
        return lacking.isEmpty ? nil : "lacks \(lacking.joined(separator: " "))"
    }

    /// Tokens that roll-outs added, and that no settings file asks for now.
    private var removed: [String] {
        settingsChanges.flatMap { change in
            let after = Set(KernelTokens.own(in: change.path, change.after))
            return KernelTokens.own(in: change.path, change.before).filter {
                !after.contains($0) && !asked.contains($0)
            }
        }
    }

    /// Tokens that roll-outs took out, and that are in the settings again.
    private var restored: [String] {
        settingsChanges.flatMap { change in
            let before = Set(KernelTokens.own(in: change.path, change.before))
            return KernelTokens.own(in: change.path, change.after).filter { !before.contains($0) && asked.contains($0) }
        }
    }

    /// Those of the loader that booted.
    private var settingsChanges: [FileChange] {
        let isLine = facts.boot.loader == .known(.systemdBoot)
        return changes.filter {
            BootFacts.isSettingsFile($0.path) && ($0.path == KernelCommandLineFile.path) == isLine
        }
    }

    /// What the settings files ask for now, as this tool and as the node's shell read them.
    private var asked: Set<String> {
        if facts.boot.loader == .known(.systemdBoot) {
            return Set(
                KernelTokens.own(in: KernelCommandLineFile.path, facts.files[KernelCommandLineFile.path]?.value?.bytes))
        }
        let own = NodeFiles(facts).grub?.effective?.tokens.map(\.text) ?? []
        let shell = facts.boot.grub.value?.map { ($0.commandLine + " " + $0.defaultCommandLine).kernelTokens } ?? []
        return Set(own + shell)
    }
}

extension KernelTokens {
    /// What a line of a file sets if its words are kernel arguments, of which each may be somebody else's.
    static func setting(in path: String) -> (ArraySlice<UInt8>) -> String? {
        if path == KernelCommandLineFile.path { return { _ in path } }
        guard BootFacts.isSettingsFile(path) else { return { _ in nil } }
        return { line in
            let name = String(decoding: line.prefix { $0 != Byte.equals }, as: UTF8.self)
            return name.hasPrefix(GrubDefaults.linuxName) ? name : nil
        }
    }

    /// Those that one settings file has of its own; none where it is another file.
    static func own(in path: String, _ bytes: [UInt8]?) -> [String] {
        guard let bytes, BootFacts.isSettingsFile(path) else { return [] }
        if path == KernelCommandLineFile.path { return String(decoding: bytes, as: UTF8.self).kernelTokens }
        return GrubDefaults(files: [.init(path: path, bytes: bytes)]).evaluate()?.tokens.map(\.text) ?? []
    }
}

/// What proves that a node went back. There is no playbook to judge by, so it is judged by what was taken back.
public enum UndoProof {
    /// Before the reboot: images and boot entries are without what went back. Only what does not pass.
    public static func disk(_ plan: NodePlan, _ facts: NodeFacts) -> [CheckResult] {
        let remains = UndoRemains(facts, written: plan.files)
        let rebuilt = plan.commands.contains(.updateInitramfs) ? images(facts) : []
        return rebuilt + remains.images + remains.entries
    }

    /// After the reboot: the running kernel got no argument that went back. Only what does not pass.
    public static func boot(_ plan: NodePlan, _ facts: NodeFacts) -> [CheckResult] {
        guard !plan.files.isEmpty, case .unknown(let why) = facts.kernelCommandLine else {
            return UndoRemains(facts, written: plan.files).commandLine
        }
        let message = "The running kernel's command line could not be told: \(why.detail)"
        return [CheckResult(.kernelCommandLine, .unknown, message)]
    }

    /// Every image was seen, and holds what is on disk now.
    private static func images(_ facts: NodeFacts) -> [CheckResult] {
        guard case .known(let images) = facts.initramfs else {
            return [CheckResult(.initramfs, .unknown, "The initramfs images were not seen.")]
        }
        return images.compactMap { image in
            switch image.newerInputs {
            case .known([]): nil
            case .known(let inputs):
                CheckResult(.initramfs, .fail, "\(image.path) is older than \(inputs.joined(separator: ", ")).")
            case .unknown(let why): CheckResult(.initramfs, .unknown, "\(image.path): \(why.detail)")
            }
        }
    }
}
