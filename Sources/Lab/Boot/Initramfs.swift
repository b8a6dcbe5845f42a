import Fleet

/// What a boot finds in an image.
struct Initramfs {
    let configuration: ModuleConfiguration
    /// Modules whose files are inside.
    let modules: Set<ModuleName>
    /// Loaded by name after udev: `conf/modules`.
    let listed: [ModuleName]
    /// Scripts of the first stage that run before udev loads drivers, and after it.
    let scripts: (early: [Script], late: [Script])

    struct Script: Sendable {
        var name: String
        var text: String
    }

    init(_ archive: Archive, commandLine: String) {
        func text(_ entry: Archive.Entry) -> String { String(decoding: entry.content, as: UTF8.self) }
        func name(_ entry: Archive.Entry) -> String { entry.path.split(separator: "/").last.map(String.init) ?? "" }
        let settings = archive.entries.filter { $0.path.contains("modprobe.d/") && $0.path.hasSuffix(".conf") }
        configuration = ModuleConfiguration(
            files: settings.sorted { name($0) < name($1) }.map(text), commandLine: commandLine)
        modules = Set(archive.entries.compactMap { InitramfsBuilder.module($0.path) })
        let list = archive.entries.first { $0.path == "conf/modules" }.map(text) ?? ""
        listed = list.split(separator: "\n").compactMap { $0.split(separator: " ").first }.compactMap { ModuleName($0) }
        scripts = Self.scripts(archive)
    }

    /// In the order that was fixed when the image was made.
    private static func scripts(_ archive: Archive) -> (early: [Script], late: [Script]) {
        let directory = "scripts/init-top/"
        let order = archive.entries.first { $0.path == directory + "ORDER" }
        let lines = String(decoding: order?.content ?? [], as: UTF8.self).split(separator: "\n")
        let names = lines.filter { $0.hasPrefix("/" + directory) }.compactMap { line in
            line.split(separator: " ").first?.split(separator: "/").last.map(String.init)
        }
        func scripts(_ names: ArraySlice<String>) -> [Script] {
            names.compactMap { name in
                archive.entries.first { $0.path == directory + name && !$0.content.isEmpty }
                    .map { Script(name: name, text: String(decoding: $0.content, as: UTF8.self)) }
            }
        }
        let start = names.firstIndex(of: "udev") ?? names.endIndex
        return (scripts(names[..<start]), scripts(names[start...]))
    }
}
