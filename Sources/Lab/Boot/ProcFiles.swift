import Fleet

/// The node's own entries of `/proc`, which are bound over those of the machine.
struct ProcFiles {
    let hardware: Hardware
    let setup: NodeSetup
    let state: KernelState
    let bootID: String

    /// Path below `/proc` to content.
    var contents: [(path: String, text: String)] {
        [
            ("cmdline", state.commandLine + "\n"), ("sys/kernel/random/boot_id", bootID + "\n"),
            ("modules", modules), ("cpuinfo", cpuinfo), ("meminfo", Self.meminfo), ("iomem", iomem),
            ("version", "Linux version \(state.release) (build@proxmox) (gcc 12.2.0) #1 SMP PREEMPT_DYNAMIC\n"),
            ("sys/kernel/osrelease", state.release + "\n"), ("sys/kernel/hostname", setup.hostName + "\n"),
            ("swaps", swaps),
        ]
    }

    private var modules: String {
        state.modules.reversed().map { "\($0.name.normalized) 65536 0 - Live 0x0000000000000000\n" }.joined()
    }

    private var cpuinfo: String {
        let vendor =
            switch hardware.cpu {
            case .intel: "GenuineIntel"
            case .amd: "AuthenticAMD"
            case .other: ""
            }
        if hardware.cpu == .other {
            return (0..<4).map {
                "processor\t: \($0)\nBogoMIPS\t: 50.00\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n\n"
            }.joined()
        }
        let flag = hardware.cpu == .intel ? "vmx" : "svm"
        return (0..<4).map { number in
            """
            processor\t: \(number)
            vendor_id\t: \(vendor)
            cpu family\t: 6
            model\t\t: 158
            model name\t: \(hardware.cpuModel)
            stepping\t: 12
            cpu MHz\t\t: 3600.000
            cache size\t: 9216 KB
            physical id\t: 0
            core id\t\t: \(number)
            cpu cores\t: 4
            flags\t\t: fpu vme de pse tsc msr pae mce cx8 apic sep mtrr \(flag) x2apic sse4_2 aes avx
            address sizes\t: \(hardware.cpu == .amd ? "48 bits physical, 48 bits virtual" : "39 bits physical, 48 bits virtual")
            power management:


            """
        }.joined()
    }

    private static let meminfo = """
        MemTotal:       65756380 kB
        MemFree:        58231044 kB
        MemAvailable:   61840156 kB
        Buffers:          120124 kB
        Cached:          3418272 kB
        SwapTotal:       8388604 kB
        SwapFree:        8388604 kB
        HugePages_Total:       0
        HugePages_Free:        0
        Hugepagesize:       2048 kB

        """

    /// A console driver that is not bound leaves the firmware's frame buffer in place.
    private var iomem: String {
        let console = hardware.functions.first(where: \.isBootVGA)
        let isFree = console.map { state.drivers[$0.address] == nil } ?? false
        var lines = ["00001000-0009ffff : System RAM", "00100000-bfffffff : System RAM"]
        guard let console, setup.firmware == .uefi else { return lines.map { $0 + "\n" }.joined() }
        let bus = hex(console.address.domain, digits: 4) + ":" + hex(console.address.bus, digits: 2)
        lines += ["c0000000-febfffff : PCI Bus \(bus)", "  d0000000-dfffffff : \(console.address)"]
        if isFree { lines.append("    d0000000-d07fffff : BOOTFB") }
        return lines.map { $0 + "\n" }.joined()
    }

    private var swaps: String {
        "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
            + (setup.root == .lvm && setup.rootDisk != nil
                ? "/dev/dm-0                               partition\t8388604\t\t0\t\t-2\n" : "")
    }
}
