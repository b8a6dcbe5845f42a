import TestSupport
import Testing

@testable import Fleet

/// What is written is what is read again, and nothing else of the file is: for each kind of file, on files made by chance.
@Suite struct RenderingPropertyTests {
    private static let modprobeLines = [
        "options vfio-pci ids=8086:15ff", "options vfio_pci disable_vga=0", "blacklist nouveau", "# note", "#note \\",
        "options kvm ignore_msrs=1", "", "softdep snd-hda-intel pre: a post: b", "softdep xhci_pci post: c", "  ",
        "options zfs \\\n  zfs_arc_max=1", "install floppy /bin/true", "blacklist radeon \\", "\u{e9}\u{20ac}",
        "options vfio-pci \\\n ids=1:2,\\\n3:4 x=1", "blacklist a\r",
    ]

    private static func file(_ lines: [String], _ numbers: inout SeededNumbers) -> [UInt8] {
        let text = (0..<Int.random(in: 0...5, using: &numbers)).compactMap { _ in lines.randomElement(using: &numbers) }
            .joined(separator: "\n")
        return Array((text + (Bool.random(using: &numbers) ? "\n" : "")).utf8)
    }

    private static func names(_ count: Int, _ numbers: inout SeededNumbers) throws -> [ModuleName] {
        let all = ["nouveau", "nvidia", "snd_hda_intel", "xhci_pci", "i2c-nvidia-gpu", "vfio_pci", "amdgpu"]
        return try Array(all.shuffled(using: &numbers).prefix(count)).map { try #require(ModuleName($0)) }
    }

    /// A backslash that ends the file joins nothing to its line, and means nothing.
    private static func words(_ directives: [ModprobeFile.Directive]) -> [[String]] {
        directives.map { $0.words.map(\.text).filter { $0 != "\\" } }
    }

    @Test func modprobeFiles() throws {
        for seed in UInt64(0)..<1500 {
            var numbers = SeededNumbers(seed: seed)
            let before = ModprobeFile(Self.file(Self.modprobeLines, &numbers))
            let ids = (0..<Int.random(in: 1...3, using: &numbers)).map { "10de:\(1000 + $0)" }
            let blacklist = try Self.names(2, &numbers)
            let softdep = try Self.names(1, &numbers)[0]
            let edited = before.blacklisting(blacklist).addingVFIO(ids: ids, disableVGA: true).addingSoftdep(softdep)
            let after = ModprobeFile(edited.bytes)
            let what = Comment(
                rawValue: "seed \(seed): \(String(decoding: edited.bytes, as: UTF8.self).debugDescription)")
            #expect(blacklist.allSatisfy(after.blacklists), what)
            #expect(after.softdep(of: softdep)?.pre.contains(.vfioPCI) == true, what)
            let line = try #require(after.vfioOptions.last { $0.value(of: "ids") != nil }, what)
            let listed = line.value(of: "ids")?.value.split(separator: ",").map(String.init) ?? []
            #expect(Set(ids).isSubset(of: listed), what)
            #expect(line.value(of: "disable_vga")?.value == "1", what)
            let isOthers = { (line: ModprobeFile.Directive) in
                !(line.verb == "options" && line.module == .vfioPCI)
                    && !(line.verb == "softdep" && line.module == softdep)
            }
            let kept = Self.words(before.directives.filter(isOthers))
            #expect(Array(Self.words(after.directives.filter(isOthers)).prefix(kept.count)) == kept, what)
        }
    }

    @Test func moduleLists() throws {
        for seed in UInt64(0)..<500 {
            var numbers = SeededNumbers(seed: seed)
            let before = ModulesFile(Self.file(["loop", "# no", ";x", "", "  nct6775 force=1 ", "vfio"], &numbers))
            let wanted = try Self.names(3, &numbers)
            let after = ModulesFile(before.adding(wanted))
            #expect(after.modules == before.modules + wanted, "seed \(seed)")
            #expect(after.bytes.starts(with: before.bytes), "seed \(seed)")
        }
    }

    @Test func kernelCommandLines() throws {
        let tokens = [
            "quiet", "iommu=soft", "intel_iommu=off", "iommu=pt", "console=ttyS0", "a=\"b", "boot=zfs", "\u{e9}",
        ]
        let wanted: [KernelArgument] = ["intel_iommu=on", "iommu=pt", "vfio-pci.ids=10de:1f02"]
        for seed in UInt64(0)..<500 {
            var numbers = SeededNumbers(seed: seed)
            let own = (0..<Int.random(in: 0...6, using: &numbers)).compactMap { _ in
                tokens.randomElement(using: &numbers)
            }
            let blank = [" ", "  ", "\t"].randomElement(using: &numbers) ?? " "
            let end = ["", "\n", " \r\n", "\n\n"].randomElement(using: &numbers) ?? ""
            let text = (own + ["root=/dev/sda1"]).shuffled(using: &numbers).joined(separator: blank) + end
            let before = try KernelCommandLineFile(Array(text.utf8))
            let after = try KernelCommandLineFile(before.setting(wanted))
            #expect(KernelArgumentComparison(tokens: after.tokens, wanted: wanted).isSatisfied, "seed \(seed): \(text)")
            let others = { (token: String) in
                !["iommu", "intel_iommu", "vfio-pci.ids"].contains(KernelTokens.key(token))
            }
            #expect(after.tokens.filter(others) == before.tokens.filter(others), "seed \(seed): \(text)")
            #expect(after.setting(wanted) == after.bytes, "seed \(seed): \(text)")
        }
    }

    @Test func earlyScripts() throws {
        for seed in UInt64(0)..<500 {
            var numbers = SeededNumbers(seed: seed)
            let entries = try (0..<Int.random(in: 0...5, using: &numbers)).map { _ in
                let slot = try #require(
                    PCISlot(
                        domain: [0, 1, 0xffff, 0x10000].randomElement(using: &numbers) ?? 0,
                        bus: UInt8.random(in: .min ... .max, using: &numbers),
                        device: UInt8.random(in: 0..<32, using: &numbers)))
                let address = try #require(PCIAddress(slot: slot, function: UInt8.random(in: 0..<8, using: &numbers)))
                let id = PCIID(
                    vendor: UInt16.random(in: .min ... .max, using: &numbers),
                    device: UInt16.random(in: .min ... .max, using: &numbers))
                let function = PCIFunction(
                    address: address, id: id, class: try #require(PCIClass("030000")),
                    subsystem: Bool.random(using: &numbers) ? id : nil)
                let driver = try Self.names(1, &numbers)[0]
                return EarlyScript.Entry(Bool.random(using: &numbers) ? .bind : .keep(driver), function)
            }
            #expect(EarlyScript(reading: EarlyScript(entries).bytes).entries == entries, "seed \(seed)")
        }
    }

