import Testing

@testable import Fleet

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

@Suite struct KernelCommandLineFileTests {
    @Test(arguments: [
        ("root=ZFS=rpool/ROOT/pve-1 boot=zfs\n", "root=ZFS=rpool/ROOT/pve-1 boot=zfs amd_iommu=on iommu=pt\n"),
        ("root=/dev/sda1", "root=/dev/sda1 amd_iommu=on iommu=pt"),
        ("root=/dev/sda1 \r\n\n", "root=/dev/sda1 amd_iommu=on iommu=pt \r\n\n"),
        ("amd_iommu=off root=x iommu=soft a\n", "amd_iommu=on root=x iommu=pt a\n"),
        ("iommu=soft root=x iommu=off a\n", "iommu=pt root=x a amd_iommu=on\n"),
        ("root=x amd_iommu=on iommu=pt\n", "root=x amd_iommu=on iommu=pt\n"),
    ])
    func setsArguments(before: String, after: String) throws {
        let wanted: [KernelArgument] = ["amd_iommu=on", "iommu=pt"]
        let edited = try KernelCommandLineFile(bytes(before)).setting(wanted)
        #expect(text(edited) == after)
        #expect(try KernelCommandLineFile(edited).setting(wanted) == edited)
    }

    @Test(arguments: [
        (nil, KernelCommandLineFile.Problem.absent), ("root=a\nroot=b\n", .severalLines), ("quiet\n", .noRoot),
        ("", .noRoot), ("\nroot=a\n", .severalLines),
    ])
    func refusesWhatTheBootToolWouldMisread(content: String?, problem: KernelCommandLineFile.Problem) {
        #expect(throws: problem) { try KernelCommandLineFile(content.map(bytes)) }
    }
}

@Suite struct ModprobeFileTests {
    static let ids = ["10de:1f02", "10de:10f9"]

    @Test(arguments: [
        ("", "options vfio-pci ids=10de:1f02,10de:10f9 disable_vga=1\n"),
        ("# mine", "# mine\noptions vfio-pci ids=10de:1f02,10de:10f9 disable_vga=1\n"),
        (
            "options vfio_pci ids=8086:10d3 # x\n",
            "options vfio_pci ids=8086:10d3,10de:1f02,10de:10f9 # x disable_vga=1\n"
        ),
        (
            "options vfio-pci disable_vga=0 ids=8086:10d3",
            "options vfio-pci disable_vga=1 ids=8086:10d3,10de:1f02,10de:10f9"
        ),
        ("options vfio-pci ids=\n", "options vfio-pci ids=10de:1f02,10de:10f9 disable_vga=1\n"),
        ("options vfio-pci ids=\"a:b\"\n", "options vfio-pci ids=\"a:b,10de:1f02,10de:10f9\" disable_vga=1\n"),
        (
            "options vfio-pci enable_sriov=1\n",
            "options vfio-pci ids=10de:1f02,10de:10f9 enable_sriov=1 disable_vga=1\n"
        ),
        (
            "options vfio-pci ids=1:2,\\\n3:4 x=1\n",
            "options vfio-pci ids=1:2,\\\n3:4,10de:1f02,10de:10f9 x=1 disable_vga=1\n"
        ),
    ])
    func addsTheOptionsLine(before: String, after: String) {
        #expect(text(ModprobeFile(bytes(before)).addingVFIO(ids: Self.ids, disableVGA: true).bytes) == after)
    }

    /// What people write, and the kernel reads: blanks inside quotes, carriage returns, two lists on one line.
    @Test(
        arguments: [
            ("options vfio-pci ids=\"10de:1f02, 10de:10f9\" disable_vga=1\n", ["10de:1f02", "10de:10f9"]),
            ("options vfio-pci ids=10de:1f02,10de:10f9\r\n", ["10de:1f02", "10de:10f9"]),
            ("options vfio-pci ids=8086:10d3 ids=10de:1f02\n", ["10de:1f02"]),
            ("options\tvfio_pci\tids=10de:1f02,,\n", ["10de:1f02"]),
            ("options vfio-pci\r\n", nil), ("options vfio-pci IDS=10de:1f02\n", nil),
            ("options vfio-pci ids=\"10de:1f02\n", ["10de:1f02"]),
        ] as [(String, [String]?)])
    func readsIDsAsTheKernelDoes(line: String, ids: [String]?) {
        let file = ModprobeFile(bytes(line))
        #expect(file.vfioIDs == ids)
        guard ids != nil, !line.contains("ids=\"10de:1f02\n") else { return }
        let grown = file.addingVFIO(ids: ["1002:67df"], disableVGA: true)
        #expect(grown.vfioIDs == (ids ?? []) + ["1002:67df"], "\(text(grown.bytes))")
    }

