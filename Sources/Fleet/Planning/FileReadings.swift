/// What settings files say, each content read once: a plan asks the same files a dozen times, and changes few of them.
final class FileReadings {
    private var modprobe: [String: ModprobeFile] = [:]
    private var lists: [String: ModulesFile] = [:]
    private var grub: [(files: GrubDefaults, effective: GrubDefaults.Effective?)] = []

    func modprobe(_ path: String, _ bytes: [UInt8]) -> ModprobeFile {
        if let known = modprobe[path], known.bytes == bytes { return known }
        let file = ModprobeFile(bytes)
        modprobe[path] = file
        return file
    }

    /// A list of modules to load at the boot.
    func list(_ path: String, _ bytes: [UInt8]) -> ModulesFile {
        if let known = lists[path], known.bytes == bytes { return known }
        let file = ModulesFile(bytes)
        lists[path] = file
        return file
    }

    /// GRUB's settings files, and what they make of its command line.
    func grub(_ files: [(path: String, bytes: [UInt8])]) -> (files: GrubDefaults, effective: GrubDefaults.Effective?) {
        let known = grub.first { known in
            known.files.files.elementsEqual(files) { $0.path == $1.path && $0.content.bytes == $1.bytes }
        }
        if let known { return known }
        let defaults = GrubDefaults(files: files.map { GrubDefaults.File(path: $0.path, bytes: $0.bytes) })
        grub.append((defaults, defaults.evaluate()))
        return grub[grub.count - 1]
    }
}
