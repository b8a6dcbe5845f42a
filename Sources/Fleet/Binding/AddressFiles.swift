/// The files that bind functions by address: the script, and vfio-pci inside the initramfs for it to load.
struct AddressFiles {
    static let modules = "/etc/initramfs-tools/modules"

    private(set) var files: NodeFiles
    private(set) var reasons: [Reason] = []

    init(_ binding: BindingPlan, _ facts: NodeFacts, _ files: NodeFiles) {
        self.files = files
        let before = files.observed(EarlyScript.path).value?.bytes.map(EarlyScript.init(reading:))
        guard before != nil || !binding.byAddress.isEmpty else { return }
        let entries = Self.entries(binding, before: before?.entries ?? [])
        guard !entries.isEmpty else {
            self.files.set(EarlyScript.path, to: nil)
            reasons.append(.note(.earlyScript, "\(EarlyScript.path) is removed: nothing is bound by address any more."))
            return
        }
        self.files.set(EarlyScript.path, to: EarlyScript(entries).bytes, mode: EarlyScript.mode)
        guard facts.modules.builtIn.value?.contains(.vfioPCI) != true else { return }
        addModule()
    }

    /// What an earlier playbook gave the script stays, as with ids: other playbooks may look after other devices.
    private static func entries(_ binding: BindingPlan, before: [EarlyScript.Entry]) -> [EarlyScript.Entry] {
        let guards = binding.guarded.map { EarlyScript.Entry(.keep($0.driver), $0.function) }
        let bound = binding.byAddress.map { EarlyScript.Entry(.bind, $0) }
        let decided = Set(
            (guards + bound).map(\.address) + (binding.byID + binding.atStart + binding.keepingDriver).map(\.address))
        let ids = Set(binding.byAddress.map(\.id))
        let others = before.filter { entry in
            guard !decided.contains(entry.address) else { return false }
            if case .keep = entry.order {
                return ids.contains(entry.id) || before.contains { $0.guards(entry, decided) }
            }
            return true
        }
        let kept = others.filter { $0.order != .bind }
        return (guards + kept).sorted { $0.address < $1.address } + bound + others.filter { $0.order == .bind }
    }

    private mutating func addModule() {
        guard case .known(let content) = files.observed(Self.modules) else {
            files.set(Self.modules, to: [])
            return
        }
        let file = ModulesFile(content.bytes ?? [])
        guard !file.modules.contains(.vfioPCI) else { return }
        files.set(Self.modules, to: file.adding([.vfioPCI]))
        let message = "vfio-pci is added to \(Self.modules), so that the script finds it in the initramfs."
        reasons.append(.note(.moduleAdded, message))
    }
}

extension EarlyScript.Entry {
    /// It binds a function for whose sake the other one is kept, and which no decision removes.
    fileprivate func guards(_ other: Self, _ decided: Set<PCIAddress>) -> Bool {
        order == .bind && id == other.id && !decided.contains(address)
    }
}
