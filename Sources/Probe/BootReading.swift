import Fleet

extension FactsReader {
    mutating func readBoot() {
        facts.boot.report = loaderReport()
        facts.boot.loader = loader()
        facts.boot.proxmoxBootToolESPs = bootToolESPs()
        facts.boot.grub = grubSettings()
        facts.boot.firmwareBoot = firmwareBoot()
        facts.boot.kernels = fact("kernels") { content in content.lines.filter { !$0.isEmpty }.map(\.text) }
        readEntries()
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

    /// Entries are known when at least one generated configuration could be read and none failed.
    private mutating func readEntries() {
        let grub = known("grub-cfg", whenAbsent: GrubMenu?.none) { GrubMenu($0).map { .some($0) } }
        let loader = known("loader-entries", whenAbsent: [BootEntry]?.none) { .some(LoaderEntries.entries($0)) }
        facts.boot.grubChoice = grub.flatMap { grubChoice($0) }
        switch (grub, loader) {
        case (.unknown(let why), _), (_, .unknown(let why)): facts.boot.entries = .unknown(why)
        case (.known(nil), .known(nil)):
            facts.boot.entries = .unknown(
                Unknown(.unreadable, "There is no /boot/grub/grub.cfg, and no ESP with loader entries is mounted."))
        case (.known(let menu), .known(let entries)):
            facts.boot.entries = .known((menu?.entries ?? []) + (entries ?? []))
        }
    }
}
