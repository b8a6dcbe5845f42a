/// Module settings that get wanted functions to vfio-pci: modules to load, drivers to keep out, ids to take, and who
/// comes first.
struct ModulePlan {
    var files: NodeFiles
    var reasons: [Reason] = []
    let facts: NodeFacts
    let settings: NodeSettings
    let binding: BindingPlan
    let index: PCIIndex
    let directory: ModprobeDirectory

    private static let guideBlacklist = "/etc/modprobe.d/blacklist.conf"
    static let guideVFIO = "/etc/modprobe.d/vfio.conf"
    static let dropIn = "/etc/modprobe.d/vfiofleet.conf"
    private static let guideModules = "/etc/modules"
    private static let modulesDirectory = "/etc/modules-load.d/"
    private static let dropInModules = "/etc/modules-load.d/vfiofleet.conf"

    init(
        _ facts: NodeFacts, _ settings: NodeSettings, _ binding: BindingPlan, in index: PCIIndex, _ files: NodeFiles
    ) {
        self.facts = facts
        self.settings = settings
        self.binding = binding
        self.index = index
        self.files = files
        directory = ModprobeDirectory(files, facts.modules)
        switch settings.files {
        case .guide: planGuide()
        case .dropIn: planDropIn()
        }
        warnOfBlacklist()
    }

    /// The modprobe files that hold the settings, which an initramfs must hold too.
    static func modprobeFiles(_ style: NodeSettings.FileStyle) -> [String] {
        style == .guide ? [guideBlacklist, guideVFIO] : [dropIn]
    }

    // MARK: The guide's files

    private mutating func planGuide() {
        let blacklist = missingBlacklist(besides: nil, into: Self.guideBlacklist)
        if !blacklist.isEmpty {
            let file = directory.file(Self.guideBlacklist).blacklisting(blacklist)
            files.set(Self.guideBlacklist, to: file.bytes)
        }
        planGuideModules()
        var file = directory.file(Self.guideVFIO)
        let before = file
        file = file.addingVFIO(ids: missingIDs(besides: nil, into: Self.guideVFIO), disableVGA: needsVGAOption(nil))
        for softdep in missingSoftdeps(besides: nil, into: Self.guideVFIO) {
            file = file.addingSoftdep(softdep.module, keeping: softdep.others)
        }
        if file != before { files.set(Self.guideVFIO, to: file.bytes) }
    }

    /// `/etc/modules` where it counts.
    private mutating func planGuideModules() {
        guard !files.readsModulesFile else {
            planModules(into: Self.guideModules) { content, missing in ModulesFile(content).adding(missing) }
            return
        }
        let message =
            "Nothing reads \(Self.guideModules) here: no file of \(Self.modulesDirectory) is a link to it. Modules are "
            + "listed in \(Self.dropInModules)."
        reasons.append(.note(.modulesFileNotRead, message))
        planOwnModules()
    }

    private mutating func planOwnModules() {
        planModules(into: Self.dropInModules) { _, missing in
            ModulesFile(Array(ownFileHeader.utf8)).adding(missing)
        }
    }

    // MARK: Files of our own

    private mutating func planDropIn() {
        let own = Self.dropIn
        let blacklist = missingBlacklist(besides: own, into: own)
        planOwnModules()
        let empty = ModprobeFile(Array(ownFileHeader.utf8))
        var file = empty.addingVFIO(ids: missingIDs(besides: own, into: own), disableVGA: needsVGAOption(own))
        file = file.blacklisting(blacklist)
        for softdep in missingSoftdeps(besides: own, into: own) {
            file = file.addingSoftdep(softdep.module, keeping: softdep.others)
        }
        files.set(own, to: file == empty ? nil : file.bytes)
    }

    // MARK: Parts

    private mutating func missingBlacklist(besides own: String?, into path: String) -> [ModuleName] {
        settings.blacklist.filter { module in
            if let place = directory.blacklisting(module, besides: own) {
                reasons.append(.note(.blacklistPresent, "\(module) is already blacklisted in \(place)."))
                return false
            }
            if let function = hostFunction(on: module) {
                let message =
                    "\(module) is not blacklisted: \(function.words), which stays with the host, is on it. What follows "
                    + "keeps it off the wanted functions alone."
                reasons.append(.note(.blacklistLeftOut, message, evidence: [Seen.driver(of: function)]))
                return false
            }
            reasons.append(.note(.blacklistAdded, "\(module) is blacklisted in \(path)."))
            return true
        }
    }

    /// A function that stays with the host and is on the module's driver now.
    func hostFunction(on module: ModuleName) -> PCIFunction? {
        index.functions.first { $0.boundModule == module && !binding.takes($0) }
    }

    /// Whether the module will be blacklisted.
    func isBlacklisted(_ module: ModuleName) -> Bool {
        directory.keepsOut(module) || settings.blacklist.contains(module) && hostFunction(on: module) == nil
    }