    /// A name with a carriage return fits no module, as for kmod.
    @Test func carriageReturnsSpoilNames() {
        let file = ModprobeFile(bytes("blacklist nouveau\r\nsoftdep nvidia pre: vfio-pci\r\n"))
        #expect(!file.blacklists("nouveau"))
        #expect(file.softdep(of: "nvidia")?.pre.contains("vfio_pci") == false)
    }

    @Test func softdepsMayBeForPatterns() {
        let file = ModprobeFile(bytes("softdep nvidia* pre: vfio vfio-pci\nsoftdep nvidia pre: other\n"))
        #expect(file.softdep(of: "nvidia_drm")?.pre == ["vfio", "vfio_pci"])
        #expect(file.softdep(of: "nvidia")?.pre == ["vfio", "vfio_pci"])
        #expect(file.softdep(of: "nouveau") == nil)
        let grown = ModprobeFile(bytes("softdep snd-* pre: x\n")).addingSoftdep("snd_hda_intel")
        #expect(text(grown.bytes) == "softdep snd-* pre: vfio-pci x\n")
    }

    @Test(arguments: [
        ("10de:1f02", true), ("0x10de:0x1f02", true), ("10DE:1F02", true), ("10de:1f03", false),
        ("10de:ffffffff", true), ("ffffffff:ffffffff:ffffffff:ffffffff:030000:ff0000", true),
        ("10de:ffffffff:ffffffff:ffffffff:00040300:ffffffff", false), ("10de:1f02:1462:3733", true),
        ("10de:1f02:1043:3733", false), ("10de", false), ("<vendor>:<device>", false), ("10de:", false),
        ("10de:1f02:", false), ("0000:01:00.0", false), ("10de:1f02:1:2:3:4:5", false),
    ])
    func idsStandForKinds(entry: String, takes: Bool) throws {
        let card = PCIFunction(
            address: try Fixtures.address("01:00.0"), id: try #require(PCIID("10de:1f02")),
            class: try #require(PCIClass("030000")), subsystem: PCIID("1462:3733"))
        #expect((DynamicID(entry)?.takes(card) ?? false) == takes)
    }

    @Test(arguments: [
        ("", "softdep snd_hda_intel pre: vfio-pci\n"),
        ("softdep snd-hda-intel pre: a post: b\n", "softdep snd-hda-intel pre: vfio-pci a post: b\n"),
        ("softdep snd_hda_intel post: b\n", "softdep snd_hda_intel pre: vfio-pci post: b\n"),
    ])
    func addsSoftdeps(before: String, after: String) {
        let edited = ModprobeFile(bytes(before)).addingSoftdep("snd_hda_intel")
        #expect(text(edited.bytes) == after)
        #expect(edited.softdep(of: "snd_hda_intel")?.pre.contains("vfio_pci") == true)
    }

    @Test func readsDirectives() {
        let file = ModprobeFile(bytes("  blacklist nouveau\n#blacklist nvidia\nblacklist i2c-nvidia-gpu\n"))
        #expect(file.blacklists("nouveau") && file.blacklists("i2c_nvidia_gpu") && !file.blacklists("nvidia"))
        let grown = file.blacklisting(["nvidia"])
        #expect(text(grown.bytes) == text(file.bytes) + "blacklist nvidia\n")
    }
}

@Suite struct ModulesFileTests {
    @Test func addsModulesOnce() {
        let file = ModulesFile(bytes("# /etc/modules\nvfio-pci\n;x\n"))
        #expect(file.modules == ["vfio_pci"])
        #expect(text(file.adding(["vfio"])) == "# /etc/modules\nvfio-pci\n;x\nvfio\n")
        #expect(text(ModulesFile(bytes("loop")).adding(["vfio"])) == "loop\nvfio\n")
    }
}
