/// Judges the proof chain of one node by fresh facts. Pure; what a fact does not tell is `unknown`, never a failure.
///
/// An argument that only switches the IOMMU on (`intel_iommu=on`, `amd_iommu=on`) is not missed where the playbook has
/// the guide's arguments and the IOMMU is on without it: recent kernels switch it on by themselves. A playbook with
/// arguments of its own is taken at its word. What an apply writes satisfies both.
public enum Verifier {
    /// `facts` nil = the node could not be asked.
    public static func verify(node: NodeName, facts: NodeFacts?, settings: NodeSettings) -> NodeCompliance {
        guard let facts else {
            return NodeCompliance(node: node, checks: [CheckResult(.files, .unknown, "\(node) could not be asked.")])
        }
        let situation = Situation(facts, settings.tolerating(facts))
        guard !situation.isLeftAlone else { return NodeCompliance(node: node, checks: situation.absentDevices) }
        let chain = ProofChain(situation)
        let strict = ProofChain(Situation(facts, settings)).files()
        let files = strict.status == .pass ? strict : chain.files()
        let host = [files, chain.initramfs(), chain.bootConfiguration(), chain.kernelCommandLine()]
        let devices = [chain.present(), chain.drivers(), chain.groups()]
        let checks =
            host.compactMap(\.self) + [chain.iommu()] + devices.flatMap(\.self) + GuestProof(situation).checks()
        return NodeCompliance(node: node, checks: checks)
    }
}

extension NodeSettings {
    /// Without the arguments that only switch on what already is on, if the playbook has the guide's.
    fileprivate func tolerating(_ facts: NodeFacts) -> NodeSettings {
        guard facts.iommu.isOn == .known(true) else { return self }
        let usual = KernelSettings.guide
        var settings = self
        if kernel.intel == usual.intel { settings.kernel.intel = kernel.intel?.filter { $0 != "intel_iommu=on" } }
        if kernel.amd == usual.amd { settings.kernel.amd = kernel.amd?.filter { $0 != "amd_iommu=on" } }
        return settings
    }
}

extension Situation {
    /// The node has none of the devices, and need not have them.
    fileprivate var absentDevices: [CheckResult] {
        resolution.reasons.map { CheckResult(.present, .pass, $0.message) }
    }
}
