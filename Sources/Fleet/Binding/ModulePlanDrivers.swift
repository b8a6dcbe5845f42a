extension ModulePlan {
    /// A softdep line to write, with what another file's line for the module asks for and this one would hide.
    struct Softdep: Hashable, Sendable {
        var module: ModuleName
        var others: [ModuleName]
    }

    /// The softdep lines without which another driver would bind a wanted function first.
    mutating func missingSoftdeps(besides own: String?, into path: String) -> [Softdep] {
        guard settings.vfio.softdep == .auto else { return [] }
        let listed = files.modulesLoadedByName
        let competing = CompetingDriver.all(for: binding.byID, facts.modules) { module in
            isBlacklisted(module) && !listed.contains(module)
        }
        switch competing {
        case .failure(let why):
            reasons.append(.incomplete("Which drivers claim the wanted functions", why))
            return []
        case .success(let drivers):
            return drivers.compactMap { softdep(against: $0, besides: own, into: path) }
        }
    }

    private mutating func softdep(
        against driver: CompetingDriver, besides own: String?, into path: String
    ) -> Softdep? {
        let module = driver.module
        let claimed = driver.functions.map(\.address.short).joined(separator: ", ")
        if driver.isBuiltIn {
            let message =
                "\(module) claims \(claimed) and is compiled into the kernel: no softdep and no blacklist keeps it from "
                + "binding first. Proxmox takes the function from it when the guest starts; whether that goes well is not known."
            reasons.append(.warning(.driverBuiltIn, message, evidence: driver.functions.map(Seen.driver)))
            return nil
        }
        let existing = directory.softdep(of: module, besides: own)
        if let existing, existing.pre.contains(where: \.isVFIO) {
            reasons.append(.note(.softdepPresent, "\(existing.path) already has vfio-pci loaded before \(module)."))
            return nil
        }
        if let existing, existing.path != path, Array(existing.path.utf8).lexicographicallyPrecedes(Array(path.utf8)) {
            let message =
                "\(existing.path) has the softdep line of \(module) that counts, without vfio-pci; add “vfio-pci” after "
                + "its “pre:”."
            reasons.append(.blocker(.softdepElsewhere, message))
            return nil
        }
        let message =
            "\(module) claims \(claimed) and would bind before vfio-pci\(whereFrom(module)); a softdep in \(path) "
            + "has vfio-pci loaded first."
        reasons.append(.note(.softdepAdded, message, evidence: driver.functions.map(Seen.driver)))
        return Softdep(module: module, others: existing?.path == path ? [] : existing?.pre ?? [])
    }

    private func whereFrom(_ module: ModuleName) -> String {
        let images = (facts.initramfs.value ?? []).filter { $0.modules.value?.contains(module) == true }
        return images.isEmpty ? "" : " (it is in \(images.map(\.path).joined(separator: ", ")))"
    }

    /// What stands in the files and takes a driver from the host.
    mutating func warnOfBlacklist() {
        for module in settings.blacklist where directory.blacklisting(module) != nil {
            guard let function = hostFunction(on: module) else { continue }
            let message = "\(module) is blacklisted, and \(function.words), which stays with the host, is on it now."
            reasons.append(.warning(.blacklistAffectsHost, message, evidence: [Seen.driver(of: function)]))
        }
    }

    /// The modules to load at boot as the playbook lists them, without those that can't be loaded or would take devices.
    mutating func wantedModules() -> [ModuleName] {
        var wanted = settings.modules
        let hasVirqfd = facts.kernelRelease.value.map { KernelVersion($0) < KernelVersion(6, 2) } ?? false
        if hasVirqfd, wanted.contains(.vfioPCI), !wanted.contains(Self.virqfd) { wanted.append(Self.virqfd) }
        return wanted.filter { module in
            if module == Self.virqfd, !hasVirqfd {
                let message = "\(module) is not listed: it is part of vfio since Linux 6.2 and can't be loaded."
                reasons.append(.note(.moduleLeftOut, message))
                return false
            }
            guard Self.displayDrivers.contains(module) else { return true }
            let message =
                "\(module) is not listed: it would be loaded by name, whatever keeps it off the wanted functions."
            reasons.append(.warning(.moduleLeftOut, message))
            return false
        }
    }

    static let virqfd: ModuleName = "vfio_virqfd"
    private static let displayDrivers: Set<ModuleName> = [
        "nouveau", "nvidia", "nvidia_drm", "nvidia_modeset", "nvidia_uvm", "nvidiafb", "amdgpu", "radeon", "i915", "xe",
    ]
}

/// The first two numbers of a kernel release: 6.8 of `6.8.12-4-pve`.
struct KernelVersion: Hashable, Sendable, Comparable {
    var major: Int
    var minor: Int

    init(_ major: Int, _ minor: Int) {
        self.major = major
        self.minor = minor
    }

    init(_ release: String) {
        let numbers = release.split(separator: ".").prefix(2).map { Int($0.prefix { $0.isNumber }) ?? 0 }
        self.init(numbers.first ?? 0, numbers.count > 1 ? numbers[1] : 0)
    }

    static func < (a: Self, b: Self) -> Bool { (a.major, a.minor) < (b.major, b.minor) }
}
