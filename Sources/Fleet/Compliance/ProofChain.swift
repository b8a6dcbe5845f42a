/// The links of the proof chain that concern the host's own files and boot.
struct ProofChain {
    let situation: Situation
    let configuration: ConfigurationPlan
    var facts: NodeFacts { situation.facts }

    init(_ situation: Situation) {
        self.situation = situation
        configuration = situation.configuration
    }

    /// The bytes on disk are the planned ones.
    func files() -> CheckResult {
        if let change = configuration.files.first {
            let paths = configuration.files.map(\.path).joined(separator: ", ")
            let diffs = configuration.files.map { Evidence(command: "cat \($0.path)", output: UnifiedDiff.render($0)) }
            let message = "\(paths) \(configuration.files.count == 1 ? "is" : "are") not as the playbook asks."
            return CheckResult(
                .files, .fail, change.before == nil ? "\(message) \(change.path) is to be made." : message,
                evidence: diffs)
        }
        if let blocker = configuration.reasons.first(where: { $0.severity == .blocker }) {
            let isUntold = blocker.code.rawValue == PlanReason.factsIncomplete.rawValue
            return CheckResult(.files, isUntold ? .unknown : .fail, blocker.message, evidence: blocker.evidence)
        }
        return CheckResult(.files, .pass, "Every file holds what the playbook asks for.")
    }

    /// The files are inside every initramfs that can boot, and it is not older than its inputs.
    func initramfs() -> CheckResult {
        guard case .known(let images) = facts.initramfs else {
            return untold(.initramfs, "The initramfs images", facts.initramfs)
        }
        guard !images.isEmpty else { return CheckResult(.initramfs, .unknown, "No initramfs was found in /boot.") }
        let content = ImageContent(facts, situation.settings.files, changes: configuration.files)
        for image in images {
            if let result = judge(image, content) { return result }
        }
        let list = images.map(\.path).joined(separator: ", ")
        let evidence = images.map(ImageContent.listing)
        if !content.unwritten.isEmpty {
            let paths = content.unwritten.joined(separator: ", ")
            return CheckResult(
                .initramfs, .fail, "\(list) can't hold \(paths) as the playbook asks: the disk does not either.",
                evidence: evidence)
        }
        guard content.isEmpty else {
            return CheckResult(.initramfs, .pass, "The settings are inside \(list).", evidence: evidence)
        }
        return configuration.reasons.contains { $0.severity == .blocker }
            ? CheckResult(.initramfs, .unknown, "What has to be inside \(list) can't be told.", evidence: evidence)
            : CheckResult(.initramfs, .pass, "Nothing has to be inside \(list).", evidence: evidence)
    }

    /// Nil when nothing is wrong with it.
    private func judge(_ image: InitramfsImage, _ content: ImageContent) -> CheckResult? {
        if let newer = image.newerInputs.value, !newer.isEmpty {
            let evidence = Evidence(
                command: "find /etc/modprobe.d /etc/modules /etc/initramfs-tools -newer \(image.path)",
                output: newer.joined(separator: "\n"))
            let message = "\(image.path) is older than \(newer.joined(separator: ", "))."
            return CheckResult(.initramfs, .fail, message, evidence: [evidence])
        }
        guard let faults = content.faults(of: image) else {
            return untold(.initramfs, "What is inside \(image.path)", image.configurationFiles)
        }
        return faults.first.map {
            CheckResult(.initramfs, .fail, "\(image.path) \($0).", evidence: [ImageContent.listing(of: image)])
        }
    }

    /// The tokens are in the generated boot configuration. Nil where it lies on a partition that is not mounted and the
    /// running kernel was booted without them: then only the next boot can tell.
    func bootConfiguration() -> CheckResult? {
        guard !configuration.arguments.isEmpty else { return nil }
        guard let entries = facts.boot.normalEntries else {
            return isBooted == true
                ? CheckResult(
                    .bootConfiguration, .pass,
                    "The running kernel was booted with the arguments; the entry itself is on a partition that is not mounted."
                ) : nil
        }
        let stale = entries.filter { !isSatisfied($0.arguments) }
        // A kernel stands in the menu and in its submenu.
        let shown = (stale.isEmpty ? entries : stale).reduce(into: [Evidence]()) { shown, entry in
            let evidence = Evidence(command: "grep '\(entry.kernel)' \(entry.file)", output: entry.arguments)
            if !shown.contains(evidence) { shown.append(evidence) }
        }
        guard let first = stale.first else {
            return CheckResult(.bootConfiguration, .pass, "Every normal boot entry has the arguments.", evidence: shown)
        }
        let message =
            "The entry for \(first.kernel) in \(first.file) lacks \(lacking(first.arguments)); generate it anew."
        return CheckResult(.bootConfiguration, .fail, message, evidence: shown)
    }

    /// The tokens are in `/proc/cmdline`.
    func kernelCommandLine() -> CheckResult? {
        if let why = situation.arguments.reasons.first(where: { $0.severity == .blocker }) {
            return CheckResult(.kernelCommandLine, .unknown, why.message)
        }
        guard !configuration.arguments.isEmpty else { return nil }
        guard case .known(let line) = facts.kernelCommandLine else {
            return untold(.kernelCommandLine, "The running kernel's command line", facts.kernelCommandLine)
        }
        let evidence = [Seen.commandLine(line)]
        return isSatisfied(line)
            ? CheckResult(
                .kernelCommandLine, .pass, "The running kernel has the arguments asked for.", evidence: evidence)
            : CheckResult(
                .kernelCommandLine, .fail,
                "The running kernel was booted without \(lacking(line)), which the playbook asks for.",
                evidence: evidence)
    }

    /// Units and groups exist in sysfs.
    func iommu() -> CheckResult {
        let evidence = facts.iommu.units.value.map { [Seen.iommuUnits($0)] } ?? []
        switch facts.iommu.isOn {
        case .known(true):
            let names = (facts.iommu.units.value ?? []).joined(separator: ", ")
            let message = "The IOMMU is on (\(names)), with \(facts.iommu.groupCount.value ?? 0) groups."
            return CheckResult(.iommu, .pass, message, evidence: evidence)
        case .known(false):
            let why = situation.iommu.reasons(facts).first
            return CheckResult(.iommu, .fail, why?.message ?? "The IOMMU is off.", evidence: why?.evidence ?? evidence)
        case .unknown(let why):
            return CheckResult(.iommu, .unknown, "Whether the IOMMU is on could not be told: \(why.detail)")
        }
    }

    private func isSatisfied(_ line: String) -> Bool {
        KernelArgumentComparison(tokens: line.kernelTokens, wanted: configuration.arguments).isSatisfied
    }

    private var isBooted: Bool? { facts.kernelCommandLine.value.map(isSatisfied) }

    private func lacking(_ line: String) -> String {
        let comparison = KernelArgumentComparison(tokens: line.kernelTokens, wanted: configuration.arguments)
        let wanted = comparison.missing.isEmpty ? comparison.conflicts.map(\.wanted) : comparison.missing
        return wanted.map(\.description).joined(separator: " ")
    }

    func untold<Value>(_ id: CheckID, _ what: String, _ fact: Observed<Value>) -> CheckResult {
        guard case .unknown(let why) = fact else { return CheckResult(id, .unknown, "\(what) could not be told.") }
        return CheckResult(id, .unknown, "\(what) could not be told (\(why.reason.rawValue)): \(why.detail)")
    }
}
