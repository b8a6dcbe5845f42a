import Fleet
import Testing

@testable import Probe

/// What stands in the way of passthrough beside groups and drivers, as the real script sees it.
@Suite struct ObstacleTests {
    private func facts(_ change: (SampleTree) throws -> Void) throws -> NodeFacts {
        try SampleNode.facts(change)
    }

    @Test func whatTheFirmwareKeeps() throws {
        let gpu = try #require(PCIAddress("01:00.0"))
        let facts = try facts { tree in
            try tree.file(
                "/sys/kernel/iommu_groups/1/reserved_regions",
                "0x00000000bbf00000 0x00000000bdffffff direct\n0x00000000fee00000 0x00000000feefffff msi\n")
            try tree.file(
                "/sys/kernel/iommu_groups/2/reserved_regions",
                "0x00000000a0000000 0x00000000a0ffffff direct-relaxable\n")
            try tree.file(
                "/proc/iomem",
                """
                00000000-00000fff : Reserved
                90000000-dfffffff : PCI Bus 0000:00
                  90000000-a1ffffff : PCI Bus 0000:01
                    90000000-9fffffff : 0000:01:00.0
                      90000000-908fffff : BOOTFB
                        90000000-908fffff : simpledrm
                    a0000000-a1ffffff : 0000:01:00.0

                """)
        }
        #expect(facts.iommu.directRegions == .known([1: ["0x00000000bbf00000 0x00000000bdffffff direct"]]))
        #expect(facts.framebuffers == .known([gpu: "BOOTFB"]))
    }

    @Test func whatIsNotThereIsKnownToBeAbsent() throws {
        let facts = try facts { tree in
            try tree.file("/sys/kernel/iommu_groups/1/reserved_regions", "0x00000000fee00000 0x00000000feefffff msi\n")
            try tree.file("/proc/iomem", "00000000-00000fff : Reserved\n")
        }
        #expect(facts.iommu.directRegions == .known([:]))
        #expect(facts.framebuffers == .known([:]))
        #expect(facts.lockdown == .known(.none))
        #expect(facts.iommu.allowsUnsafeInterrupts == .known(nil))
        #expect(facts.romFiles == .known([:]))
    }

    @Test func whatTheKernelForbids() throws {
        let facts = try facts { tree in
            try tree.file("/sys/kernel/security/lockdown", "none [integrity] confidentiality\n")
            try tree.file("/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "Y\n")
            try tree.file("/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/removable", "removable\n")
            try tree.file("/sys/devices/pci0000:00/0000:00:1f.6/removable", "fixed\n")
        }
        #expect(facts.lockdown == .known(.integrity))
        #expect(facts.iommu.allowsUnsafeInterrupts == .known(true))
        let removable = facts.functions.value?.filter { $0.isRemovable == true }.map(\.address.short)
        #expect(removable == ["01:00.0"])
    }

    /// The path is one that every machine has; what it points to is the sample's disk.
    @Test func disksThatGuestsHaveAsTheyAre() throws {
        let facts = try facts { tree in
            try tree.tool(
                "readlink",
                "case $* in '-f /dev/null') echo /dev/nvme0n1p3 ;; *) exec /usr/bin/readlink \"$@\" ;; esac")
            try tree.file(
                "/etc/pve/nodes/pve1/qemu-server/101.conf",
                "scsi0: local-lvm:vm-101-disk-0,size=8G\nscsi1: file=/dev/null,size=1T\nsata3: /dev/none-such,x=y\n")
            try tree.file("/etc/pve/nodes/pve1/lxc/200.conf", "arch: amd64\nmp0: /dev/null,mp=/data\n")
        }
        let uses = try #require(facts.hostUses.value).filter { $0.purpose == .guestDisk }
        #expect(uses.map(\.subject) == ["101 scsi1", "200 mp0"])
        #expect(uses.allSatisfy { $0.function.description == "10000:e0:06.0" && $0.purpose.isVital })
        #expect(uses.first?.path == ["nvme0n1p3"])
    }

    @Test func filesThatGuestsName() throws {
        let facts = try facts { tree in
            try tree.file(
                "/etc/pve/nodes/pve1/qemu-server/101.conf",
                "hostpci0: 01:00,romfile=vfiofleet-none-such.rom,pcie=1\nhostpci1: 02:00,x-vga=1\n")
            try tree.file("/etc/pve/ha/resources.cfg", "vm: 101\n\tstate started\n")
            try tree.file("/run/udev/data/b259:2", "E:ID_FS_UUID=6D31-87F4\nE:ID_PART_ENTRY_UUID=AB-CD\n")
        }
        #expect(facts.romFiles == .known(["vfiofleet-none-such.rom": .absent]))
        #expect(facts.files["/etc/pve/ha/resources.cfg"]?.value?.text.contains("vm: 101") == true)
        #expect(facts.blockDevices.value?.first { $0.name == "nvme0n1p2" }?.partitionUUID == "ab-cd")
    }
}
