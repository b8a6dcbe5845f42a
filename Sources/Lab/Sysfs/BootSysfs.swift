import Fleet

/// The part of `/sys` that a boot decides: drivers, modules, IOMMU groups, interfaces, disks, firmware.
struct BootSysfs {
    let hardware: Hardware
    let setup: NodeSetup
    let state: KernelState
    let layout: SysfsLayout
    let files: NodeFiles

    init(_ hardware: Hardware, _ setup: NodeSetup, _ state: KernelState, root: String) {
        self.hardware = hardware
        self.setup = setup
        self.state = state
        layout = SysfsLayout(hardware)
        files = NodeFiles(root: root)
    }

    func write() throws(LabError) {
        try writeModules()
        try writeDrivers()
        if state.isIOMMUOn { try writeGroups() }
        try writeInterrupts()
        try writeInterfaces()
        try writeDisks()
        try writeUSB()
        try writeAttached()
        try writeFirmware()
        try writeSecurity()
    }

    private func writeModules() throws(LabError) {
        for module in state.modules {
            let directory = "/module/\(module.name.normalized)"
            try files.make("\(directory)/initstate", "live\n", mode: 0o444)
            try files.make("\(directory)/refcnt", "0\n", mode: 0o444)
            for option in module.options + defaults(of: module.name) {
                let parts = option.split(separator: "=", maxSplits: 1)
                let path = "\(directory)/parameters/\(parts[0])"
                if files.exists(path) { continue }
                try files.make(path, (parts.count > 1 ? Self.shown(String(parts[1])) : "Y") + "\n", mode: 0o444)
            }
        }
    }

    private func defaults(of module: ModuleName) -> [String] {
        switch module {
        case "vfio_pci": ["ids=", "disable_vga=0", "disable_idle_d3=0", "enable_sriov=0"]
        case "vfio_iommu_type1": ["allow_unsafe_interrupts=0", "dma_entry_limit=65535"]
        default: []
        }
    }

    /// The kernel prints a boolean parameter as `Y` or `N`.
    private static func shown(_ value: String) -> String { ["1": "Y", "0": "N"][value] ?? value }

    private func writeDrivers() throws(LabError) {
        for driver in Set(state.drivers.values).union(registered) {
            let directory = "/bus/pci/drivers/\(driver.name)"
            for name in ["bind", "unbind", "new_id", "remove_id"] {
                try files.make("\(directory)/\(name)", "", mode: 0o200)
            }
            if state.isLoaded(driver.module) {
                let module = "/module/\(driver.module.normalized)"
                try files.relate(directory, "module", to: module)
                try files.relate("\(module)/drivers", "pci:\(driver.name)", to: directory)
            }
        }
        for (address, driver) in state.drivers {
            let device = layout.directory(of: address)
            try files.relate("/bus/pci/drivers/\(driver.name)", "\(address)", to: device)
            try files.relate(device, "driver", to: "/bus/pci/drivers/\(driver.name)")
        }
        for (address, name) in state.overrides {
            try files.make("\(layout.directory(of: address))/driver_override", name + "\n")
        }
    }

    /// Drivers of loaded modules that hold no function.
    private var registered: [Driver] {
        let known = Set(hardware.functions.flatMap(\.drivers)).union([Driver.vfio])
        return known.filter { state.isLoaded($0.module) }
    }

    private func writeGroups() throws(LabError) {
        for function in hardware.functions {
            guard let group = function.group else { continue }
            let directory = "/kernel/iommu_groups/\(group)"
            let device = layout.directory(of: function.address)
            try files.relate("\(directory)/devices", "\(function.address)", to: device)
            try files.relate(device, "iommu_group", to: directory)
            let unit = self.unit(of: function)
            try files.relate(device, "iommu", to: "/devices/virtual/iommu/\(unit)")
            try files.relate("/devices/virtual/iommu/\(unit)/devices", "\(function.address)", to: device)
        }
        let type = state.commandLine.split(separator: " ").contains("iommu=pt") ? "identity" : "DMA-FQ"
        for group in Set(hardware.functions.compactMap(\.group)) {
            try files.make("/kernel/iommu_groups/\(group)/type", type + "\n", mode: 0o644)
            try files.make("/kernel/iommu_groups/\(group)/reserved_regions", reservedRegions(group), mode: 0o444)
        }
        for unit in state.iommuUnits {
            files.makeDirectories("/devices/virtual/iommu/\(unit)")
            try files.relate("/class/iommu", unit, to: "/devices/virtual/iommu/\(unit)")
        }
    }

