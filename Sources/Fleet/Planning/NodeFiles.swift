/// A node's files as facts show them, and the changes planned on them. What is planned is what is observed from then on.
struct NodeFiles {
    /// As they were seen.
    let facts: [String: Observed<FileContent>]
    /// The new bytes of the files that were set; nil = the file shall not exist.
    private var planned: [String: [UInt8]?] = [:]
    /// The permission bits of those that must have certain ones.
    private var modes: [String: UInt16] = [:]
    /// The paths of `planned` in the order in which they were first set.
    private var order: [String] = []
    private(set) var reasons: [Reason] = []
    private let readings: FileReadings
    private let folders = Folders()

    /// The paths of a folder's files by folder and suffix, each found once.
    private final class Folders { var paths: [String: [String]] = [:] }

    init(_ facts: NodeFacts) { self.init(facts.files) }

    /// - Parameter readings: those of another state of the same files, to be shared with it.
    init(_ files: [String: Observed<FileContent>], sharing readings: FileReadings = FileReadings()) {
        facts = files
        self.readings = readings
    }

    /// What will be seen once `changes` are made.
    func facts(after changes: [FileChange]) -> NodeFiles {
        var after = facts
        for change in changes { after[change.path] = .known(FileContent(bytes: change.after)) }
        return NodeFiles(after, sharing: readings)
    }

    /// In the order in which the files were first set.
    var changes: [FileChange] {
        order.compactMap { path in
            let before = facts[path]?.value
            guard let after = planned[path], after != before?.bytes || before?.has(modes[path]) == false else {
                return nil
            }
            return FileChange(path: path, before: before?.bytes, after: after, mode: modes[path])
        }
    }

    /// The changes that take effect through the boot loader's configuration.
    var bootChanges: [FileChange] { changes.filter { BootFacts.isSettingsFile($0.path) } }

    /// What is in a file; unknown when it was not looked at.
    func observed(_ path: String) -> Observed<FileContent> {
        guard let present = facts[path] else {
            return .unknown(Unknown(.notCollected, "\(path) was not looked at."))
        }
        guard let bytes = planned[path] else { return present }
        return present.map { FileContent(bytes: bytes, mode: modes[path] ?? $0.mode, linkTarget: $0.linkTarget) }
    }

    /// The existing files of a directory whose name has this suffix, in the byte order of their names. A link shows what
    /// is in its target now.
    func existing(in directory: String, suffix: String) -> [(path: String, bytes: [UInt8])] {
        paths(in: directory, suffix: suffix).compactMap { path in
            let content = observed(path).value
            let target = content?.linkTarget.map { Self.target($0, in: directory) }
            let bytes = target.flatMap { observed($0).value?.bytes } ?? content?.bytes
            return bytes.map { (path, $0) }
        }
    }

    private func paths(in directory: String, suffix: String) -> [String] {
        if let known = folders.paths[directory + suffix] { return known }
        let found = facts.keys.filter { $0.hasPrefix(directory) && $0.hasSuffix(suffix) }.sorted(by: Self.isBefore)
        folders.paths[directory + suffix] = found
        return found
    }

    /// The files of `/etc/modprobe.d` that modprobe reads, in its order.
    var modprobe: [(path: String, content: ModprobeFile)] {
        existing(in: ModprobeDirectory.path, suffix: ".conf").map { ($0.path, readings.modprobe($0.path, $0.bytes)) }
    }

    /// The files of `/etc/modules-load.d`.
    var moduleLists: [(path: String, content: ModulesFile)] {
        existing(in: "/etc/modules-load.d/", suffix: ".conf").map { ($0.path, readings.list($0.path, $0.bytes)) }
    }

    /// One list of modules; nil where it is not there.
    func moduleList(_ path: String) -> ModulesFile? {
        observed(path).value?.bytes.map { readings.list(path, $0) }
    }

    /// GRUB's settings files in the order in which they are read, and what they make of its command line (nil = that
    /// can't be told); nil without `/etc/default/grub`.
    var grub: (files: GrubDefaults, effective: GrubDefaults.Effective?)? {
        observed(GrubDefaults.mainPath).value?.bytes.map { main in
            readings.grub([(GrubDefaults.mainPath, main)] + existing(in: GrubDefaults.directory, suffix: ".cfg"))
        }
    }

    /// What `/etc/modules` and `/etc/modules-load.d` name.
    var modulesLoadedByName: Set<ModuleName> {
        let lists = moduleLists.map(\.content) + [moduleList("/etc/modules")].compactMap(\.self)
        return Set(lists.flatMap(\.modules))
    }

    /// `/etc/modules` of `../modules` in `/etc/modules-load.d/`.
    static func target(_ link: String, in directory: String) -> String {
        guard link.hasPrefix("../"), let parent = directory.dropLast().lastIndex(of: "/") else {
            return link.hasPrefix("/") ? link : directory + link
        }
        return String(directory[...parent]) + link.dropFirst(3)
    }

    /// Whether systemd reads `/etc/modules`, which it does through a link in `/etc/modules-load.d` alone.
    var readsModulesFile: Bool {
        let directory = "/etc/modules-load.d/"
        return facts.contains { path, content in
            path.hasPrefix(directory) && path.hasSuffix(".conf")
                && content.value?.linkTarget.map { Self.target($0, in: directory) } == "/etc/modules"
        }
    }

    static func isBefore(_ a: String, _ b: String) -> Bool { a.utf8.lexicographicallyPrecedes(b.utf8) }

    /// Plans new bytes for a file; nil = it shall not exist. Nothing happens where it is so already.
    /// - Parameter mode: the permission bits it must have; nil = as it has, or the usual ones for a new file.
    mutating func set(_ path: String, to bytes: [UInt8]?, mode: UInt16? = nil) {
        switch observed(path) {
        case .unknown(let why):
            reasons.append(.incomplete("What is in \(path)", why))
        case .known(let content) where content.bytes == bytes && content.has(mode):
            break
        case .known(let content):
            if let target = content.linkTarget {
                let message = "\(path) is a link to \(target); the tool replaces files, and would cut the link."
                reasons.append(.blocker(.fileIsLink, message))
            }
            if planned.updateValue(bytes, forKey: path) == nil { order.append(path) }
            modes[path] = bytes == nil ? nil : mode
        }
    }
}

extension BootFacts {
    /// A file from which a boot loader's configuration is generated; what is in others the initramfs may have to hold.
    static func isSettingsFile(_ path: String) -> Bool {
        path.hasPrefix(GrubDefaults.mainPath) || path == KernelCommandLineFile.path
    }
}

extension FileContent {
    /// Whether it has these permission bits; where its own could not be seen, it is taken to.
    fileprivate func has(_ wanted: UInt16?) -> Bool { wanted == nil || mode == nil || mode == wanted }
}
