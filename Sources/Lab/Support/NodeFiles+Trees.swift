import Glibc

/// Making trees of files. What fails is left out silently only where the file is an ornament; builders use `make`.
extension NodeFiles {
    /// Writes a file and the directories above it.
    func make(_ path: String, _ text: String, mode: mode_t = 0o644) throws(LabError) {
        try make(path, bytes: Array(text.utf8), mode: mode)
    }

    func make(_ path: String, bytes: [UInt8], mode: mode_t = 0o644) throws(LabError) {
        var descriptor = open(real(path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        if descriptor < 0 && errno == ENOENT {
            makeParents(of: path)
            descriptor = open(real(path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        }
        guard descriptor >= 0 else { throw .system("open", real(path)) }
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw .system("write", real(path)) }
            rest = rest.dropFirst(count)
        }
    }

    /// Makes a symbolic link in place of whatever is there, and the directories above it.
    func link(_ path: String, to target: String) throws(LabError) {
        if symlink(target, real(path)) == 0 { return }
        if errno == ENOENT { makeParents(of: path) } else { unlink(real(path)) }
        guard symlink(target, real(path)) == 0 else { throw .system("symlink", real(path)) }
    }

    /// Copies a file or symbolic link of this machine, when it is there.
    func copy(from source: String, to path: String) throws(LabError) {
        let machine = NodeFiles(root: "")
        if let target = machine.link(source) { return try link(path, to: target) }
        guard let content = machine.bytes(source) else { return }
        try make(path, bytes: content)
    }

    /// Removes a file or a whole tree; a symbolic link is removed, not followed.
    func removeTree(_ path: String) {
        if unlink(real(path)) == 0 || errno == ENOENT { return }
        for name in list(path) { removeTree("\(path)/\(name)") }
        rmdir(real(path))
    }

    /// Seconds and nanoseconds since 1970 of the last change; nil when there is no such file.
    func modified(_ path: String) -> timespec? {
        var status = stat()
        return stat(real(path), &status) == 0 ? status.st_mtim : nil
    }

    func isExecutable(_ path: String) -> Bool { access(real(path), X_OK) == 0 }

    /// Makes the directories above, those of the root included.
    private func makeParents(of path: String) {
        let whole = real(path)
        guard let end = whole.lastIndex(of: "/") else { return }
        NodeFiles(root: "").makeDirectories(String(whole[..<end]))
    }
}

extension NodeFiles {
    @discardableResult func move(_ path: String, to other: String) -> Bool {
        Glibc.rename(real(path), real(other)) == 0
    }
}

extension NodeFiles {
    func giveTo(_ user: uid_t, _ path: String) { lchown(real(path), user, user) }
}