    @Test func propertyStrings() {
        let keys = ["host", "pcie", "x-vga", "romfile", "mapping"]
        for seed in UInt64(0)..<500 {
            var numbers = SeededNumbers(seed: seed)
            var string = PropertyString("", defaultKey: "host")
            for key in keys.shuffled(using: &numbers).prefix(Int.random(in: 0...5, using: &numbers)) {
                string.set(key, ["1", "0000:01:00.0", "01:00;02:00.1", "a=b"].randomElement(using: &numbers) ?? "")
            }
            let text = string.text(defaultKey: "host")
            // A value with “=” in it can't stand without its key, and no host has one.
            guard string["host"]?.contains("=") != true else { continue }
            #expect(PropertyString(text, defaultKey: "host") == string, "seed \(seed): \(text)")
        }
    }

    /// A file that binds an interface's name binds it for whoever reads it.
    @Test func linkFiles() throws {
        for seed in UInt64(0)..<200 {
            var numbers = SeededNumbers(seed: seed)
            let bytes = (0..<5).map { _ in UInt8.random(in: 0x10...0xff, using: &numbers) }
            let mac = "02:" + bytes.map { String($0, radix: 16) }.joined(separator: ":")
            let name =
                "en\(["o", "p3s", "s"].randomElement(using: &numbers) ?? "")\(Int.random(in: 0...99, using: &numbers))"
            var facts = try Fixtures.facts("intel-z390-rtx2070")
            let function = try #require(facts.hostUses.value?.first).function
            let interface = NetworkInterface(name: name, mac: mac, function: function)
            facts.interfaces = .known([interface])
            facts.hostUses = .known([
                HostUse(purpose: .defaultRoute, subject: name, path: [name], function: function)
            ])
            facts.files["/etc/systemd/network/10-vfiofleet-\(name).link"] = .known(FileContent(bytes: nil))
            let line = NextCommandLine(facts, files: NodeFiles(facts), wanted: [], isGenerated: false)
            let changes = NetworkGuard(facts, .pin, taken: [], reboot: true, line).files.changes
            #expect(changes.count == 1, "seed \(seed)")
            for change in changes { facts.files[change.path] = .known(FileContent(bytes: change.after)) }
            #expect(NamePins(facts.files).pin(of: interface)?.name == name, "seed \(seed)")
            #expect(NetworkGuard(facts, .pin, taken: [], reboot: true, line).files.changes.isEmpty, "seed \(seed)")
        }
    }
}
