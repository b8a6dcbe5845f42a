/// The `-cpu` argument (`CPUConfig.pm`): flags that Proxmox sets, then Hyper-V's, then the guest's own, sorted by name.
extension KVMCommand {
    private struct Flag {
        var sign = ""
        var value: String?

        func text(_ name: String) -> String { sign + name + (value.map { "=\($0)" } ?? "") }
    }

    func processorModel(hidesHypervisor: Bool, hasGraphics: Bool) throws -> String {
        let cpu = try parsed("cpu", .cpu) ?? PropertyString()
        var type = cpu["cputype"] ?? (usesKVM ? "kvm64" : "qemu64")
        if type == "Icelake-Client" || type == "Icelake-Client-noTSX" {
            type = type.replacing("Client", with: "Server")
        }
        var flags = ownFlags(type)
        if usesKVM { flags.merge(enlightenments(hasGraphics, vendor: cpu["hv-vendor-id"])) { $1 } }
        for flag in (cpu["flags"] ?? "").split(separator: ";") {
            flags[String(flag.dropFirst())] = Flag(sign: String(flag.prefix(1)))
        }
        if type != "host" && usesKVM { flags["enforce"] = Flag() }
        if cpu["hidden"].map({ $0 == "1" }) ?? hidesHypervisor { flags["kvm"] = Flag(value: "off") }
        if let vendor = CPUModel.vendors[type], !vendor.isEmpty { flags["vendor"] = Flag(value: vendor) }
        let list = flags.sorted { $0.key < $1.key }.map { "," + $0.value.text($0.key) }
        return type + list.joined() + physicalBits(cpu["phys-bits"])
    }

    private func physicalBits(_ bits: String?) -> String {
        guard let bits else { return "" }
        return bits == "host" ? ",host-phys-bits=true" : ",phys-bits=\(bits)"
    }

    private func ownFlags(_ type: String) -> [String: Flag] {
        var flags: [String: Flag] = [:]
        if type == "kvm64" { flags["lahf_lm"] = Flag(sign: "+") }
        if type == "kvm64" || type == "kvm32" { flags["sep"] = Flag(sign: "+") }
        if type.hasPrefix("Opteron") { flags["rdtscp"] = Flag(sign: "-") }
        if options["ostype"] == "solaris" { flags["x2apic"] = Flag(sign: "-") }
        if usesKVM {
            flags["kvm_pv_unhalt"] = Flag(sign: "+")
            flags["kvm_pv_eoi"] = Flag(sign: "+")
        }
        return flags
    }

    private func enlightenments(_ hasGraphics: Bool, vendor: String?) -> [String: Flag] {
        guard let version = windows?.number, version >= 6, options["bios"] != "ovmf" || version >= 8 else { return [:] }
        var flags: [String: Flag] = [:]
        if hasGraphics || vendor != nil { flags["hv_vendor_id"] = Flag(value: vendor ?? "proxmox") }
        flags["hv_spinlocks"] = Flag(value: "0x1fff")
        for name in ["hv_vapic", "hv_time", "hv_reset", "hv_vpindex", "hv_runtime"] { flags[name] = Flag() }
        if version >= 7 {
            for name in ["hv_relaxed", "hv_synic", "hv_stimer", "hv_ipi"] { flags[name] = Flag() }
        }
        return flags
    }
}
