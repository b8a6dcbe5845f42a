import TestSupport
import Testing

@testable import Fleet

@Suite struct FindingTests {
    /// A board with an NVIDIA card at 01:00 and the host's own sound and network.
    static let machine = "intel-z390-rtx2070"

    static func findings(_ change: (inout NodeSetup) -> Void) throws -> [Finding] {
        var facts = try Fixtures.facts(machine, change)
        facts.iommu.interruptRemapping = .known(true)
        return facts.findings
    }

    @Test func aFreshNodeHasNone() throws {
        for machine in try Fixtures.machines() {
            #expect(NodeFacts(machine).findings.map(\.message) == [], "\(machine.name)")
        }
    }

    @Test(arguments: [
        (FindingCode.idsJunk, "/etc/modprobe.d/vfio.conf", "options vfio-pci ids=<vendor-id>,10de:1f02\n", 1),
        (.idsJunk, "/etc/modprobe.d/vfio.conf", "options vfio-pci ids=0000:01:00.0,10de:1f02\n", 1),
        (
            .idsAbsent, "/etc/modprobe.d/old.conf", "# a card of last year\noptions vfio_pci ids=10de:1b80,10de:1f02\n",
            2
        ),
        (.installCommand, "/etc/modprobe.d/x.conf", "\n\ninstall vfio-pci /sbin/vfio-pci-override.sh\n", 3),
        (.moduleObsolete, "/etc/modules", "vfio\nvfio_iommu_type1\nvfio_pci\nvfio_virqfd\n", 4),
        (.moduleObsolete, "/etc/initramfs-tools/modules", "vfio_virqfd\n", 1),
        (.blacklistNeedless, "/etc/modprobe.d/blacklist.conf", "blacklist nouveau\nblacklist radeon\n", 2),
        (.unsafeInterrupts, "/etc/modprobe.d/iommu.conf", "options vfio_iommu_type1 allow_unsafe_interrupts=1\n", 1),
        (
            .acsOverride, "/etc/default/grub",
            "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\\\n pcie_acs_override=downstream\"\n", 2
        ),
        (.idsOnCommandLine, "/etc/default/grub", "GRUB_CMDLINE_LINUX='vfio-pci.ids=10de:1f02'\n", 1),
        (.argumentDead, "/etc/default/grub", "GRUB_CMDLINE_LINUX='video=efifb:off,vesafb:off'\n", 1),
        (.argumentDead, "/etc/default/grub", "GRUB_CMDLINE_LINUX=amd_iommu=on\n", 1),
    ])
    func oneIsFoundWhereItStands(code: FindingCode, path: String, text: String, line: Int) throws {
        let found = try Self.findings { $0.files[path] = text }
        #expect(found.map(\.code) == [code], "\(found)")
        let place = try #require(found.first?.places.first)
        #expect(place.path == path && place.line == line)
        #expect(place.text == text.split(separator: "\n", omittingEmptySubsequences: false)[line - 1])
        #expect(found.first?.evidence.isEmpty == false)
    }

    @Test func whatIsInForceIsNoFinding() throws {
        let found = try Self.findings {
            $0.files = [
                "/etc/modprobe.d/vfio.conf":
                    "options vfio-pci ids=10de:1f02,10de:10f9,10de:1ada,10de:1adb disable_vga=1\n"
                    + "softdep nouveau pre: vfio-pci\n",
                "/etc/modprobe.d/blacklist.conf": "blacklist nouveau\nblacklist nvidia\n",
                "/etc/modules": "vfio\nvfio_iommu_type1\nvfio_pci\n",
                "/etc/modprobe.d/kvm.conf": "options kvm ignore_msrs=1\ninstall nouveau /bin/false\n",
            ]
        }
        #expect(found.map(\.message) == [])
    }

    @Test func theLastListOfIDsCounts() throws {
        let found = try Self.findings {
            $0.files = [
                "/etc/modprobe.d/a.conf": "options vfio-pci ids=10de:1f02\noptions vfio-pci ids=10de:10f9\n",
                "/etc/modprobe.d/vfio.conf": "options vfio-pci ids=10de:1f02,10de:10f9\n",
            ]
        }
        #expect(found.map(\.code) == [.idsHidden, .idsHidden])
        #expect(found.map { $0.places[0].place } == ["/etc/modprobe.d/a.conf:1", "/etc/modprobe.d/a.conf:2"])
    }

