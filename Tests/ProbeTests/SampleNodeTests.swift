import Fleet
import Foundation
import Probe
import Testing

/// The real script on a made-up Proxmox node.
@Suite struct SampleNodeTests {
    let facts: NodeFacts

    init() throws {
        let tree = try SampleNode.make()
        let dash = try tree.answer(.dash)
        let busybox = try tree.answer(.busybox)
        #expect(Self.text(dash) == Self.text(busybox), "dash and busybox see the same node")
        facts = ProbeParser.parse(dash)
        #expect(facts.diagnoses == [])
    }

    private static func text(_ answer: [UInt8]) -> String {
        String(decoding: ProbeParser.stableContent(of: answer), as: UTF8.self)
    }

    @Test func kernelAndFirmware() throws {
        #expect(facts.hostName == .known("pve1"))
        #expect(facts.bootID == .known(try #require(BootID(SampleNode.bootID))))
        #expect(facts.kernelRelease == .known(SampleNode.release))
        #expect(facts.kernelCommandLine == .known(SampleNode.commandLine))
        #expect(
            facts.cpu
                == .known(
                    CPU(
                        vendor: .intel, model: "Intel(R) Core(TM) i5-9600K CPU @ 3.70GHz", physicalAddressBits: 39,
                        virtualAddressBits: 48)))
        #expect(facts.firmware == .known(.uefi))
        #expect(facts.secureBoot == .known(true))
        #expect(facts.iommu.isOn == .known(true))
        #expect(facts.iommu.units == .known(["dmar0"]))
        #expect(facts.iommu.groupCount == .known(3))
        #expect(facts.iommu.interruptRemapping == .known(true))
        #expect(facts.kernelLog.value?.count == 2)
    }

    @Test func functions() throws {
        let functions = try #require(facts.functions.value)
        #expect(functions.count == 9)
        let gpu = try #require(functions.first { $0.address.description == "0000:01:00.0" })
        #expect(gpu.id.description == "10de:1f02")
        #expect(gpu.class.isVGA)
        #expect(gpu.subsystem?.description == "1462:3733")
        #expect(gpu.revision == 0xa1)
        #expect(gpu.name == "NVIDIA Corporation TU106 [GeForce RTX 2070]")
        #expect(gpu.driver == "nouveau")
        #expect(gpu.driverModule == "nouveau")
        #expect(gpu.driverOverride == nil)
        #expect(gpu.modules == .known(["nvidiafb", "nouveau"]))
        #expect(gpu.group == 1)
        #expect(gpu.parent?.description == "0000:00:01.0")
        #expect(gpu.bootVGA == true)
        #expect(gpu.resetMethods == ["flr", "bus"])
        #expect(gpu.powerState == "D3hot")
        #expect(gpu.link == PCILink(currentSpeed: 2.5, maximumSpeed: 8, currentWidth: 8, maximumWidth: 16))
        #expect(gpu.numaNode == nil)
        #expect(gpu.barSizes == [0: 16 << 20, 1: 256 << 20, 3: 32 << 20])
        #expect(gpu.rom == PCIROM(size: 128 << 10, isShadow: true))
    }

    @Test func otherFunctions() throws {
        let functions = try #require(facts.functions.value)
        func at(_ address: String) -> PCIFunction? { functions.first { $0.address.description == address } }
        #expect(at("0000:00:01.0")?.hasSecondaryBus == true)
        #expect(at("0000:00:01.0")?.driverModule == nil)
        #expect(at("0000:01:00.2")?.driver == "xhci_hcd")
        #expect(at("0000:01:00.2")?.driverModule == "xhci_pci")
        #expect(at("0000:01:00.3")?.driver == nil)
        #expect(at("0000:01:00.3")?.driverOverride == "vfio-pci")
        #expect(at("0000:01:00.3")?.modules == .known([]))
        #expect(at("10000:e0:06.0")?.parent?.description == "0000:00:0e.0")
        #expect(at("10000:e0:06.0")?.group == nil)
        #expect(at("0000:00:0e.0")?.numaNode == 1)
        #expect(at("0000:00:1f.6")?.sriov == SRIOV(total: 7, enabled: 1))
        #expect(at("0000:00:1f.7")?.physicalFunction?.description == "0000:00:1f.6")
    }

    @Test func modules() throws {
        #expect(facts.modules.loaded == .known(["nouveau", "snd_hda_intel"]))
        let configuration = try #require(facts.modules.configuration.value)
        #expect(configuration.blacklist == ["nvidiafb"])
        #expect(configuration.softdepPre["nouveau"] == ["vfio-pci"])
        #expect(configuration.options["vfio-pci"] == ["ids=10de:1f02", "disable_vga=1"])
        #expect(configuration.install["pcspkr"] == "/bin/true")
        #expect(facts.modules.builtIn.value == nil, "there is no modules.builtin, so nothing is known about it")
    }

    @Test func initramfs() throws {
        let images = try #require(facts.initramfs.value)
        #expect(images.map(\.kernel) == ["6.8.12-4-pve", "6.5.13-1-pve"])
        #expect(images[0].modules == .known(["nouveau", "vfio_pci"]))
        #expect(images[0].configurationFiles == .known(["/etc/modprobe.d/vfio.conf", "/conf/modules"]))
        #expect(images[0].newerInputs == .known([]))
        #expect(images[1].newerInputs.value?.contains("/etc/modprobe.d/binary.conf") == true)
        #expect(images[1].newerInputs.value?.contains("/etc/modprobe.d/vfio.conf") == false)
        guard case .unknown(let why) = images[1].modules else { return #expect(Bool(false), "it could not be read") }
        #expect(why.reason == .unreadable)
    }

    @Test func boot() throws {
        #expect(facts.boot.loader == .known(.grub))
        #expect(facts.boot.proxmoxBootToolESPs == .known(["6D31-87F4"]))
        #expect(
            facts.boot.grub
                == .known(GrubSettings(commandLine: "", defaultCommandLine: "quiet intel_iommu=on iommu=pt")))
        let entries = try #require(facts.boot.entries.value)
        #expect(entries.map(\.release) == ["6.8.12-4-pve", "6.8.12-4-pve"])
        #expect(entries[0].arguments == "root=/dev/mapper/pve-root ro quiet intel_iommu=on")
        #expect(entries[0].initrds == ["/boot/initrd.img-6.8.12-4-pve"])
        #expect(entries.map(\.isRecovery) == [false, true])
    }

    @Test func files() throws {
        #expect(facts.files["/etc/kernel/cmdline"] == .known(FileContent(bytes: nil)))
        #expect(facts.files["/etc/modprobe.d/blacklist.conf"] == .known(FileContent(bytes: nil)))
        let vfio = try #require(facts.files["/etc/modprobe.d/vfio.conf"]?.value)
        #expect(vfio.text == "options vfio-pci ids=10de:1f02")
        #expect(vfio.mode == 0o644)
        let binary = try #require(facts.files["/etc/modprobe.d/binary.conf"]?.value)
        #expect(binary.bytes == Array("#\0\u{1b}[2J\n@t3stn0nce2 > 0\n".utf8), "byte for byte, marks and all")
        let link = try #require(facts.files["/etc/modules-load.d/modules.conf"]?.value)
        #expect(link.linkTarget == "../modules")
        #expect(link.text == "vfio\nvfio_pci\n")
    }

    @Test func guestsAndCluster() throws {
        #expect(facts.proxmox.version == .known("8.4.14"))
        #expect(facts.proxmox.nodeName == .known("pve1"))
        let guests = try #require(facts.guests.value)
        #expect(guests.map(\.id.number) == [100, 101, 200])
        #expect(guests.map(\.state) == [.known(.stopped), .known(.stopped), .known(.stopped)])
        #expect(guests[0].configuration == .known("bios: ovmf\nhostpci0: 01:00,pcie=1\n"))
        let cluster = try #require(facts.cluster.value)
        #expect(cluster.name == "prod")
        #expect(cluster.quorate == true)
        #expect([cluster.expectedVotes, cluster.totalVotes, cluster.quorum] == [3, 3, 2])
        #expect(cluster.members.map(\.name) == ["192.0.2.10", "192.0.2.11", "Qdevice"])
        #expect(cluster.members.map(\.isLocal) == [true, false, false])
    }

    @Test func hostUses() throws {
        let uses = try #require(facts.hostUses.value)
        func ways(_ purpose: HostUse.Purpose) -> [String] {
            uses.filter { $0.purpose == purpose }.map { ($0.path + [$0.function.description]).joined(separator: ">") }
        }
        let network = "vmbr0>bond0.5>bond0>eno1>0000:00:1f.6"
        for purpose in [HostUse.Purpose.defaultRoute, .bridgePort, .management, .corosync] {
            #expect(ways(purpose) == [network])
        }
        #expect(ways(.rootFileSystem) == ["dm-1>nvme0n1p3>10000:e0:06.0"])
        #expect(ways(.swap) == ["dm-0>nvme0n1p3>10000:e0:06.0"])
        #expect(ways(.bootFileSystem) == ["nvme0n1p2>10000:e0:06.0"])
        #expect(ways(.lvmPhysicalVolume).contains("nvme0n1p3>10000:e0:06.0"))
        #expect(!uses.contains { $0.subject.contains("vm--100") }, "guests' volumes are no use of the host")
    }
}
