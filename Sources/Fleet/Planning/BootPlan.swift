/// Gets the kernel arguments into the file that the loader which really booted this node reads.
struct BootPlan {
    private(set) var files: NodeFiles
    /// The command that generates the boot configuration from the file; nil = there is nothing to generate.
    private(set) var command: NodeCommand?
    private(set) var reasons: [Reason] = []
    private let facts: NodeFacts
    private let wanted: [KernelArgument]
    /// Tokens that were taken out of the settings, and shall be in no entry.
    private let unwanted: Set<String>
    private let style: NodeSettings.FileStyle

    init(
        _ facts: NodeFacts, wanted: [KernelArgument], unwanted: Set<String> = [], style: NodeSettings.FileStyle,
        files: NodeFiles
    ) {
        self.facts = facts
        self.wanted = wanted
        self.unwanted = unwanted
        self.style = style
        self.files = files
        guard !wanted.isEmpty || !unwanted.isEmpty || !files.bootChanges.isEmpty else { return }
        switch (facts.boot.loader, facts.boot.proxmoxBootToolESPs) {
        case (.unknown(let why), _): reasons.append(.incomplete("The boot loader", why))
        case (_, .unknown(let why)): reasons.append(.incomplete("Whether proxmox-boot-tool manages the node", why))
        case (.known(let loader), .known(let partitions)): plan(loader, partitions)
        }
    }

    private mutating func plan(_ loader: BootFacts.Loader, _ partitions: [String]) {
        reasons += LoaderJudgement(facts, loader, partitions: partitions).blockers
        guard reasons.isEmpty else { return }
        if !partitions.isEmpty { reasons += PartitionJudgement(facts: facts, listed: partitions).reasons }
        reasons += BootChoice(facts).reasons(facts)
        if loader == .systemdBoot {
            planKernelCommandLine()
        } else {
            planGrub(command: partitions.isEmpty ? .updateGrub : .refreshBootTool)
        }
    }

    // MARK: GRUB

    private mutating func planGrub(command: NodeCommand) {
        switch files.observed(GrubDefaults.mainPath) {
        case .unknown(let why):
            reasons.append(.incomplete("What is in \(GrubDefaults.mainPath)", why))
        case .known(let content):
            guard content.exists, let current = files.grub else {
                let message = "GRUB booted this node, and there is no \(GrubDefaults.mainPath)."
                reasons.append(.blocker(.grubDefaultsMissing, message))
                return
            }
            plan(GrubReading(current, facts, isEdited: !files.bootChanges.isEmpty), command)
        }
    }

    private mutating func plan(_ reading: GrubReading, _ command: NodeCommand) {
        if let name = reading.brokenVariable {
            let message =
                "\(name) has a line break in its value, and GRUB takes what follows it for another command: arguments after "
                + "it may reach no kernel. Write the value on one line."
            reasons.append(.blocker(.grubValueNotEditable, message, evidence: reading.evidence))
            return
        }
        guard let tokens = reading.tokens else {
            let message = "What GRUB's settings files amount to can't be told without running them."
            reasons.append(.blocker(.grubValueNotEditable, message))
            return
        }
        let comparison = KernelArgumentComparison(tokens: tokens, wanted: wanted)
        guard let edited = edit(reading, comparison) else {
            let conflicts = comparison.conflicts.map(\.token).joined(separator: ", ")
            let what = conflicts.isEmpty ? "the arguments could be added" : "\(conflicts) could be changed"
            let message = "GRUB's settings files hold no place where \(what) without guessing; edit them by hand."
            reasons.append(.blocker(.grubValueNotEditable, message, evidence: reading.evidence))
            return
        }
        for file in edited.files { files.set(file.path, to: file.content.bytes) }
        if !edited.files.contains(where: { $0.path == GrubDefaults.dropInPath }), reading.hasDropIn {
            files.set(GrubDefaults.dropInPath, to: nil)
        }
        explain(comparison, in: "GRUB_CMDLINE_LINUX_DEFAULT")
        generate(command)
    }