    @Test func theSameInSeveralFiles() throws {
        let found = try Self.findings {
            $0.files = [
                "/etc/modprobe.d/blacklist.conf": "blacklist nouveau\n",
                "/etc/modprobe.d/nvidia.conf": "blacklist nouveau\n",
                "/etc/modprobe.d/pve-blacklist.conf": "blacklist nouveau\n",
                "/etc/modprobe.d/vfiofleet.conf": "blacklist nouveau\n",
                "/etc/modules": "vfio\n", "/etc/modules-load.d/vfio.conf": "vfio\nvfio_pci\n",
            ]
        }
        #expect(found.map(\.code) == [.settingRepeated, .settingRepeated])
        #expect(found.map { $0.places.count } == [2, 2])
    }

    @Test func aBlacklistThatTakesTheHostsSound() throws {
        var facts = try Fixtures.facts(Self.machine) {
            $0.files["/etc/modprobe.d/b.conf"] = "blacklist snd_hda_intel\n"
        }
        facts.functions = facts.functions.map { all in
            all.map { function in
                var function = function
                if function.driver == "snd_hda_intel" {
                    function.driver = nil
                    function.modules = .known(["snd_hda_intel"])
                }
                return function
            }
        }
        let found = try #require(facts.findings.first)
        #expect(found.code == .blacklistTakesDriver)
        #expect(found.message.contains("00:1f.3") && !found.message.contains("01:00.1"), "\(found.message)")
    }

    @Test func scriptsAndHooks() throws {
        var facts = try Fixtures.facts(Self.machine) {
            $0.guests = [
                100: "hookscript: local:snippets/gpu.sh\nhostpci0: 01:00\n", 101: "hookscript: local:snippets/x\n",
            ]
        }
        facts.deviceScripts = .known([
            FileLine(path: "/etc/rc.local", line: 3, text: "# echo 1 > /sys/bus/pci/rescan"),
            FileLine(path: "/etc/rc.local", line: 4, text: "  echo 1 > /sys/bus/pci/devices/0000:01:00.0/remove"),
            FileLine(path: "/etc/initramfs-tools/scripts/init-top/00-vfiofleet", line: 9, text: "driver_override"),
        ])
        let found = facts.findings
        #expect(found.map(\.code) == [.deviceScript, .hookScript])
        #expect(found[0].places.map(\.line) == [4])
        #expect(found[1].places.map(\.place) == ["/etc/pve/qemu-server/100.conf:1"])
        #expect(found.allSatisfy { !$0.isCleanable })
    }

    @Test func anArgumentThatOnlyTheRunningKernelHas() throws {
        let found = try Self.findings {
            $0.arguments = "quiet pcie_acs_override=downstream,multifunction"
            $0.grub = "GRUB_CMDLINE_LINUX_DEFAULT=quiet\n"
        }
        #expect(found.map(\.code) == [.acsOverride])
        #expect(found.first?.isCleanable == false)
        #expect(found.first?.message.contains("goes with the next boot") == true)
    }

    @Test func modulesThatSecureBootMayRefuse() throws {
        var facts = try Fixtures.facts(Self.machine)
        facts.secureBoot = .known(true)
        facts.modules.builtHere = .known(["vendor-reset", "r8125"])
        facts.modules.loaded = .known(["r8125"])
        #expect(facts.findings.map(\.code) == [.unsignedModule])
        #expect(facts.findings.first?.message.contains("vendor-reset is built") == true)
        facts.secureBoot = .known(false)
        #expect(facts.findings.isEmpty)
    }

    @Test func interruptsAreLeftUnsafeWhereTheyMustBe() throws {
        var facts = try Fixtures.facts(Self.machine) {
            $0.files["/etc/modprobe.d/i.conf"] = "options vfio_iommu_type1 allow_unsafe_interrupts=Y\n"
        }
        facts.iommu.interruptRemapping = .known(false)
        #expect(facts.findings.map(\.code) == [.unsafeInterrupts])
        #expect(facts.findings.first?.isCleanable == false)
    }
}