    /// What no guest's memory may lie on: the window of interrupts, AMD's HyperTransport range, and what the firmware keeps
    /// for a device. For USB and integrated graphics that is relaxable (`device_rmrr_is_relaxable` of drivers/iommu/intel).
    private func reservedRegions(_ group: Int) -> String {
        let members = hardware.functions.filter { $0.group == group }
        var lines: [String] = []
        if members.contains(where: { setup.reserved.contains($0.address) }) {
            lines.append("0x00000000000e8000 0x00000000000e8fff direct")
        }
        switch hardware.cpu {
        case .intel:
            if members.contains(where: {
                $0.parent == nil && ($0.described.class.isUSB || $0.described.class.isDisplay)
            }) {
                lines.append("0x000000008c000000 0x000000009fffffff direct-relaxable")
            }
            lines.append("0x00000000fee00000 0x00000000feefffff msi")
        case .amd:
            lines.append("0x00000000fee00000 0x00000000feefffff msi")
            lines.append("0x000000fd00000000 0x000000ffffffffff reserved")
        case .other: lines.append("0x0000000008000000 0x00000000080fffff msi")
        }
        return lines.map { $0 + "\n" }.joined()
    }

    /// Proxmox' kernels lock themselves down where Secure Boot is on.
    private func writeSecurity() throws(LabError) {
        let levels = setup.secureBoot ? "none [integrity] confidentiality" : "[none] integrity confidentiality"
        try files.make("/kernel/security/lockdown", levels + "\n", mode: 0o644)
    }

    private func unit(of function: Hardware.Function) -> String {
        let root = hardware.rootBuses.lastIndex { $0 <= function.bus } ?? 0
        return state.iommuUnits[root % state.iommuUnits.count]
    }

    /// Chips with the prefix `IR-` remap (`arch/x86/kernel/apic`, `drivers/iommu/…/irq_remapping.c`).
    private func writeInterrupts() throws(LabError) {
        guard hardware.cpu != .other else { return }
        let prefix = state.remapsInterrupts ? "IR-" : ""
        let lines = [1, 8, 9].map { ($0, "IO-APIC") } + (24..<(24 + state.drivers.count)).map { ($0, "PCI-MSI") }
        for (number, chip) in lines {
            try files.make("/kernel/irq/\(number)/chip_name", prefix + chip + "\n", mode: 0o444)
        }
    }

    private func writeFirmware() throws(LabError) {
        guard setup.firmware == .uefi else { return }
        let variables = "/firmware/efi/efivars"
        try files.make("/firmware/efi/fw_platform_size", "64\n", mode: 0o444)
        // Four bytes of attributes, then the value (UEFI specification, 3.3).
        let secureBoot: [UInt8] = [6, 0, 0, 0, setup.secureBoot ? 1 : 0]
        try files.make("\(variables)/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c", bytes: secureBoot)
        try files.make("\(variables)/SetupMode-8be4df61-93ca-11d2-aa0d-00e098032b8c", bytes: [6, 0, 0, 0, 0])
        for (name, texts) in loaderVariables {
            let units: [UInt16] = texts.flatMap { text -> [UInt16] in Array(text.utf16) + [0] }
            let bytes: [UInt8] = units.flatMap { unit -> [UInt8] in [UInt8(truncatingIfNeeded: unit), UInt8(unit >> 8)]
            }
            try files.make("\(variables)/\(name)-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f", bytes: [6, 0, 0, 0] + bytes)
        }
    }

    /// What the loader tells of itself; GRUB does only since 2.12, which comes with Proxmox VE 9.
    private var loaderVariables: [(name: String, texts: [String])] {
        switch setup.loader {
        case .grub, .grubOnESP: setup.proxmoxVersion.hasPrefix("9") ? [("LoaderInfo", ["GRUB 2.12-9+pmx2"])] : []
        case .systemdBoot:
            [
                ("LoaderInfo", ["systemd-boot 252.33-1~deb12u1"]),
                ("LoaderEntrySelected", ["proxmox-\(state.release).conf"]),
                ("LoaderEntries", setup.kernels.map { "proxmox-\($0).conf" }),
            ]
        case .unifiedImage:
            [("LoaderInfo", ["systemd-boot 257.3"]), ("StubInfo", ["systemd-stub 257.3"])]
        }
    }
}
