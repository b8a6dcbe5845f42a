import Fleet
import Testing

@testable import Probe

@Suite struct BootReadingTests {
    private static let menu = """
        ### BEGIN /etc/grub.d/00_header ###
        if [ "${next_entry}" ] ; then
           set default="${next_entry}"
        else
           set default="gnulinux-advanced-1>gnulinux-6.5.13-6-pve-advanced-1"
        }
        function recordfail {
        }
        ### BEGIN /etc/grub.d/10_linux ###
        menuentry 'Proxmox VE GNU/Linux' --class proxmox $menuentry_id_option 'gnulinux-simple-1' {
        \tlinux\t/boot/vmlinuz-6.8.12-4-pve root=/dev/mapper/pve-root ro  quiet
        \tinitrd\t/boot/initrd.img-6.8.12-4-pve
        }
        submenu "Advanced options" $menuentry_id_option 'gnulinux-advanced-1' {
        \tmenuentry 'with Linux 6.8' --class proxmox $menuentry_id_option 'gnulinux-6.8.12-4-pve-advanced-1' {
        \t\tlinux /boot/vmlinuz-6.8.12-4-pve root=/dev/mapper/pve-root ro quiet
        \t}
        \tmenuentry 'with Linux 6.5 (recovery mode)' --class x $menuentry_id_option 'r' {
        \t\tlinux /boot/vmlinuz-6.5.13-6-pve root=/dev/mapper/pve-root ro single
        \t}
        }
        ### BEGIN /etc/grub.d/20_memtest86+ ###
        menuentry 'Memory test (memtest86+x64.efi)' {
        \tlinux /boot/memtest86+x64.efi
        }
        """

    @Test func theMenuHasItsLevels() throws {
        let menu = try #require(GrubMenu(Array(Self.menu.utf8)[...]))
        #expect(menu.standard == "gnulinux-advanced-1>gnulinux-6.5.13-6-pve-advanced-1")
        #expect(menu.entries.map { $0.steps.map(\.index) } == [[0], [1, 0], [1, 1], [2]])
        #expect(
            menu.entries.map { $0.steps.last?.id } == [
                "gnulinux-simple-1", "gnulinux-6.8.12-4-pve-advanced-1", "r", nil,
            ])
        #expect(menu.entries[1].steps.first?.title == "Advanced options")
        #expect(menu.entries.map(\.release) == ["6.8.12-4-pve", "6.8.12-4-pve", "6.5.13-6-pve", nil])
        #expect(menu.entries.map(\.isRecovery) == [false, false, true, false])
        #expect(menu.entries.map { $0.source?.hasSuffix("10_linux") } == [true, true, true, false])
        #expect(menu.entries[0].initrds == ["/boot/initrd.img-6.8.12-4-pve"])
    }

    private static func facts(_ frames: [(String, String, String)]) -> NodeFacts {
        var text = "VFIOFLEET-PROBE 1 n0nce\n"
        for (name, content, status) in frames {
            text += "@n0nce < \(name)\t4096\tcat x\n\(content)\n@n0nce > \(status)\n"
        }
        return ProbeParser.parse(Array((text + "@n0nce . \(frames.count)\n").utf8))
    }

    private static func wide(_ texts: String...) -> String {
        "\u{6}\0\0\0" + texts.map { $0.map { "\($0)\0" }.joined() + "\0\0" }.joined()
    }

    private static func variables(_ present: [String: String]) -> [(String, String, String)] {
        ["LoaderInfo", "StubInfo", "LoaderEntrySelected", "LoaderEntries", "LoaderEntryDefault", "LoaderEntryOneShot"]
            .map { name in present[name].map { ("efi:" + name, $0, "0") } ?? ("efi:" + name, "", "absent") }
    }

    @Test(arguments: [
        ("BOOT_IMAGE=/boot/vmlinuz-6 root=x", [:], BootFacts.Loader.grub),
        ("BOOT_IMAGE=/vmlinuz-6 root=x", ["LoaderInfo": "GRUB 2.12"], .grub),
        (#"initrd=\EFI\proxmox\6\initrd.img-6 root=x"#, ["LoaderInfo": "systemd-boot 252.33"], .systemdBoot),
        (#"initrd=\EFI\proxmox\6\initrd.img-6 root=x"#, ["LoaderInfo": "rEFInd 0.14"], .unrecognized),
        ("BOOT_IMAGE=/boot/vmlinuz-6 root=x", ["LoaderInfo": "systemd-boot 252.33"], .unrecognized),
        ("root=x quiet", ["LoaderInfo": "systemd-boot 257", "StubInfo": "systemd-stub 257"], .unifiedImage),
        ("root=x quiet", [:], .unrecognized),
    ])
    func theLoaderIsWhatBooted(line: String, said: [String: String], loader: BootFacts.Loader) {
        let frames = [("firmware", "uefi", "0"), ("cmdline", line, "0")]
        let facts = Self.facts(frames + Self.variables(said.mapValues { Self.wide($0) }))
        #expect(facts.boot.loader == .known(loader))
        #expect(facts.boot.report.value??.loader == said["LoaderInfo"])
    }

    @Test func entriesOfAPartitionThatIsNotMounted() throws {
        let present = [
            "LoaderEntrySelected": Self.wide("proxmox-6.8.12-4-pve.conf"),
            "LoaderEntries": Self.wide("proxmox-6.8.12-4-pve.conf", "proxmox-6.5.13-6-pve.conf"),
        ]
        let facts = Self.facts([("firmware", "uefi", "0")] + Self.variables(present))
        let report = try #require(facts.boot.report.value ?? nil)
        #expect(report.selectedEntry == "proxmox-6.8.12-4-pve.conf")
        #expect(report.entries == ["proxmox-6.8.12-4-pve.conf", "proxmox-6.5.13-6-pve.conf"])
        #expect(Self.facts([("firmware", "bios", "2")]).boot.report == .known(nil))
        #expect(Self.facts([("firmware", "uefi", "0")]).boot.report.value == nil)
    }

    @Test func whatTheFirmwareStarts() throws {
        let text = """
            BootCurrent: 0001
            BootNext: 0002
            BootOrder: 0002,0001
            Boot0001* proxmox\tHD(2,GPT,2ac5,0x800,0x200000)/File(\\EFI\\PROXMOX\\SHIMX64.EFI)
            Boot0002  UEFI: Built-in EFI Shell\tVenMedia(5023b95c)
            """
        let facts = Self.facts([("firmware", "uefi", "0"), ("efi-boot", text, "0")])
        let boot = try #require(facts.boot.firmwareBoot.value ?? nil)
        #expect(boot.current == "0001" && boot.next == "0002" && boot.order == ["0002", "0001"])
        #expect(boot.entries.map(\.label) == ["proxmox", "UEFI: Built-in EFI Shell"])
        #expect(boot.entries.map(\.isActive) == [true, false])
        #expect(boot.entries[0].path.hasSuffix(#"SHIMX64.EFI)"#))
    }
}
