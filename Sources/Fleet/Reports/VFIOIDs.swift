/// The ids that vfio-pci is told to take at the boot.
enum VFIOIDs {
    /// By the effective modprobe configuration and the running kernel's command line. The last `ids=` counts, and what is
    /// no vendor:device pair is passed over, as the kernel does.
    static func effective(in facts: NodeFacts) -> Set<PCIID> {
        let options = facts.modules.configuration.value?.options["vfio-pci"] ?? []
        let arguments = (facts.kernelCommandLine.value ?? "").split(separator: " ").compactMap { word in
            ["vfio-pci.ids=", "vfio_pci.ids="].first { word.hasPrefix($0) }.map { "ids=" + word.dropFirst($0.count) }
        }
        return Set([last(options), last(arguments)].flatMap(\.self))
    }

    private static func last(_ parameters: [String]) -> [PCIID] {
        let words = parameters.flatMap { $0.split(separator: " ") }
        guard let list = words.last(where: { $0.hasPrefix("ids=") }) else { return [] }
        return list.dropFirst("ids=".count).split(separator: ",").compactMap { entry in
            // Further fields narrow it to a subsystem or a class (drivers/vfio/pci/vfio_pci.c).
            PCIID(entry.split(separator: ":", maxSplits: 2).prefix(2).joined(separator: ":").lowercased())
        }
    }
}
