/// OVMF and its variables.
extension KVMCommand {
    private static let directory = "/usr/share/pve-edk2-firmware//"
    private static let narrowModels: Set<String> = [
        "486", "athlon", "coreduo", "kvm32", "pentium", "pentium2", "pentium3", "qemu32",
    ]

    mutating func addFirmware(_ console: inout Console) throws {
        if options["bios"] == "ovmf" {
            let cpu = try parsed("cpu", .cpu)?["cputype"]
            if cpu.map(Self.narrowModels.contains) == true {
                throw ProxmoxFailure("OVMF (UEFI) BIOS is not supported on 32-bit CPU types")
            }
            try addFlash(&console)
        }
        if machine.isQ35 {
            let name = machine.version.isAtLeast(4, 0) ? "pve-q35-4.0.cfg" : "pve-q35.cfg"
            devices += ["-readconfig", "/usr/share/qemu-server/\(name)"]
        }
        if let id = options["vmgenid"], id != "0" { addDevice("vmgenid,guid=\(id)") }
    }

    private mutating func addFlash(_ console: inout Console) throws {
        let disk = try parsed("efidisk0", .efiDisk)
        let isLarge = disk?["efitype"] == "4m"
        let code = isLarge ? (machine.isQ35 ? "OVMF_CODE_4M.secboot.fd" : "OVMF_CODE_4M.fd") : "OVMF_CODE.fd"
        words += ["-drive", "if=pflash,unit=0,format=raw,readonly=on,file=\(Self.directory)\(code)"]
        guard let volume = disk?["file"] else {
            console.warn("WARN: no efidisk configured! Using temporary efivars disk.\n")
            words += [
                "-drive",
                "if=pflash,unit=1,id=drive-efidisk0,format=raw,file=/tmp/\(vmid)-ovmf.fd,size=\(variables(false))",
            ]
            return
        }
        let format = disk?["format"] ?? storages.format(volume)
        let size = format == "raw" ? ",size=\(variables(isLarge))" : ""
        let path = try storages.path(volume)
        words += ["-drive", "if=pflash,unit=1,id=drive-efidisk0,format=\(format),file=\(path)\(size)"]
    }

    private func variables(_ isLarge: Bool) -> Int { EFIVariables.size(isLarge: isLarge) }
}

/// The image of OVMF's variables (`OVMF_VARS*.fd` of pve-edk2-firmware).
enum EFIVariables {
    /// Bytes
    static func size(isLarge: Bool) -> Int { isLarge ? 540_672 : 131_072 }
}
