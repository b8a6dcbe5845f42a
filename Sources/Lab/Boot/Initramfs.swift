import Fleet

/// What a boot finds in an image.
struct Initramfs {
    let configuration: ModuleConfiguration
    /// Modules whose files are inside.
    let modules: Set<ModuleName>
    /// Loaded by name after udev: `conf/modules`.
    let listed: [ModuleName]
    /// Names and texts of the scripts that run before udev.
    let scripts: [(name: String, text: String)]

    init(_ archive: Archive, commandLine: String) {
        func text(_ entry: Archive.Entry) -> String { String(decoding: entry.content, as: UTF8.self) }
        func name(_ entry: Archive.Entry) -> String { entry.path.split(separator: "/").last.map(String.init) ?? "" }
        let settings = archive.entries.filter { $0.path.contains("modprobe.d/") && $0.path.hasSuffix(".conf") }
        configuration = ModuleConfiguration(
            files: settings.sorted { name($0) < name($1) }.map(text), commandLine: commandLine)
        modules = Set(archive.entries.compactMap { InitramfsBuilder.module($0.path) })
        let list = archive.entries.first { $0.path == "conf/modules" }.map(text) ?? ""
        listed = list.split(separator: "\n").compactMap { $0.split(separator: " ").first }.compactMap { ModuleName($0) }
        scripts = archive.entries.filter { $0.path.hasPrefix("scripts/init-top/") && $0.mode & 0o111 != 0 }
            .filter { $0.mode & 0o170000 == 0o100000 }.map { (name($0), text($0)) }
    }
}
