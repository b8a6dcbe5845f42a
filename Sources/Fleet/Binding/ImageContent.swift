/// What an initramfs must hold for the settings to be in force when it boots.
struct ImageContent {
    /// The files that the settings are in and that belong into an image.
    let files: [String]
    /// Those of them, and of scripts, that the playbook asks for otherwise than they are on the disk. No image can hold them.
    let unwritten: [String]
    private let script: Observed<FileContent>?
    private let isVFIOBuiltIn: Bool

    /// `changes`: what is to be written yet.
    init(_ facts: NodeFacts, _ style: NodeSettings.FileStyle, changes: [FileChange] = []) {
        let paths = ModulePlan.modprobeFiles(style)
        files = paths.filter { facts.files[$0]?.value?.exists == true }
        unwritten = changes.map(\.path).filter { paths.contains($0) || $0 == EarlyScript.path }
        script = facts.files[EarlyScript.path]
        isVFIOBuiltIn = facts.modules.builtIn.value?.contains(.vfioPCI) == true
    }

    /// What is wrong with an image, each as the rest of a sentence about it; nil = what is inside is not known.
    func faults(of image: InitramfsImage) -> [String]? {
        guard let inside = image.configurationFiles.value else { return files.isEmpty && !hasScript ? [] : nil }
        var lacking = files.filter { !inside.contains($0) }
        if hasScript {
            if !inside.contains(EarlyScript.imagePath) { lacking.append(EarlyScript.imagePath) }
            if let modules = image.modules.value, !modules.contains(.vfioPCI), !isVFIOBuiltIn {
                lacking.append("the module vfio-pci")
            }
        }
        let stale = script?.value?.exists == false && inside.contains(EarlyScript.imagePath)
        return [
            lacking.isEmpty ? nil : "lacks \(lacking.joined(separator: ", "))",
            stale ? "still holds \(EarlyScript.imagePath), which is gone from the disk" : nil,
        ].compactMap(\.self)
    }

    /// No image has to hold anything.
    var isEmpty: Bool { files.isEmpty && unwritten.isEmpty && !hasScript }

    private var hasScript: Bool { script?.value?.exists == true }

    /// Where a file of the disk is inside an image.
    static func place(of path: String) -> String {
        let scripts = "/etc/initramfs-tools/scripts/"
        return path.hasPrefix(scripts) ? "/scripts/" + path.dropFirst(scripts.count) : path
    }

    static func listing(of image: InitramfsImage) -> Evidence {
        let files = (image.configurationFiles.value ?? [])
            .filter { $0.hasPrefix("/etc/modprobe.d/") || $0.hasPrefix("/scripts/init-top/") }.sorted()
        return Evidence(
            command: "lsinitramfs \(image.path) | grep -E 'modprobe.d|init-top'", output: files.joined(separator: "\n"))
    }
}