    private mutating func edit(_ reading: GrubReading, _ comparison: KernelArgumentComparison) -> GrubDefaults? {
        if style == .guide {
            if comparison.isSatisfied { return reading.files }
            if reading.isUnderstood, let edited = reading.files.editingInPlace(wanted) { return edited }
        }
        guard let edited = reading.files.editingDropIn(wanted, tokens: reading.baseTokens) else { return nil }
        if style == .guide {
            let message =
                "An edit of \(GrubDefaults.mainPath) would have no effect, or could not be made safely; "
                + "\(GrubDefaults.dropInPath), which is read last, adds the arguments."
            reasons.append(.note(.dropInNeeded, message, evidence: reading.evidence))
        }
        return edited
    }

    // MARK: systemd-boot

    private mutating func planKernelCommandLine() {
        let path = "/etc/kernel/cmdline"
        if style == .dropIn {
            let message = "\(path) is one line without drop-in files, so it is edited in place."
            reasons.append(.note(.dropInNotPossible, message))
        }
        switch files.observed(path) {
        case .unknown(let why): reasons.append(.incomplete("What is in \(path)", why))
        case .known(let content) where !content.exists: createKernelCommandLine(path)
        case .known(let content):
            do {
                let file = try KernelCommandLineFile(content.bytes)
                files.set(path, to: file.setting(wanted))
                explain(KernelArgumentComparison(tokens: file.tokens, wanted: wanted), in: path)
                generate(.refreshBootTool)
            } catch {
                let evidence = Seen.lines(of: path, [content.text])
                reasons.append(.blocker(.kernelCommandLineFile, error.message, evidence: [evidence]))
            }
        }
    }

    /// Without the file, proxmox-boot-tool goes on with what the running kernel was booted with
    /// (`/etc/kernel/postinst.d/zz-proxmox-boot`). So that is what the file begins with.
    private mutating func createKernelCommandLine(_ path: String) {
        guard case .known(let line) = facts.kernelCommandLine else {
            if case .unknown(let why) = facts.kernelCommandLine {
                reasons.append(.incomplete("What \(path) would say", why))
            }
            return
        }
        guard !isAsWanted(line) else { return generate(.refreshBootTool) }
        let own = line.kernelTokens.filter { token in
            !["initrd", "BOOT_IMAGE"].contains(KernelTokens.key(token)) && !unwanted.contains(token)
        }
        do {
            let file = try KernelCommandLineFile(Array((own.joined(separator: " ") + "\n").utf8))
            files.set(path, to: file.setting(wanted))
            let message =
                "There is no \(path), and proxmox-boot-tool goes on with the running kernel's command line: the file is made "
                + "from that."
            reasons.append(.note(.kernelCommandLineCreated, message, evidence: [Seen.commandLine(line)]))
            explain(KernelArgumentComparison(tokens: file.tokens, wanted: wanted), in: path)
            generate(.refreshBootTool)
        } catch {
            reasons.append(.blocker(.kernelCommandLineFile, error.message, evidence: [Seen.commandLine(line)]))
        }
    }

    // MARK: Both

    private mutating func explain(_ comparison: KernelArgumentComparison, in place: String) {
        for argument in comparison.present {
            reasons.append(.note(.kernelArgumentPresent, "\(argument) is already in \(place)."))
        }
        for conflict in comparison.conflicts where !conflict.isUndone {
            let message =
                "\(conflict.token) in the boot settings contradicts \(conflict.wanted), which takes its place."
            reasons.append(.note(.kernelArgumentReplaced, message))
        }
        for argument in comparison.missing {
            reasons.append(.note(.kernelArgumentAdded, "\(argument) is added to \(place)."))
        }
    }

    /// Generates the boot configuration when its source changes, or when it does not hold what the source says.
    private mutating func generate(_ command: NodeCommand) {
        if !files.bootChanges.isEmpty {
            self.command = command
            return
        }
        let stale = staleEntries
        guard stale ?? !isBooted else { return }
        let message = "The settings hold the arguments, and the generated boot configuration is not as they say."
        reasons.append(.note(.bootConfigurationStale, message))
        self.command = command
    }

