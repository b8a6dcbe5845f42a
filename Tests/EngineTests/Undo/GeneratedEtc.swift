import Fleet
import Foundation
import TestSupport

/// The configuration files of a node as people leave them: any mode and owner, comments, quotes, joined lines, carriage
/// returns, no newline at the end, or no file at all.
struct GeneratedEtc: Sendable {
    struct File: Sendable {
        var text: String
        var mode: Int
        var owner: [Int]
    }

    /// By path from `/`.
    let files: [String: File]
    /// systemd reads `/etc/modules` through this link alone.
    let hasModulesLink: Bool

    init(_ loader: NodeSetup.Loader, arguments: String, seed: UInt64) {
        files = Writer(loader, arguments: arguments, seed: seed).files
        hasModulesLink = seed % 4 != 3
    }
}

private struct Writer {
    private(set) var files: [String: GeneratedEtc.File] = [:]
    private var numbers: SeededNumbers

    init(_ loader: NodeSetup.Loader, arguments: String, seed: UInt64) {
        numbers = SeededNumbers(seed: seed &* 7919 &+ 1)
        add("/etc/default/grub", grub(arguments), isAlways: loader != .systemdBoot)
        add("/etc/kernel/cmdline", "root=/dev/mapper/pve-root ro \(arguments)\n", isAlways: loader == .systemdBoot)
        add("/etc/modules", text(of: Self.moduleLines))
        add("/etc/initramfs-tools/modules", text(of: Self.moduleLines))
        for name in ["vfio.conf", "blacklist.conf", "kvm.conf", "zz-local.conf"] {
            add("/etc/modprobe.d/\(name)", text(of: Self.modprobeLines))
        }
        if oneIn(3) { add("/etc/default/grub.d/kdump.cfg", "GRUB_TIMEOUT=3\n") }
        if oneIn(3) { add("/etc/systemd/network/50-other.link", "[Match]\nMACAddress=02:ff:ff:ff:ff:ff\n") }
        if oneIn(3) { add("/etc/initramfs-tools/scripts/init-top/local", "#!/bin/sh\n") }
    }

    private static let moduleLines = ["# at boot", "loop", "vfio", "nct6775 force=1", "", ";x", "  coretemp  "]
    private static let modprobeLines = [
        "options vfio-pci ids=8086:15ff", "blacklist nouveau", "# note \u{e9}", "options kvm ignore_msrs=1", "",
        "softdep snd_hda_intel pre: snd_pcm", "options \\\n  zfs zfs_arc_max=1", "blacklist  floppy # no",
    ]

    private mutating func oneIn(_ count: Int) -> Bool { Int.random(in: 0..<count, using: &numbers) == 0 }

    private mutating func text(of lines: [String]) -> String {
        (0..<Int.random(in: 0...4, using: &numbers)).compactMap { _ in lines.randomElement(using: &numbers) }
            .map { $0 + "\n" }.joined()
    }

    private mutating func grub(_ arguments: String) -> String {
        let name = "GRUB_CMDLINE_LINUX_DEFAULT"
        let value = [
            "\"\(arguments)\"", "'\(arguments)'", "\"\(arguments) \\\n  splash\"", "\"\"", "\"$GRUB_CMDLINE_LINUX x\"",
            "\"\(arguments)\"  # why",
        ].randomElement(using: &numbers)
        switch Int.random(in: 0..<5, using: &numbers) {
        case 0: return NodeFacts.debianGrub(arguments)
        case 1: return "# none\n\nGRUB_TIMEOUT=5\n"
        case 2: return "\(name)=first\n#\(name)=\"no\"\n\(name)=\(value ?? "")\nGRUB_TERMINAL=console\n"
        default: return "GRUB_DEFAULT=0\n\(name)=\(value ?? "")\nGRUB_CMDLINE_LINUX=\"\"\n"
        }
    }

    /// Perhaps not at all; perhaps with carriage returns, or without the last newline.
    private mutating func add(_ path: String, _ text: String, isAlways: Bool = false) {
        guard isAlways || !oneIn(4) else { return }
        var text = text
        if oneIn(8) { text = text.replacing("\n", with: "\r\n") }
        if oneIn(5), text.hasSuffix("\n") { text.removeLast() }
        let owner = [[0, 0], [0, 0], [0, 42], [1000, 1000]].randomElement(using: &numbers) ?? [0, 0]
        let mode = [0o644, 0o644, 0o600, 0o640, 0o664, 0o755].randomElement(using: &numbers) ?? 0o644
        files[path] = GeneratedEtc.File(text: text, mode: mode, owner: owner)
    }
}

extension TestNode {
    /// Puts the generated files on the node.
    func put(_ etc: GeneratedEtc) throws {
        for (path, file) in etc.files {
            try put("." + path, file.text)
            let attributes: [FileAttributeKey: Any] = [
                .posixPermissions: file.mode, .ownerAccountID: file.owner[0], .groupOwnerAccountID: file.owner[1],
            ]
            try FileManager.default.setAttributes(attributes, ofItemAtPath: root.appending(path: "." + path).path)
        }
        guard etc.hasModulesLink else { return }
        let folder = root.path + "/etc/modules-load.d"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: folder + "/modules.conf", withDestinationPath: "../modules")
    }
}

extension NodeFacts {
    /// The same node with these files and no others.
    func holding(_ etc: GeneratedEtc) -> NodeFacts {
        var facts = withoutFiles
        for (path, file) in etc.files {
            facts.files[path] = .known(FileContent(bytes: Array(file.text.utf8), mode: UInt16(file.mode)))
        }
        if etc.hasModulesLink { facts.linkModules() }
        return facts
    }

    /// The same node with the files that are on the disk of this one now.
    func seeing(_ node: TestNode) throws -> NodeFacts {
        var facts = withoutFiles
        let entries = try FileTree(node.etc).entries
        for (path, entry) in entries where entry.kind == .typeRegular {
            facts.files["/etc/" + path] = .known(FileContent(bytes: entry.content, mode: UInt16(entry.mode)))
        }
        if entries["modules-load.d/modules.conf"] != nil { facts.linkModules() }
        return facts
    }

    /// The probe tells of each interface whether a file of ours binds its name.
    private var withoutFiles: NodeFacts {
        var facts = self
        let names = (interfaces.value ?? []).map(\.name)
        for path in files.keys + names.map({ "/etc/systemd/network/10-vfiofleet-\($0).link" }) {
            facts.files[path] = .known(FileContent(bytes: nil))
        }
        return facts
    }

    private mutating func linkModules() {
        let target = files["/etc/modules"]?.value?.bytes
        files["/etc/modules-load.d/modules.conf"] = .known(FileContent(bytes: target, linkTarget: "../modules"))
    }
}
