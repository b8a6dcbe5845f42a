extension NodeFacts {
    /// A file as it was seen; nil = nobody looked. Of some folders the probe lists every file of a kind, so that one that
    /// is not listed there is not there.
    public func file(at path: String) -> Observed<FileContent>? {
        if let seen = files[path] { return seen }
        return !files.isEmpty && Self.isListed(path) ? .known(FileContent(bytes: nil)) : nil
    }

    /// The patterns of `files` in `probe.sh` that its facts show whole.
    private static let listed = [
        ("/etc/default/grub.d/", ".cfg"), ("/etc/modules-load.d/", ".conf"), ("/etc/modprobe.d/", ".conf"),
        ("/etc/initramfs-tools/conf.d/", ""), ("/etc/initramfs-tools/scripts/init-top/", ""),
        ("/etc/network/interfaces.d/", ""), ("/etc/udev/rules.d/", ".rules"), ("/etc/systemd/network/", ".link"),
    ]

    private static func isListed(_ path: String) -> Bool {
        listed.contains { folder, suffix in
            guard path.hasPrefix(folder), path.hasSuffix(suffix) else { return false }
            let name = path.utf8.dropFirst(folder.utf8.count)
            // Hidden files and odd names are passed over.
            return name.first != UInt8(ascii: ".")
                && name.allSatisfy { Byte.isName($0) || Array(".+@:~-".utf8).contains($0) }
        }
    }
}