    /// Whether an entry lacks an argument; nil when the entries are not known.
    private var staleEntries: Bool? {
        guard let entries = facts.boot.normalEntries else { return nil }
        return entries.contains { !isAsWanted($0.arguments) }
    }

    private func isAsWanted(_ line: String) -> Bool {
        let tokens = line.kernelTokens
        return KernelArgumentComparison(tokens: tokens, wanted: wanted).isSatisfied
            && !tokens.contains(where: unwanted.contains)
    }

    private var isBooted: Bool {
        facts.kernelCommandLine.value.map(isAsWanted) ?? true
    }
}

extension BootFacts {
    /// proxmox-boot-tool writes the partitions that boot, and does so too whenever an initramfs is built.
    var isUnderBootTool: Bool { proxmoxBootToolESPs.value?.isEmpty == false }

    /// The normal entries of Linux kernels the loader really uses, which get the settings' arguments; nil = they are not
    /// known. Other systems' and memory tests' get none. Where `proxmox-boot-tool` manages the
    /// partitions, they are there and `/boot/grub/grub.cfg` is used by nobody.
    var normalEntries: [BootEntry]? {
        let used = entries.value?.filter {
            !$0.isRecovery && $0.release != nil && $0.isGenerated && !(isUnderBootTool && $0.file == BootEntry.grubMenu)
        }
        return used?.isEmpty == false ? used : nil
    }
}

/// GRUB's files as this tool reads them, beside what a shell on the node made of them.
private struct GrubReading {
    let files: GrubDefaults
    /// This tool's reading agrees with the node's shell, or that was not asked.
    let isUnderstood: Bool
    /// The command line the files make; nil = nobody knows.
    let tokens: [String]?
    let evidence: [Evidence]

    /// - Parameter isEdited: the files differ from those the node's shell was asked about.
    init(_ grub: (files: GrubDefaults, effective: GrubDefaults.Effective?), _ facts: NodeFacts, isEdited: Bool) {
        files = grub.files
        let own = grub.effective?.tokens.map(\.text)
        let asked = isEdited ? NodeFiles(facts).grub?.effective?.tokens.map(\.text) : own
        let shell = facts.boot.grub.value?.map { ($0.commandLine + " " + $0.defaultCommandLine).kernelTokens }
        isUnderstood = own != nil && (shell == nil || shell == asked)
        tokens = isUnderstood ? own : shell ?? own
        evidence = facts.boot.grub.value??.evidence ?? []
    }

    /// The variable whose value is more than one line.
    var brokenVariable: String? {
        guard let effective = files.evaluate() else { return nil }
        return [(GrubDefaults.linuxName, effective.linux), (GrubDefaults.linuxDefaultName, effective.linuxDefault)]
            .first { $0.1.bytes.contains(Byte.newline) }?.0
    }

    var hasDropIn: Bool { files.files.contains { $0.path == GrubDefaults.dropInPath } }

    /// The command line without our own file.
    var baseTokens: [String] {
        let base = files.withoutDropIn
        if isUnderstood, let tokens = base.evaluate()?.tokens.map(\.text) { return tokens }
        let own = GrubDefaults(files: files.files.filter { $0.path == GrubDefaults.dropInPath }).evaluate()
        let added = own?.tokens.map(\.text) ?? []
        let all = tokens ?? []
        return Array(all.reversed().starts(with: added.reversed()) ? all.dropLast(added.count) : all[...])
    }
}

extension GrubSettings {
    fileprivate var evidence: [Evidence] {
        let command = ". /etc/default/grub; for f in /etc/default/grub.d/*.cfg; do . \"$f\"; done; echo "
        return [Evidence(command: command + "\"$GRUB_CMDLINE_LINUX_DEFAULT\"", output: defaultCommandLine)]
    }
}

extension KernelCommandLineFile.Problem {
    var message: String {
        switch self {
        case .absent: "There is no /etc/kernel/cmdline, from which proxmox-boot-tool makes the boot entries."
        case .severalLines: "/etc/kernel/cmdline has more than one line, and proxmox-boot-tool takes only the first."
        case .noRoot:
            "/etc/kernel/cmdline has, or would have, no root=, without which proxmox-boot-tool refuses to refresh."
        }
    }
}
