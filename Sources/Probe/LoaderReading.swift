import Fleet

extension FactsReader {
    /// GRUB names the kernel's file, Proxmox' systemd-boot entries hand the initrd over by its path on the ESP, and a
    /// unified image's stub tells of itself. What a loader says about itself must not contradict these marks.
    func loader() -> Observed<BootFacts.Loader> {
        facts.kernelCommandLine.map { line in
            let report = facts.boot.report.value.flatMap(\.self)
            if report?.stub != nil { return .unifiedImage }
            let marked = Self.mark(line)
            guard let said = report?.loader.flatMap(Self.loader) else { return marked }
            return said == marked ? marked : .unrecognized
        }
    }

    private static func mark(_ commandLine: String) -> BootFacts.Loader {
        for token in commandLine.utf8.split(separator: UInt8(ascii: " ")) {
            if token.starts(with: "BOOT_IMAGE=".utf8) { return .grub }
            if token.starts(with: #"initrd=\"#.utf8) { return .systemdBoot }
        }
        return .unrecognized
    }

    private static func loader(_ name: String) -> BootFacts.Loader? {
        if name.hasPrefix("systemd-boot") { return .systemdBoot }
        return name.hasPrefix("GRUB") ? .grub : .unrecognized
    }

    func loaderReport() -> Observed<LoaderReport?> {
        guard case .known(let firmware) = facts.firmware else { return facts.firmware.map { _ in nil } }
        guard firmware == .uefi else { return .known(nil) }
        var report = LoaderReport()
        var unknown: Unknown?
        func variable(_ name: String) -> [String]? {
            switch known("efi:" + name, whenAbsent: [String]?.none, { .some(Self.texts($0)) }) {
            case .known(let texts): return texts
            case .unknown(let why):
                unknown = why
                return nil
            }
        }
        report.loader = variable("LoaderInfo")?.first
        report.stub = variable("StubInfo")?.first
        // An answer of an earlier probe has no such part.
        if answer.frames["efi:LoaderDevicePartUUID"] != nil || !answer.isComplete {
            report.partition = variable("LoaderDevicePartUUID")?.first?.lowercased()
        }
        report.selectedEntry = variable("LoaderEntrySelected")?.first
        report.entries = variable("LoaderEntries")
        report.standardEntry = variable("LoaderEntryDefault")?.first
        report.nextEntry = variable("LoaderEntryOneShot")?.first
        return unknown.map { .unknown($0) } ?? .known(report)
    }

    /// UTF-16 texts, each ended by a zero, after four bytes of attributes (kernel's efivarfs).
    private static func texts(_ content: Bytes) -> [String] {
        let bytes = Array(content.dropFirst(4))
        let units = stride(from: 0, to: bytes.count - bytes.count % 2, by: 2).map {
            UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8
        }
        return units.split(separator: 0).map { String(decoding: $0, as: UTF16.self) }
    }

    /// `BootCurrent: 0001`, `BootOrder: 0001,0000`, `Boot0001* proxmox<tab>HD(2,GPT,…)/File(\EFI\…)`.
    func firmwareBoot() -> Observed<FirmwareBoot?> {
        guard facts.firmware.value != .bios else { return .known(nil) }
        return fact("efi-boot") { content in
            var boot = FirmwareBoot()
            for line in content.lines {
                guard let (name, rest) = line.cut(at: UInt8(ascii: " ")) else { continue }
                if name.equals("BootCurrent:") {
                    boot.current = rest.trimmed.text
                } else if name.equals("BootNext:") {
                    boot.next = rest.trimmed.text
                } else if name.equals("BootOrder:") {
                    boot.order = rest.trimmed.split(separator: UInt8(ascii: ",")).map(\.text)
                } else if let number = name.dropping("Boot"), number.count >= 4 {
                    let (label, path) = rest.cut(at: UInt8(ascii: "\t")) ?? (rest, [])
                    boot.entries.append(
                        .init(
                            number: number.prefix(4).text, isActive: number.last == UInt8(ascii: "*"),
                            label: label.trimmed.text, path: path.trimmed.text))
                }
            }
            return .some(boot)
        }
    }

    /// `NAME=VALUE` lines below a head line of comments.
    func grubChoice(_ menu: GrubMenu?) -> Observed<GrubChoice?> {
        guard let menu, let standard = menu.standard else { return .known(nil) }
        return known("grub-environment", whenAbsent: Optional(GrubChoice(standard: standard))) { content in
            var choice = GrubChoice(standard: standard)
            for line in content.lines where line.first != UInt8(ascii: "#") {
                guard let (name, value) = line.cut(at: UInt8(ascii: "=")) else { continue }
                choice.environment[name.text] = value.text
            }
            return .some(choice)
        }
    }
}
