package import Fleet

extension NodeFacts {
    /// `Proxmox VE 9.0.3, grub, IOMMU on, 61 functions, 1 GPU`
    package var words: String {
        let version = proxmox.version.value.flatMap(\.self).map { "Proxmox VE \($0)" } ?? "no Proxmox VE"
        let loader = boot.loader.value.map { "\($0.rawValue)" } ?? "boot loader unknown"
        let iommu = iommu.isOn.value.map { $0 ? "IOMMU on" : "IOMMU off" } ?? "IOMMU unknown"
        let functions = functions.value ?? []
        let cards = functions.count { $0.class.isDisplay || $0.class.isAccelerator }
        let findings = findings.summary.map { ", \($0)" } ?? ""
        return "\(version), \(loader), \(iommu), \(functions.count) functions, "
            + "\(cards) GPU\(cards == 1 ? "" : "s")\(findings)"
    }
}

extension [Finding] {
    /// `3 findings (acs-override, vfio-ids-junk 2)`; nil = there are none.
    fileprivate var summary: String? {
        guard !isEmpty else { return nil }
        let kinds = FindingCode.allCases.compactMap { code -> String? in
            let number = count { $0.code == code }
            return number == 0 ? nil : number == 1 ? code.rawValue : "\(code.rawValue) \(number)"
        }
        return "\(count) finding\(count == 1 ? "" : "s") (\(kinds.joined(separator: ", ")))"
    }
}
