/// Whether the settings files that are edited are those of the loader that booted this node and will boot it again.
struct LoaderJudgement {
    private let facts: NodeFacts
    private let loader: BootFacts.Loader
    private let partitions: [String]

    init(_ facts: NodeFacts, _ loader: BootFacts.Loader, partitions: [String]) {
        self.facts = facts
        self.loader = loader
        self.partitions = partitions
    }

    /// Why nothing can be planned; empty = the loader is understood.
    var blockers: [Reason] {
        [notUnderstood, twoInstallations, otherLoaderNext].compactMap { message in
            message.map { .blocker(.bootLoaderNotUnderstood, $0, evidence: evidence) }
        }
    }

    private var notUnderstood: String? {
        switch loader {
        case .grub: nil
        case .systemdBoot where partitions.isEmpty:
            "systemd-boot booted this node, and proxmox-boot-tool manages no partition: which file counts is not clear."
        case .systemdBoot where !isProxmoxEntry:
            "systemd-boot booted an entry that proxmox-boot-tool did not write: what it writes would not be booted."
        case .systemdBoot: nil
        case .unifiedImage:
            "The kernel was started as one image together with its command line, which no settings file of Proxmox changes."
        case .unrecognized:
            "Neither GRUB nor Proxmox' systemd-boot entries show in what the running kernel was given"
                + (report?.loader.map { ", and the boot loader calls itself “\($0)”." } ?? ".")
        }
    }

    private var isProxmoxEntry: Bool {
        tokens.contains { $0.asciiLowercased.hasPrefix(#"initrd=\efi\proxmox\"#) }
    }

    /// GRUB on a partition of proxmox-boot-tool sees the kernel at the top, as it does with a /boot of its own; from the
    /// root file system it is in /boot.
    private var twoInstallations: String? {
        guard loader == .grub, !partitions.isEmpty, let image = tokens.first(where: { $0.hasPrefix("BOOT_IMAGE=") })
        else { return nil }
        guard image.contains(substring: "/boot/") else {
            guard hasOwnBoot else { return nil }
            return "/boot is a file system of its own, and proxmox-boot-tool manages partitions "
                + "(\(partitions.joined(separator: ", "))) too: GRUB shows the kernel alike on both (\(image)), so which of them "
                + "booted can't be told. Take the one out that is not used."
        }
        return "GRUB booted the kernel from the root file system, and proxmox-boot-tool manages partitions "
            + "(\(partitions.joined(separator: ", "))) with a loader of their own: which of the two boots next is not clear. "
            + "Take the one out that is not used."
    }

    /// Only what is known to be another loader counts: a stick or the network before it may well have nothing to start.
    private var otherLoaderNext: String? {
        guard case .known(let firmware?) = facts.boot.firmwareBoot, let current = firmware.current,
            let first = firmware.nextEntry, first.number != current, let kind = first.loader,
            kind != loader
        else { return nil }
        let isOnce = firmware.next == first.number
        return
            "The firmware starts “\(first.label)” (Boot\(first.number)) \(isOnce ? "at the next boot" : "first"), which is "
            + "\(kind == .grub ? "GRUB" : "systemd-boot"), and \(loader == .grub ? "GRUB" : "systemd-boot") booted this time."
    }

    private var hasOwnBoot: Bool {
        (facts.hostUses.value ?? []).contains { $0.purpose == .bootFileSystem && $0.subject == "/boot" }
    }

    private var report: LoaderReport? { facts.boot.report.value.flatMap(\.self) }
    private var tokens: [String] { facts.kernelCommandLine.value?.kernelTokens ?? [] }

    private var evidence: [Evidence] {
        var all = facts.kernelCommandLine.value.map { [Seen.commandLine($0)] } ?? []
        let names = [report?.loader, report?.stub, report?.selectedEntry].compactMap(\.self)
        if !names.isEmpty { all.append(Evidence(command: "bootctl status", output: names.joined(separator: "\n"))) }
        if case .known(let firmware?) = facts.boot.firmwareBoot {
            let entries = firmware.entries.map { "Boot\($0.number)\($0.isActive ? "*" : "") \($0.label) \($0.path)" }
            let head = [
                "BootCurrent: \(firmware.current ?? "-")", "BootOrder: \(firmware.order.joined(separator: ","))",
            ]
            all.append(Evidence(command: "efibootmgr -v", output: (head + entries).joined(separator: "\n")))
        }
        return all
    }
}

extension FirmwareBoot {
    /// What is started at the next boot: the one-shot choice, else the first active one of the order.
    var nextEntry: Entry? {
        ([next].compactMap(\.self) + order).lazy.compactMap { number in
            entries.first { $0.number == number && ($0.isActive || number == next) }
        }.first
    }
}

extension FirmwareBoot.Entry {
    /// By the file it names; nil = neither GRUB nor systemd-boot.
    var loader: BootFacts.Loader? {
        let path = path.asciiLowercased
        if path.contains(substring: "systemd-boot") { return .systemdBoot }
        return path.contains(substring: "grubx64.efi") || path.contains(substring: "shimx64.efi") ? .grub : nil
    }
}
