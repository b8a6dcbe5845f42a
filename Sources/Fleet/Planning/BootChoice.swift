/// Which kernel the next boot starts, as far as the node shows it.
struct BootChoice {
    enum Cause: Hashable {
        /// The first or newest one.
        case standard
        /// Somebody chose it, in this file.
        case pinned(String)
        /// For the next boot only.
        case once(String)
    }

    /// Nil = not known.
    private(set) var release: String?
    /// Of a menu that is known.
    private(set) var entry: BootEntry?
    private(set) var cause = Cause.standard
    /// The chosen entry is not in the menu; GRUB starts the first one then.
    private(set) var missing: String?

    init(_ facts: NodeFacts) {
        switch facts.boot.loader {
        case .known(.grub) where facts.boot.proxmoxBootToolESPs.value?.isEmpty != false: chooseFromMenu(facts.boot)
        case .known(.grub), .known(.systemdBoot): chooseByPins(facts)
        default: break
        }
    }

    // MARK: GRUB with a menu in /boot

    private mutating func chooseFromMenu(_ boot: BootFacts) {
        let entries = (boot.entries.value ?? []).filter { $0.file == BootEntry.grubMenu }
        guard !entries.isEmpty, case .known(let choice?) = boot.grubChoice else {
            release = boot.normalEntries?.first?.release
            return
        }
        var wanted = choice.standard
        if let next = choice.environment["next_entry"], !next.isEmpty {
            cause = .once("next_entry in /boot/grub/grubenv")
            wanted = next
        } else if wanted.hasPrefix("${saved_entry}") {
            cause = choice.environment["saved_entry"] == nil ? .standard : .pinned("saved_entry in /boot/grub/grubenv")
            wanted = choice.environment["saved_entry"] ?? "0"
        } else if wanted != "0" {
            cause = .pinned("GRUB_DEFAULT")
        }
        entry = entries.first { $0.isChosen(by: wanted) }
        if entry == nil {
            missing = wanted
            entry = entries.first
        }
        release = entry?.release
    }

    // MARK: Partitions under proxmox-boot-tool

    /// What is on the partitions follows from these files: proxmox-boot-tool writes it, newest kernel first.
    private mutating func chooseByPins(_ facts: NodeFacts) {
        let report = facts.boot.report.value.flatMap(\.self)
        if let once = report?.nextEntry.flatMap(Self.release) {
            (release, cause) = (once, .once("LoaderEntryOneShot in the firmware"))
        } else if let pin = Self.pin(facts, "/etc/kernel/next-boot-pin") {
            (release, cause) = (pin, .once("/etc/kernel/next-boot-pin"))
        } else if let chosen = report?.standardEntry.flatMap(Self.release) {
            (release, cause) = (chosen, .pinned("LoaderEntryDefault in the firmware"))
        } else if let pin = Self.pin(facts, "/etc/kernel/proxmox-boot-pin") {
            (release, cause) = (pin, .pinned("/etc/kernel/proxmox-boot-pin"))
        } else {
            release = facts.boot.kernels.value?.max(by: naturallyPrecedes)
        }
    }

    private static func pin(_ facts: NodeFacts, _ path: String) -> String? {
        facts.files[path]?.value.flatMap { $0.exists ? $0.text.kernelTokens.first : nil }
    }

    /// The kernel of `proxmox-6.8.12-4-pve.conf`; with boot counting a `+3` stands before the dot.
    private static func release(ofEntry id: String) -> String? {
        guard id.hasPrefix("proxmox-") else { return nil }
        let name = id.dropFirst("proxmox-".count)
        return String(name.hasSuffix(".conf") ? name.dropLast(".conf".count) : name)
    }
}

extension BootEntry {
    static var grubMenu: String { "/boot/grub/grub.cfg" }

    /// GRUB takes a number, a title or an identifier at each level, with `>` between levels; where a submenu is chosen
    /// and nothing in it, its first entry (grub-core/normal/menu.c).
    func isChosen(by choice: String) -> Bool {
        var parts = choice.split(separator: ">").map(String.init)[...]
        for step in steps {
            guard let part = parts.popFirst() else {
                if step.index != 0 { return false }
                continue
            }
            let digits = part.prefix { $0.isNumber }
            guard digits.isEmpty ? part == step.title || part == step.id : Int(digits) == step.index else {
                return false
            }
        }
        return parts.isEmpty && !steps.isEmpty
    }

    /// Written by the script that puts the settings' arguments into entries; true where that is not told.
    var isGenerated: Bool {
        guard let name = source?.split(separator: "/").last else { return true }
        return name.hasPrefix("10_linux")
    }
}

extension BootChoice {
    /// What it means for settings that shall be in force at the next boot.
    func reasons(_ facts: NodeFacts) -> [Reason] {
        [choiceReason, missingReason, entryReason, imageReason(facts), kernelReason(facts)].compactMap(\.self)
    }

    private var choiceReason: Reason? {
        guard let release else { return nil }
        switch cause {
        case .standard: return nil
        case .pinned(let place):
            return .note(
                .kernelPinned, "The node boots \(release), which \(place) says; newer kernels are passed over.")
        case .once(let place):
            let message =
                "The next boot alone starts \(release) (\(place)); the one after it another kernel. GRUB can't take back "
                + "such a choice where /boot is on LVM, ZFS or RAID, and repeats it."
            return .warning(.bootChosenOnce, message)
        }
    }

    private var missingReason: Reason? {
        missing.map {
            .warning(
                .bootEntryMissing,
                "GRUB is told to start “\($0)”, which is not in its menu; it starts the first entry instead.",
                evidence: [Evidence(command: "grep 'set default' \(BootEntry.grubMenu)", output: $0)])
        }
    }

    private var entryReason: Reason? {
        guard let entry, entry.isRecovery || !entry.isGenerated || entry.release == nil else { return nil }
        let what = entry.isRecovery ? "is a rescue entry" : "was written by \(entry.source ?? "hand")"
        let message =
            "The node boots the entry “\(entry.title)”, which \(what): the arguments of the settings files do not reach "
            + "it. Choose another entry (GRUB_DEFAULT), or write the arguments into it by hand."
        return .blocker(
            .bootEntryNotGenerated, message,
            evidence: [Evidence(command: "grep -A9 '\(entry.title)' \(entry.file)", output: entry.arguments)])
    }

    private func imageReason(_ facts: NodeFacts) -> Reason? {
        guard let release, let images = facts.initramfs.value, !images.isEmpty,
            !images.contains(where: { $0.kernel == release })
        else { return nil }
        let message =
            "The next boot starts \(release), and there is no /boot/initrd.img-\(release): what the initramfs shall hold "
            + "does not reach that kernel."
        let output = images.map(\.path).joined(separator: "\n")
        return .blocker(.kernelWithoutInitramfs, message, evidence: [Evidence(command: "ls /boot", output: output)])
    }

    private func kernelReason(_ facts: NodeFacts) -> Reason? {
        guard let release, let running = facts.kernelRelease.value, release != running else { return nil }
        let message =
            "The next boot starts \(release), and \(running) runs now: which drivers are compiled in, and what is on by "
            + "default, was seen on the running one."
        return .warning(.otherKernelNext, message, evidence: [Evidence(command: "uname -r", output: running)])
    }
}