    private mutating func planModules(into path: String, _ render: ([UInt8], [ModuleName]) -> [UInt8]) {
        let isOwn = path == Self.dropInModules
        var listed = files.moduleLists.filter { !isOwn || $0.path != path }
        if files.readsModulesFile, let list = files.moduleList(Self.guideModules) {
            listed.append((Self.guideModules, list))
        }
        let contents = listed.map { ($0.path, $0.content.modules) }
        var missing: [ModuleName] = []
        for module in wantedModules() {
            if let place = contents.first(where: { $0.1.contains(module) })?.0 {
                reasons.append(.note(.modulePresent, "\(module) is already in \(place)."))
            } else {
                reasons.append(.note(.moduleAdded, "\(module) is added to \(path)."))
                missing.append(module)
            }
        }
        if isOwn {
            files.set(path, to: missing.isEmpty ? nil : render([], missing))
        } else if !missing.isEmpty {
            files.set(path, to: render(files.observed(path).value?.bytes ?? [], missing))
        }
    }

    /// The wanted ids that the effective `ids=` lacks, after those of an earlier file that `path` would hide.
    private mutating func missingIDs(besides own: String?, into path: String) -> [String] {
        let wanted = idsForModule.reduce(into: [PCIID]()) { if !$0.contains($1) { $0.append($1) } }
        let effective = directory.effectiveIDs(besides: own)
        let ids = effective?.ids ?? []
        guard !binding.functions.isEmpty else { return [] }
        judgeForeign(
            ids.filter { id in !wanted.contains { $0.description == id.asciiLowercased } }, effective?.path ?? "")
        guard !wanted.isEmpty else { return [] }
        if let overriding = overridingToken(wanted) {
            reasons.append(overriding)
            return []
        }
        let missing = wanted.map(\.description).filter { id in !ids.contains { $0.asciiLowercased == id } }
        if missing.isEmpty {
            reasons.append(
                .note(.vfioIDsPresent, "The ids are already on vfio-pci's options line in \(effective?.path ?? "")."))
            return []
        }
        if let effective, effective.path != path {
            guard Array(effective.path.utf8).lexicographicallyPrecedes(Array(path.utf8)) else {
                let message =
                    "\(effective.path) is read after \(path) and replaces its ids; add the ids there, or remove its line."
                reasons.append(.blocker(.vfioIDsOverridden, message))
                return []
            }
            addedIDs(missing, path)
            return ids + missing
        }
        addedIDs(missing, path)
        return missing
    }

    /// A vfio-pci that is compiled into the kernel gets them on the kernel's command line.
    private var idsForModule: [PCIID] { binding.isVFIOBuiltIn ? [] : binding.byID.map(\.id) }

    /// Ids on the kernel command line replace those of every file, because modprobe reads them last
    /// (`kmod_config_new`, libkmod-config.c).
    private func overridingToken(_ wanted: [PCIID]) -> Reason? {
        guard let token = BootToken.listingIDs(facts, files) else { return nil }
        let ids = token.vfioIDs
        let missing = wanted.filter { !ids.contains($0) }.map(\.description)
        guard !missing.isEmpty else { return nil }
        let message =
            "“\(token.text)” on the kernel command line replaces the ids of modprobe's files, and lacks "
            + "\(missing.joined(separator: ", ")). Take it out (adopt: {vfio-ids-on-command-line: clean}), or bind by address."
        return .blocker(.vfioIDsOverridden, message, evidence: token.place.map { [$0.evidence] } ?? [])
    }

    private mutating func addedIDs(_ ids: [String], _ path: String) {
        reasons.append(.note(.vfioIDsAdded, "vfio-pci is told in \(path) to take \(ids.joined(separator: ", "))."))
    }

    private mutating func judgeForeign(_ ids: [String], _ path: String) {
        for text in ids {
            guard let id = DynamicID(text) else { continue }
            let holders = index.functions.filter { id.takes($0) && !binding.takes($0) }
            if binding.byAddress.contains(where: id.takes) {
                judgeListed(holders, text, path)
                continue
            }
            for function in holders where index.uses[function.address] != nil {
                let uses = (index.uses[function.address] ?? []).map(Seen.words).joined(separator: "; ")
                let message = "\(path) already gives \(function.words) to vfio-pci, and the host needs it (\(uses))."
                reasons.append(.blocker(.foreignIDOnHostFunction, message, evidence: [Seen.lines(of: path, [text])]))
            }
        }
    }

    /// An id in the options of a function that is bound by address: what it takes besides.
    private mutating func judgeListed(_ holders: [PCIFunction], _ text: String, _ path: String) {
        let spared = Set((binding.functions + binding.guarded.map(\.function)).map(\.address))
        guard let twin = holders.first(where: { !spared.contains($0.address) && $0.driver?.isVFIO != true }) else {
            return
        }
        let message =
            "\(path) lists \(text), by which vfio-pci also takes \(twin.words); take it out there, since the wanted function "
            + "is bound by its address."
        reasons.append(.blocker(.idShared, message, evidence: [Seen.lines(of: path, [text])]))
    }

    private func needsVGAOption(_ own: String?) -> Bool {
        settings.vfio.disableVGA && !binding.functions.isEmpty && !binding.isVFIOBuiltIn
            && !directory.disablesVGA(besides: own)
    }
}

extension String {
    var asciiLowercased: String {
        String(
            decoding: utf8.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }
}
