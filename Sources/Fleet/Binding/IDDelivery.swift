/// Whether a function's id would reach vfio-pci, and in time: what other people's lines make of an `ids=` or a softdep of
/// ours. Read from the files as they will be once `adopt:` is carried out.
struct IDDelivery {
    var files: NodeFiles { adoption.files }
    /// `adopt:` carried out.
    let adoption: Adoption
    private let directory: ModprobeDirectory
    private let settings: NodeSettings
    private let facts: NodeFacts
    /// The file that our lines go to.
    private let target: String
    /// That file, where it is ours alone and made anew.
    private let own: String?
    /// The last list of ids on the kernel command line, which counts instead of all files.
    let commandLineList: BootToken?
    /// What each module of the playbook's blacklist keeps, because the host needs it.
    private let hostModules: Set<ModuleName>
    /// What is loaded by name, which no blacklist prevents.
    private let listed: Set<ModuleName>

    init(_ facts: NodeFacts, _ settings: NodeSettings, _ functions: [PCIFunction], wanted: Set<PCIAddress>) {
        self.facts = facts
        self.settings = settings
        let handedOver = functions.filter { wanted.contains($0.address) }
        adoption = Adoption(facts, settings, handedOver)
        directory = ModprobeDirectory(adoption.files, facts.modules)
        listed = adoption.files.modulesLoadedByName
        own = settings.files == .dropIn ? ModulePlan.dropIn : nil
        target = own ?? ModulePlan.guideVFIO
        commandLineList = handedOver.isEmpty ? nil : BootToken.listingIDs(facts, adoption.files)
        hostModules = Set(functions.filter { !wanted.contains($0.address) }.compactMap(\.boundModule))
    }

    /// Why an id does not do for this function, as a sentence; nil = it does.
    func obstacle(to function: PCIFunction) -> String? {
        hiddenByCommandLine(function) ?? hiddenByFile(function) ?? overtaken(function)
    }

    private func hiddenByCommandLine(_ function: PCIFunction) -> String? {
        guard let list = commandLineList, !list.vfioIDs.contains(function.id) else { return nil }
        return "“\(list.text)” on the kernel command line replaces the ids of modprobe's files, and lacks its id."
    }

    private func hiddenByFile(_ function: PCIFunction) -> String? {
        guard commandLineList == nil, let effective = directory.effectiveIDs(besides: own),
            effective.path != target, !NodeFiles.isBefore(effective.path, target),
            !effective.ids.contains(where: { PCIID.leading($0) == function.id })
        else { return nil }
        return "\(effective.path) is read after \(target) and replaces its ids."
    }

    /// Another file's softdep line for a module that claims the function counts, and does not name vfio-pci.
    private func overtaken(_ function: PCIFunction) -> String? {
        guard settings.vfio.softdep == .auto,
            case .success(let competing) = CompetingDriver.all(for: [function], facts.modules, isKeptOut: isKeptOut)
        else { return nil }
        for driver in competing where !driver.isBuiltIn {
            guard let line = directory.softdep(of: driver.module, besides: own), line.path != target,
                NodeFiles.isBefore(line.path, target), !line.pre.contains(where: \.isVFIO)
            else { continue }
            return "\(line.path) has the softdep line of \(driver.module) that counts, without vfio-pci."
        }
        return nil
    }

    private func isKeptOut(_ module: ModuleName) -> Bool {
        guard !listed.contains(module) else { return false }
        return directory.keepsOut(module) || settings.blacklist.contains(module) && !hostModules.contains(module)
    }

    /// The driver that would take a function that has none: nil where none claims it, or more than one might.
    func likelyDriver(of function: PCIFunction) -> ModuleName? {
        let open = (function.modules.value ?? []).filter { !$0.isVFIO && !isKeptOut($0) }
        return open.count == 1 ? DriverNames.driver(of: open[0]) : nil
    }
}

extension BootToken {
    /// The last list of ids for vfio-pci among the boot settings' tokens.
    static func listingIDs(_ facts: NodeFacts, _ files: NodeFiles) -> BootToken? {
        all(facts, files).last { KernelTokens.key($0.text).withUnderscores == "vfio_pci.ids" }
    }

    /// The ids of `vfio-pci.ids=…`.
    var vfioIDs: [PCIID] { KernelTokens.value(text).split(separator: ",").compactMap { PCIID.leading(String($0)) } }
}
