import Fleet

extension FactsReader {
    mutating func readBoot() {
        facts.boot = BootFacts(
            loader: facts.kernelCommandLine.map(Self.loader), proxmoxBootToolESPs: bootToolESPs(), grub: grubSettings(),
            entries: bootEntries())
    }

    /// GRUB names the kernel's file; Proxmox' systemd-boot entries hand the initrd over by its path on the ESP.
    private static func loader(_ commandLine: String) -> BootFacts.Loader {
        for token in commandLine.utf8.split(separator: UInt8(ascii: " ")) {
            if token.starts(with: "BOOT_IMAGE=".utf8) { return .grub }
            if token.starts(with: #"initrd=\"#.utf8) { return .systemdBoot }
        }
        return .unrecognized
    }

    private func bootToolESPs() -> Observed<[String]> {
        guard let file = facts.files["/etc/kernel/proxmox-boot-uuids"] else {
            return answer.told("files").map { _ in [] }.flatMap { _ in
                .unknown(Unknown(.notCollected, "/etc/kernel/proxmox-boot-uuids was not looked at."))
            }
        }
        return file.map {
            $0.text.split(whereSeparator: \.isNewline).compactMap { line in
                line.split(whereSeparator: \.isWhitespace).first.map(String.init)
            }.filter { !$0.hasPrefix("#") }
        }
    }

    private func grubSettings() -> Observed<GrubSettings?> {
        known("grub-defaults", whenAbsent: GrubSettings?.none) { content in
            var rest = content
            // The command's output lacks a last line feed, the frame's own excluded; both values are one line each.
            guard let plain = rest.take(until: UInt8(ascii: "\n")).dropping("GRUB_CMDLINE_LINUX="),
                let usual = rest.take(until: UInt8(ascii: "\n")).dropping("GRUB_CMDLINE_LINUX_DEFAULT="), rest.isEmpty
            else { return nil }
            return .some(GrubSettings(commandLine: plain.text, defaultCommandLine: usual.text))
        }
    }

    /// Known when at least one generated configuration could be read and none failed.
    private func bootEntries() -> Observed<[BootEntry]> {
        let grub = known("grub-cfg", whenAbsent: [BootEntry]?.none) { .some(GrubMenu.entries($0)) }
        let loader = known("loader-entries", whenAbsent: [BootEntry]?.none) { .some(LoaderEntries.entries($0)) }
        switch (grub, loader) {
        case (.unknown(let why), _), (_, .unknown(let why)): return .unknown(why)
        case (.known(nil), .known(nil)):
            return .unknown(
                Unknown(.unreadable, "There is no /boot/grub/grub.cfg, and no ESP with loader entries is mounted."))
        case (.known(let menu), .known(let entries)): return .known((menu ?? []) + (entries ?? []))
        }
    }
}
