extension FindingScope {
    var bootTokens: [BootToken] { BootToken.all(facts, files) }

    var commandLineFindings: [Finding] {
        let configured = bootTokens
        let running = facts.kernelCommandLine.value?.kernelTokens ?? []
        var seen: Set<String> = []
        return (configured.map(\.text) + running).compactMap { token in
            guard seen.insert(token).inserted, let (code, meaning) = judge(token) else { return nil }
            let written = configured.filter { $0.text == token }
            let when =
                written.isEmpty
                ? " It is no longer in the settings, and goes with the next boot."
                : running.contains(token) ? "" : " It takes effect at the next boot."
            return Finding(
                code, "“\(token)” on the kernel command line \(meaning)\(when)", at: written.compactMap(\.place),
                evidence: running.contains(token) ? [Seen.commandLine(running.joined(separator: " "))] : [],
                cleanings: isWanted(token) || isNeeded(code) ? [] : written.compactMap(\.cleaning))
        }
    }

    /// Tokens of the running kernel or its settings that findings of this kind are about.
    func commandLineTokens(of code: FindingCode) -> Set<String> {
        let all = bootTokens.map(\.text) + (facts.kernelCommandLine.value?.kernelTokens ?? [])
        return Set(all.filter { judge($0)?.code == code && !isWanted($0) && !isNeeded(code) })
    }

    private func isNeeded(_ code: FindingCode) -> Bool { code == .unsafeInterrupts && needsUnsafeInterrupts }

    private func isWanted(_ token: String) -> Bool {
        guard let kernel = settings?.kernel else { return false }
        return WantedArguments(facts, kernel).list.contains { $0.description == token }
    }

    private func judge(_ token: String) -> (code: FindingCode, meaning: String)? {
        let key = KernelTokens.key(token)
        let value = KernelTokens.value(token)
        switch key.withUnderscores {
        case "pcie_acs_override":
            return (
                .acsOverride,
                "makes the kernel show smaller IOMMU groups than the hardware separates: guests may reach each other's "
                    + "devices and the host's."
            )
        case "vfio_iommu_type1.\(Self.unsafeOption)" where Self.isTrue(value):
            return (.unsafeInterrupts, unsafeInterruptsAdvice)
        case "vfio_pci.ids" where facts.modules.builtIn.value?.contains("vfio-pci") != true:
            return (
                .idsOnCommandLine, "replaces the ids that /etc/modprobe.d gives to vfio-pci: modprobe reads it last."
            )
        case "video" where isDeadFramebuffer(value):
            return (.argumentDead, "has no effect since Linux 5.15: another driver has the firmware's screen.")
        case "amd_iommu" where facts.cpu.value?.vendor == .intel && !isWanted(token):
            return (.argumentDead, "is for AMD's CPUs, and this one is Intel's.")
        case "intel_iommu" where facts.cpu.value?.vendor == .amd && !isWanted(token):
            return (.argumentDead, "is for Intel's CPUs, and this one is AMD's.")
        default: return nil
        }
    }

    /// `efifb:off`, also with `vesafb:off` and others behind it.
    private func isDeadFramebuffer(_ value: String) -> Bool {
        guard isKernel(atLeast: KernelVersion(5, 15)) else { return false }
        let parts = value.split(separator: ",").map(String.init)
        return !parts.isEmpty
            && parts.allSatisfy { ["efifb:off", "vesafb:off", "vesa:off", "simplefb:off"].contains($0) }
    }
}
