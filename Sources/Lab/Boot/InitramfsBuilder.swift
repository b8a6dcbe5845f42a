import Fleet

/// What `mkinitramfs` puts into an image: the node's module configuration, its own list and scripts, and modules
/// (initramfs-tools 0.142: `hook-functions`, hooks `kmod` and `udev`).
struct InitramfsBuilder {
    let files: NodeFiles
    let facts: NodeFacts
    let release: String
    private let dependencies: [String: [String]]
    private let configuration: ModuleConfiguration
    private let displays: [ModuleName]

    /// - Parameter displays: the modules that drive displays; nil = what the node's sysfs says.
    init(_ files: NodeFiles, _ facts: NodeFacts, release: String, displays: [ModuleName]? = nil) {
        self.files = files
        self.facts = facts
        self.release = release
        self.displays = displays ?? Self.displays(files)
        dependencies = Self.dependencies(files.text("/lib/modules/\(release)/modules.dep") ?? "")
        configuration = ModuleConfiguration(files, commandLine: "")
    }

    func build() -> Archive {
        var archive = Archive()
        archive.add("conf/initramfs.conf", files.bytes("/etc/initramfs-tools/initramfs.conf") ?? [])
        archive.add("conf/modules", Array(listed.map { $0 + "\n" }.joined().utf8))
        archive.add("init", Array("#!/bin/sh\n".utf8), mode: 0o100755)
        for directory in ["/etc/modprobe.d", "/usr/lib/modprobe.d"] {
            for name in files.list(directory) where name.hasSuffix(".conf") {
                archive.add(String("\(directory)/\(name)".dropFirst()), files.bytes("\(directory)/\(name)") ?? [])
            }
        }
        addScripts(&archive)
        for path in modules { archive.add("usr/lib/modules/\(release)/\(path)", []) }
        return archive
    }

    private func addScripts(_ archive: inout Archive) {
        for stage in ["init-top", "init-premount", "local-top", "local-bottom", "init-bottom"] {
            let order = ScriptOrder(files, stage: stage)
            for (name, mode) in order.copied {
                let content = files.bytes("/etc/initramfs-tools/scripts/\(stage)/\(name)") ?? []
                archive.add("scripts/\(stage)/\(name)", content, mode: 0o100000 | mode)
            }
            for name in order.packaged { archive.add("scripts/\(stage)/\(name)", [], mode: 0o100755) }
            let lines = order.names.map {
                "/scripts/\(stage)/\($0) \"$@\"\n[ -e /conf/param.conf ] && . /conf/param.conf\n"
            }
            archive.add("scripts/\(stage)/ORDER", Array(lines.joined().utf8))
        }
        for name in files.list("/etc/udev/rules.d") where name.hasSuffix(".rules") {
            archive.add("usr/lib/udev/rules.d/\(name)", files.bytes("/etc/udev/rules.d/\(name)") ?? [])
        }
    }

    /// The lines of `/etc/initramfs-tools/modules`, without comments.
    private var listed: [String] {
        (files.text("/etc/initramfs-tools/modules") ?? "").split(separator: "\n").map(String.init).filter {
            !$0.hasPrefix("#") && !$0.allSatisfy(\.isWhitespace)
        }
    }

    /// Files of modules below `/lib/modules/RELEASE`, with what they need: dependencies and soft dependencies.
    private var modules: [String] {
        let names = listed.compactMap { $0.split(separator: " ").first }.compactMap { ModuleName($0) }
        var wanted = names.compactMap(path(of:))
        wanted += setting("MODULES") == "dep" ? needed : dependencies.keys.sorted().filter(isForMost)
        if setting("FRAMEBUFFER") == "y" {
            wanted += dependencies.keys.sorted().filter { $0.hasPrefix("kernel/drivers/gpu/drm/") }.filter(isPresent)
        } else if setting("MODULES") == "dep" {
            wanted += displays.compactMap(path(of:))
        }
        var closure: [String] = []
        for path in wanted { close(path, &closure) }
        return closure.sorted()
    }

    private func close(_ path: String, _ closure: inout [String]) {
        if closure.contains(path) { return }
        closure.append(path)
        for needed in dependencies[path] ?? [] { close(needed, &closure) }
        guard let module = Self.module(path), let soft = configuration.softDependencies[module] else { return }
        for other in (soft.before + soft.after).compactMap(self.path(of:)) { close(other, &closure) }
    }

    /// Directories that `MODULES=most` copies (`auto_add_modules`).
    private func isForMost(_ path: String) -> Bool {
        [
            "drivers/ata", "drivers/nvme", "drivers/scsi", "drivers/net/ethernet", "drivers/usb/host", "drivers/mmc",
            "drivers/virtio",
        ].contains { path.hasPrefix("kernel/\($0)/") }
    }

    /// What `MODULES=dep` finds from the root file system on: sound and USB are not on the way, though they be loaded.
    private var needed: [String] { [facts.rootModule].compactMap(\.self).compactMap(path(of:)) }

    /// The modules behind `/sys/class/graphics` (`dep_add_modules`): those that drive a display now. One that lost its
    /// function to vfio-pci is left out, and is missing after the next boot.
    private static func displays(_ files: NodeFiles) -> [ModuleName] {
        let devices = "/sys/bus/pci/devices"
        return files.list(devices).filter { files.firstLine("\(devices)/\($0)/class")?.hasPrefix("0x03") ?? false }
            .compactMap { files.link("\(devices)/\($0)/driver/module")?.split(separator: "/").last }
            .compactMap { ModuleName($0) }.filter { $0 != Driver.vfio.module }
    }

    /// Of the display drivers those that a function of this machine could use.
    private func isPresent(_ path: String) -> Bool {
        let aliases = files.text("/lib/modules/\(release)/modules.alias") ?? ""
        return Self.module(path).map { aliases.contains(" \($0.normalized)\n") } ?? false
    }

    private func path(of module: ModuleName) -> String? { dependencies.keys.first { Self.module($0) == module } }

    private func setting(_ name: String) -> String {
        var texts = ["/etc/initramfs-tools/initramfs.conf"].compactMap(files.text)
        texts += files.list("/etc/initramfs-tools/conf.d").compactMap {
            files.text("/etc/initramfs-tools/conf.d/\($0)")
        }
        let lines = texts.joined(separator: "\n").split(separator: "\n").filter { $0.hasPrefix(name + "=") }
        return lines.last.map { String($0.dropFirst(name.utf8.count + 1)) } ?? ""
    }

    private static func dependencies(_ text: String) -> [String: [String]] {
        var result: [String: [String]] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            result[String(parts[0])] = parts.count > 1 ? parts[1].split(separator: " ").map(String.init) : []
        }
        return result
    }

    /// `kernel/drivers/vfio/pci/vfio-pci.ko` is `vfio_pci`.
    static func module(_ path: String) -> ModuleName? {
        guard path.hasSuffix(".ko"), let file = path.split(separator: "/").last else { return nil }
        return ModuleName(file.dropLast(3))
    }
}
