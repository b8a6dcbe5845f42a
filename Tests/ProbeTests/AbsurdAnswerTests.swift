import Fleet
import Probe
import Testing

/// Answers that are framed well and claim what no node is: each would take hours or all memory if it were followed.
@Suite(.timeLimit(.minutes(1))) struct AbsurdAnswerTests {
    private static func facts(_ parts: [(name: String, content: String)]) -> NodeFacts {
        var text = "VFIOFLEET-PROBE 1 n0nce\n"
        for (name, content) in parts { text += "@n0nce < \(name)\t0\tcat x\n\(content)\n@n0nce > 0\n" }
        return ProbeParser.parse(Array((text + "@n0nce . \(parts.count)\n").utf8))
    }

    /// What a node's uses are read from, with nothing in it.
    private static let bare: [(name: String, content: String)] = [
        ("addresses", ""), ("routes", ""), ("login", "192.0.2.1"), ("udev", ""), ("swaps", ""),
        ("mounts", "8:0 / ext4 /dev/sda"),
        ("files", "path\tlink\n/etc/hosts\t-\n/etc/pve/corosync.conf\t-\n/etc/kernel/proxmox-boot-uuids\t-"),
        ("file:/etc/hosts", ""), ("file:/etc/pve/corosync.conf", ""), ("file:/etc/kernel/proxmox-boot-uuids", ""),
        ("zpool", ""),
        ("block", "name\tpath\tnumber\tlower\tmapper\tpaths\nsda\t/sys/devices/0000:00:17.0/sda\t8:0\t\t-\t"),
        ("cmdline", ""),
    ]

    private static func reason<Value>(_ fact: Observed<Value>) -> Unknown.Reason? {
        if case .unknown(let why) = fact { why.reason } else { nil }
    }

    @Test func interfacesThatAllRestOnEachOther() {
        let names = (0..<40).map { "eth\($0)" }
        let rows = names.map { "\n\($0)\t-\t-\tbridge\t\(names.joined(separator: " "))" }.joined()
        let facts = Self.facts(Self.bare + [("net", "name\tpath\tmac\tkind\tlower" + rows)])
        #expect(facts.interfaces.value?.count == 40)
        #expect(Self.reason(facts.hostUses) == .malformed)
    }

    @Test func aChainOfInterfacesThatIsTooLongIsNotTakenForNoUse() {
        let rows = (0..<200).map { "\nvmbr\($0)\t-\t-\tbridge\tvmbr\($0 + 1)" }.joined()
        let facts = Self.facts(Self.bare + [("net", "name\tpath\tmac\tkind\tlower" + rows)])
        #expect(Self.reason(facts.hostUses) == .malformed)
    }

    @Test func menusInEachOther() {
        let menu = String(repeating: "submenu 'x' {\nlinux /boot/vmlinuz-1\n", count: 40_000)
        let facts = Self.facts([("grub-cfg", "set default=0\n" + menu)])
        #expect(Self.reason(facts.boot.entries) == .malformed)
        #expect(Self.reason(facts.boot.grubChoice) == .malformed)
    }

    @Test func oneGuestAThousandTimes() {
        let configuration = String(repeating: "# a long note\n", count: 20_000)
        let rows = String(repeating: "\nqemu\t100\tstopped", count: 20_000)
        let facts = Self.facts([("guests", "kind\tid\tpid" + rows), ("guest:qemu:100", configuration)])
        #expect(Self.reason(facts.guests) == .malformed)
    }

    @Test func oneImageAThousandTimes() {
        let listing = String(repeating: "/lib/modules/6/kernel/a.ko\n", count: 50_000)
        let rows = String(repeating: "\n6\t/boot/initrd.img-6\ty", count: 20_000)
        let facts = Self.facts([
            ("initramfs", "kernel\tpath\tlisted" + rows), ("initramfs:/boot/initrd.img-6", listing),
        ])
        #expect(Self.reason(facts.initramfs) == .malformed)
    }

    @Test func oneFileAThousandTimes() {
        let text = String(repeating: "x", count: 1_000_000)
        let rows = String(repeating: "\n/etc/modules\t-", count: 50_000)
        let facts = Self.facts([("files", "path\tlink" + rows), ("file:/etc/modules", text)])
        #expect(facts.files["/etc/modules"]?.value?.bytes?.count == 1_000_000)
        #expect(facts.diagnoses.first?.part == "files")
    }

    @Test func aPartBeyondEveryLimitIsCut() {
        let facts = Self.facts([("cmdline", String(repeating: "x", count: 3 << 20))])
        #expect(Self.reason(facts.kernelCommandLine) == .truncated)
    }

    @Test func functionsAndNamesInAnyOrder() {
        let addresses = (0..<16_000).map { number in
            let (bus, device, function) = (number / 256, number / 8 % 32, number % 8)
            let hex = { (value: Int) in String(value + 0x100, radix: 16).suffix(2) }
            return "0000:\(hex(bus)):\(hex(device)).\(function)"
        }
        let columns = "address\tclass\tvendor\tdevice\tpci_bus\tmdev"
        let rows = addresses.map { "\n\($0)\t0x020000\t0x8086\t0x1533\tn\tn" }.joined()
        let names = addresses.reversed().map { #"\#($0) "c" "Intel" "I210""# }.joined(separator: "\n")
        let facts = Self.facts([("pci", columns + rows), ("lspci", names)])
        #expect(facts.functions.value?.count == 16_000)
        #expect(facts.functions.value?.allSatisfy { $0.name == "Intel I210" } == true)
    }

    @Test func whatIsAttachedAndCouldNotBeReadIsSaid() throws {
        var text = "VFIOFLEET-PROBE 1 n0nce\n"
        let parts = Self.bare + [("net", "name\tpath\tmac\tkind\tlower")]
        for (name, content) in parts { text += "@n0nce < \(name)\t0\tcat x\n\(content)\n@n0nce > 0\n" }
        text += "@n0nce < attached\t0\tls\n\n@n0nce > unreadable\n@n0nce . \(parts.count + 1)\n"
        let untraced = ProbeParser.parse(Array(text.utf8)).untracedUses
        #expect(untraced.contains { $0.purpose == .serialConsole && $0.detail.contains("could not be told") })
    }
}
