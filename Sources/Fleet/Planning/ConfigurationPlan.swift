/// What a node's files shall be for the wanted functions, and what has to be rebuilt and rebooted for it. The planner
/// makes it so, the verifier asks whether anything is left to do.
struct ConfigurationPlan {
    private(set) var files: [FileChange] = []
    private(set) var commands: [NodeCommand] = []
    private(set) var reboot = false
    private(set) var reasons: [Reason] = []
    /// The kernel arguments this node shall have.
    let arguments: [KernelArgument]
    /// What the next boot tells the kernel.
    private(set) var commandLine: NextCommandLine
    /// Tokens that the playbook has taken out.
    private let unwantedTokens: Set<String>

    init(
        _ facts: NodeFacts, _ settings: NodeSettings, _ binding: BindingPlan, in index: PCIIndex,
        arguments: WantedArguments
    ) {
        self.arguments = arguments.list + binding.kernelArguments
        reasons = arguments.reasons
        let adoption = binding.adoption
        reasons += adoption.reasons
        unwantedTokens = adoption.unwantedTokens
        let boot = BootPlan(
            facts, wanted: self.arguments, unwanted: unwantedTokens, style: settings.files, files: adoption.files)
        let modules = ModulePlan(facts, settings, binding, in: index, boot.files)
        let addresses = AddressFiles(binding, facts, modules.files)
        reasons += boot.reasons + binding.reasons + modules.reasons + addresses.reasons + addresses.files.reasons
        files = addresses.files.changes
        let hasModuleChanges = files.contains { !BootFacts.isSettingsFile($0.path) }
        let image = InitramfsPlan(facts, settings.files, hasModuleChanges: hasModuleChanges)
        reasons += image.reasons
        commands = [boot.command, image.rebuild ? .updateInitramfs : nil].compactMap(\.self)
        if boot.command == .refreshBootTool { commands.reverse() }
        commandLine = NextCommandLine(
            facts, files: addresses.files.facts(after: files), wanted: self.arguments,
            isGenerated: boot.command != nil || image.rebuild && facts.boot.isUnderBootTool)
        decideReboot(facts, binding, image)
        guardNetwork(facts, settings.network, binding.functions)
    }

    /// Names take effect at a boot; as they are the present ones, none is needed for them.
    private mutating func guardNetwork(
        _ facts: NodeFacts, _ mode: NetworkGuardMode, _ functions: [PCIFunction]
    ) {
        let network = NetworkGuard(facts, mode, taken: Set(functions.map(\.address)), reboot: reboot, commandLine)
        reasons += network.reasons + network.files.reasons
        files += network.files.changes
        if !network.files.changes.isEmpty, !commands.contains(.updateInitramfs) {
            commands.insert(.updateInitramfs, at: 0)
        }
    }

    private mutating func decideReboot(_ facts: NodeFacts, _ binding: BindingPlan, _ image: InitramfsPlan) {
        var causes: [String] = []
        if !files.isEmpty { causes.append("changed files take effect at the boot") }
        if let line = facts.kernelCommandLine.value {
            if !isSatisfied(line) { causes.append("the running kernel was booted without the arguments") }
            let left = line.kernelTokens.filter(unwantedTokens.contains)
            if !left.isEmpty { causes.append("the running kernel was booted with \(left.joined(separator: ", "))") }
        }
        if image.affectsRunningKernel, files.isEmpty { causes.append("the rebuilt initramfs takes effect at the boot") }
        causes += binding.pending
        reboot = !causes.isEmpty
        reasons.append(
            reboot
                ? .note(.rebootNeeded, "The node has to reboot: \(causes.joined(separator: "; ")).")
                : .note(.rebootNotNeeded, "The running kernel already is as the settings ask."))
    }

    private func isSatisfied(_ line: String) -> Bool {
        KernelArgumentComparison(tokens: line.kernelTokens, wanted: arguments).isSatisfied
    }
}

extension PCIFunction {
    /// On vfio-pci, or on no driver at all: Proxmox can take it as it is.
    var isReady: Bool { driver?.isVFIO ?? true }
}

/// Whether the initramfs images have to be built anew.
struct InitramfsPlan {
    private(set) var rebuild = false
    /// The running kernel's image lacks what the settings ask for.
    private(set) var affectsRunningKernel = false
    private(set) var reasons: [Reason] = []

    init(_ facts: NodeFacts, _ style: NodeSettings.FileStyle, hasModuleChanges: Bool) {
        rebuild = hasModuleChanges
        guard case .known(let images) = facts.initramfs else {
            if case .unknown(let why) = facts.initramfs, !hasModuleChanges {
                let message = "Whether the initramfs holds the settings could not be told: \(why.detail)"
                reasons.append(.warning(.initramfsUnknown, message))
            }
            return
        }
        let content = ImageContent(facts, style)
        for image in images { judge(image, content, isRunning: image.kernel == facts.kernelRelease.value) }
        if !rebuild { reasons.append(.note(.initramfsCurrent, "The initramfs already holds the settings.")) }
    }

    private mutating func judge(_ image: InitramfsImage, _ content: ImageContent, isRunning: Bool) {
        let newer = image.newerInputs.value ?? []
        let faults = content.faults(of: image) ?? []
        guard !newer.isEmpty || !faults.isEmpty else { return }
        rebuild = true
        affectsRunningKernel =
            affectsRunningKernel || isRunning && (!faults.isEmpty || newer.contains(where: content.files.contains))
        let why = faults.first ?? "is older than \(newer.joined(separator: ", "))"
        reasons.append(.note(.initramfsStale, "\(image.path) \(why).", evidence: [ImageContent.listing(of: image)]))
    }
}
