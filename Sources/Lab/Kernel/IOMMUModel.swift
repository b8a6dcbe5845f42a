import Fleet

/// Whether the IOMMU comes on, and what the kernel says about it (messages as in Linux 6.1 to 6.8).
struct IOMMUModel {
    let hardware: Hardware
    let setup: NodeSetup
    let commandLine: KernelCommandLine

    var units: [String] {
        guard isOn else { return [] }
        let count = max(1, min(hardware.rootBuses.count, 16))
        switch hardware.cpu {
        case .intel: return (0..<min(count, 8)).map { "dmar\($0)" }
        case .amd: return (0..<min(count, 8)).map { "ivhd\($0)" }
        case .other: return (0..<count).map { "smmu3.0x\(hex(0x1_0000_0000 * ($0 + 1), digits: 16))" }
        }
    }

    private var isOn: Bool {
        if setup.iommu == .firmwareOff || commandLine.contains("iommu=off") { return false }
        switch hardware.cpu {
        case .intel:
            let switches = commandLine.values("intel_iommu").filter { $0 == "on" || $0 == "off" }
            return switches.last.map { $0 == "on" } ?? (setup.iommu == .on)
        case .amd: return commandLine.values("amd_iommu").last != "off"
        case .other: return true
        }
    }

    /// Interrupts are remapped. Intel's kernel code does so whenever the firmware shows the units, whatever becomes of
    /// the rest (measured: `intel_iommu=off` leaves it on); AMD's goes with the whole IOMMU.
    var remapsInterrupts: Bool {
        if commandLine.contains("intremap=off") || commandLine.contains("nointremap") { return false }
        switch hardware.cpu {
        case .intel: return setup.iommu != .firmwareOff
        case .amd: return isOn
        case .other: return false
        }
    }

    private var isPassthrough: Bool {
        commandLine.contains("iommu=pt") || commandLine.contains("iommu.passthrough=1")
    }

    var log: [String] {
        switch hardware.cpu {
        case .intel: intelLog
        case .amd: amdLog
        case .other:
            isOn ? ["arm-smmu-v3 arm-smmu-v3.0.auto: ias 48-bit, oas 48-bit (features 0x000000ef)"] + domains : []
        }
    }

    private var intelLog: [String] {
        if setup.iommu == .firmwareOff {
            return commandLine.values("intel_iommu").contains("on") ? ["DMAR: IOMMU enabled"] : []
        }
        var lines = ["ACPI: DMAR 0x000000008B3A4000 0000A8 (v01 INTEL  EDK2     00000002      01000013)"]
        if commandLine.values("intel_iommu").contains("on") { lines.append("DMAR: IOMMU enabled") }
        if commandLine.values("intel_iommu").last == "off" { lines.append("DMAR: IOMMU disabled") }
        lines.append("DMAR: Host address width 39")
        if remapsInterrupts { lines.append("DMAR-IR: Enabled IRQ remapping in x2apic mode") }
        guard isOn else { return lines }
        lines += domains
        lines += units.map { "DMAR: \($0): Using Queued invalidation" }
        lines += groupLines
        lines.append("DMAR: Intel(R) Virtualization Technology for Directed I/O")
        return lines
    }

    private var amdLog: [String] {
        var lines = commandLine.values("amd_iommu").contains("on") ? ["AMD-Vi: Unknown option - 'on'"] : []
        guard isOn else { return lines }
        lines += domains
        lines.append("pci 0000:00:00.2: AMD-Vi: IOMMU performance counters supported")
        lines += groupLines
        lines.append("AMD-Vi: Extended features (0x58f77ef22294a5a, 0x0): PPR NX GT IA PC GA_vAPIC")
        if remapsInterrupts { lines.append("AMD-Vi: Interrupt remapping enabled") }
        return lines
    }

    private var domains: [String] {
        isPassthrough
            ? ["iommu: Default domain type: Passthrough (set via kernel command line)"]
            : ["iommu: Default domain type: Translated", "iommu: DMA domain TLB invalidation policy: lazy mode"]
    }

    private var groupLines: [String] {
        hardware.functions.compactMap { function in
            function.group.map { "pci \(function.address): Adding to iommu group \($0)" }
        }
    }
}
