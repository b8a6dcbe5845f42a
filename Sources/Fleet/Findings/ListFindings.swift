extension FindingScope {
    /// Lists of modules: what can't be loaded any more, and what is blacklisted as well.
    var listFindings: [Finding] {
        lists.filter(\.isForeign).flatMap { file in
            file.content.entries.compactMap { entry in obsolete(entry, file) ?? contradiction(entry, file) }
        }
    }

    private func obsolete(_ entry: ModulesFile.Entry, _ file: ReadFile<ModulesFile>) -> Finding? {
        guard entry.module == "vfio_virqfd", isKernel(atLeast: KernelVersion(6, 2)) else { return nil }
        let place = FileLine(file.path, file.content.bytes, at: entry.word.range.lowerBound)
        return Finding(
            .moduleObsolete,
            "\(place.place) lists vfio_virqfd, which is part of vfio since Linux 6.2 and can't be loaded.",
            at: [place], cleanings: [.line(file.path, entry.word.range)])
    }

    private func contradiction(_ entry: ModulesFile.Entry, _ file: ReadFile<ModulesFile>) -> Finding? {
        let isRival = GPUDrivers.all.contains(entry.module) || settings?.blacklist.contains(entry.module) == true
        guard isRival, let reason = blacklist(of: entry.module) else { return nil }
        let place = FileLine(file.path, file.content.bytes, at: entry.word.range.lowerBound)
        return Finding(
            .moduleLoadsDriver, "\(place.place) has \(entry.module) loaded by name, and \(reason) blacklists it.",
            at: [place], cleanings: [.line(file.path, entry.word.range)])
    }

    /// Who blacklists a driver; nvidia's parts go with nvidia.
    private func blacklist(of module: ModuleName) -> String? {
        let names: [ModuleName] = module.hasPrefix("nvidia_") ? [module, "nvidia"] : [module]
        if settings.map({ !$0.blacklist.filter(names.contains).isEmpty }) ?? false { return "the playbook" }
        return modprobe.first { file in names.contains { file.content.blacklists($0) } }?.path
    }

    /// Modules that DKMS builds and that are not loaded, where Secure Boot is the likely reason.
    var secureBootFindings: [Finding] {
        let isLockedDown = facts.lockdown.value.map { $0 != .none } ?? false
        let isSecure = facts.secureBoot.value == true
        guard isSecure || isLockedDown, let loaded = facts.modules.loaded.value else { return [] }
        let names = (facts.modules.builtHere.value ?? []).filter { name in
            !(ModuleName(name).map(loaded.contains) ?? false)
        }
        guard !names.isEmpty else { return [] }
        let evidence = [
            isSecure
                ? Evidence(command: "mokutil --sb-state", output: "SecureBoot enabled")
                : Evidence(
                    command: "cat /sys/kernel/security/lockdown", output: "[\(facts.lockdown.value?.rawValue ?? "")]"),
            Evidence(command: "ls /var/lib/dkms", output: names.joined(separator: "\n")),
        ]
        return [
            Finding(
                .unsignedModule,
                "\(isSecure ? "Secure Boot is on" : "The kernel is locked down"), and \(names.joined(separator: ", ")) \(names.count == 1 ? "is" : "are") built on this node "
                    + "and not loaded: the kernel refuses modules without a signature it knows.",
                evidence: evidence)
        ]
    }

    // MARK: The same thing twice

    /// Blacklist lines and listed modules that stand in several places. The first one stays when they are cleaned.
    var repetitions: [Finding] {
        var places: [Repetition: [(FileLine, Cleaning)]] = [:]
        var order: [Repetition] = []
        func add(_ what: Repetition, _ path: String, _ bytes: [UInt8], _ range: Range<Int>) {
            let place = FileLine(path, bytes, at: range.lowerBound)
            if places[what] == nil { order.append(what) }
            places[what, default: []].append((place, .line(path, range)))
        }
        for file in modprobe where file.isForeign {
            for line in file.content.directives where line.verb == "blacklist" {
                if let module = line.module {
                    add(.blacklist(module), file.path, file.content.bytes, line.words[0].range)
                }
            }
        }
        for file in lists where file.isForeign && file.path != "/etc/initramfs-tools/modules" {
            for entry in file.content.entries where entry.module.isOfVFIO {
                add(.module(entry.module), file.path, file.content.bytes, entry.word.range)
            }
        }
        return order.compactMap { what in
            guard let found = places[what], found.count > 1 else { return nil }
            let list = found.map(\.0.place).joined(separator: ", ")
            return Finding(
                .settingRepeated, "\(what.words) \(found.count) times: \(list).", at: found.map(\.0),
                cleanings: found.dropFirst().map(\.1))
        }
    }

    private enum Repetition: Hashable {
        case blacklist(ModuleName)
        case module(ModuleName)

        var words: String {
            switch self {
            case .blacklist(let module): "\(module) is blacklisted"
            case .module(let module): "\(module) is listed to be loaded"
            }
        }
    }
}

extension ModuleName {
    /// vfio itself, or a part of it.
    var isOfVFIO: Bool { hasPrefix("vfio") }
}
