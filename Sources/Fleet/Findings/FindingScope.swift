/// A node's facts, and what a playbook wants of it, in the form in which findings are looked for.
struct FindingScope {
    let facts: NodeFacts
    /// Nil = no playbook is asked, as when a node is only looked at.
    let settings: NodeSettings?
    /// The functions that the playbook hands over.
    let wanted: [PCIFunction]
    let files: NodeFiles
    /// All of `/etc/modprobe.d` that modprobe reads, in its order.
    let modprobe: [ReadFile<ModprobeFile>]
    /// Lists of modules to load at the boot.
    let lists: [ReadFile<ModulesFile>]

    struct ReadFile<Content> {
        var path: String
        var content: Content
        /// Written by people or by programs other than this tool and the distribution.
        var isForeign: Bool
    }

    init(_ facts: NodeFacts, _ settings: NodeSettings? = nil, wanted: [PCIFunction] = []) {
        self.facts = facts
        self.settings = settings
        self.wanted = wanted
        let files = NodeFiles(facts)
        self.files = files
        modprobe = files.modprobe.map {
            ReadFile(path: $0.path, content: $0.content, isForeign: Self.isForeign($0.path, files))
        }
        let single = ["/etc/modules", "/etc/initramfs-tools/modules"].compactMap { path in
            files.moduleList(path).map { (path: path, content: $0) }
        }
        lists = (single + files.moduleLists).map {
            ReadFile(path: $0.path, content: $0.content, isForeign: Self.isForeign($0.path, files))
        }
    }

    var functions: [PCIFunction] { facts.functions.value ?? [] }

    /// Whether the running kernel is at least this one; false when it is not known.
    func isKernel(atLeast version: KernelVersion) -> Bool {
        facts.kernelRelease.value.map { KernelVersion($0) >= version } ?? false
    }

    /// Our own files say what a playbook asked for; what packages bring is theirs; a link shows another file.
    private static func isForeign(_ path: String, _ files: NodeFiles) -> Bool {
        let name = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[path.utf8.index(after: $0)...] } ?? path[...]
        return !isOwn(path) && !packageFiles.contains(name) && !name.hasPrefix("intel-microcode")
            && files.observed(path).value?.linkTarget == nil
    }

    private static let packageFiles: [Substring] = [
        "pve-blacklist.conf", "mdadm.conf", "dkms.conf", "amd64-microcode-blacklist.conf",
    ]

    static func isOwn(_ path: String) -> Bool { path.contains(substring: "vfiofleet") }
}

extension NodeFacts {
    /// What others left on the node, as far as the facts show it.
    public var findings: [Finding] { FindingScope(self).findings }
}

extension FindingScope {
    /// By kind, in the order of the codes; within a kind as they were found.
    var findings: [Finding] {
        let all =
            idFindings + modprobeFindings + blacklistFindings + listFindings + commandLineFindings + scriptFindings
            + secureBootFindings
            + repetitions
        guard all.count > 1 else { return all }
        return FindingCode.allCases.flatMap { code in all.filter { $0.code == code } }
    }
}
