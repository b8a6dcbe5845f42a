import Fleet
import Testing

@testable import Lab

@Suite struct FileFormatTests {
    @Test func anArchiveReadsBackWhatItHolds() throws {
        var archive = Archive()
        archive.add("etc/modprobe.d/vfio.conf", Array("options vfio-pci ids=10de:1f02\n".utf8))
        archive.add("init", [0, 1, 2], mode: 0o100755)
        let read = try #require(Archive(archive.bytes))
        #expect(read.entries == archive.entries)
        #expect(read.entries.map(\.path) == ["etc", "etc/modprobe.d", "etc/modprobe.d/vfio.conf", "init"])
    }

    @Test func aCutArchiveIsNone() {
        var archive = Archive()
        archive.add("a", Array(repeating: 7, count: 1000))
        #expect(Archive(Array(archive.bytes.prefix(600))) == nil)
        #expect(Archive([]) == nil)
    }

    @Test func modprobeConfigurationReadsAsKmodDoes() {
        let text = """
            # options vfio-pci ids=0000:0000
            options vfio-pci \\
              ids=10de:1f02,10de:10f9:ffffffff:ffffffff
            options vfio_pci disable_vga=1
            blacklist nouveau
            softdep snd-hda-intel pre: vfio-pci post: snd_x
            install bad /bin/false
            """
        let configuration = ModuleConfiguration(files: [text], commandLine: "quiet modprobe.blacklist=amdgpu,radeon")
        #expect(configuration.vfioIDs.map(\.description) == ["10de:1f02", "10de:10f9"])
        #expect(configuration.blacklist == ["nouveau", "amdgpu", "radeon"])
        #expect(configuration.softDependencies["snd_hda_intel"]?.before == ["vfio_pci"])
        #expect(configuration.softDependencies["snd_hda_intel"]?.after == ["snd_x"])
        #expect(configuration.disabled == ["bad"])
    }

    @Test func grubBootsTheEntryItsEnvironmentNames() {
        let text = """
            set default="0"
            menuentry 'One' --id 'one' {
            \tlinux\t/boot/vmlinuz-1 root=/dev/sda1 ro  quiet
            \tinitrd\t/boot/initrd.img-1
            }
            menuentry 'Two' --id 'two' {
            \tlinux\t/boot/vmlinuz-2 root=/dev/sda1 ro trial
            \tinitrd\t/boot/initrd.img-2
            }
            """
        #expect(GrubConfiguration(text, environment: "").booted?.arguments == "root=/dev/sda1 ro quiet")
        #expect(GrubConfiguration(text, environment: "next_entry=two\n").booted?.kernel == "/boot/vmlinuz-2")
        #expect(GrubConfiguration("", environment: "").booted == nil)
    }

    @Test(arguments: [
        (#"ro  quiet"#, #"ro quiet"#), (#"note="two words" quiet"#, #""note=two words" quiet"#),
        (#"a='it is' b=it\ is"#, #""a=it is" "b=it is""#), (#"a=\\x b='\x'"#, #"a=\\x b=\\x"#), (#"a="" b"#, #"a= b"#),
    ])
    func grubTakesQuotesOffAndPutsItsOwnOn(_ written: String, _ received: String) {
        #expect(GrubWords("\tlinux\t/boot/vmlinuz \(written)").commandLine == received)
    }
}
