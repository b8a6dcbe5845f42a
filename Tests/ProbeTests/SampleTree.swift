import Foundation
import Probe
import TestSupport

/// A made-up node in a folder: its `/sys`, `/etc`, `/boot` and `/run`, entries of `/proc`, and stand-ins for tools.
///
/// The script then runs with these mounted over the machine's own, in namespaces of its own for
/// mounts and network.
final class SampleTree {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        for name in ["sys", "etc", "boot", "run", "bin", "proc"] { try directory("/" + name) }
        try link("/etc/alternatives/awk", to: "/usr/bin/mawk")
    }

    func file(_ path: String, _ text: String) throws {
        try folder.write(text, to: String(path.dropFirst()))
    }

    func directory(_ path: String) throws {
        try FileManager.default.createDirectory(atPath: folder.path + path, withIntermediateDirectories: true)
    }

    /// `target` begins with `/sys/` for links within the tree's sysfs, which the mount makes true.
    func link(_ path: String, to target: String) throws {
        try directory(String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex)))
        try FileManager.default.createSymbolicLink(atPath: folder.path + path, withDestinationPath: target)
    }

    /// A program found before the machine's own.
    func tool(_ name: String, _ body: String) throws {
        try file("/bin/" + name, "#!/bin/sh\n" + body + "\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path + "/bin/" + name)
    }

    func answer(_ shell: ProbeRun.Shell = .dash, quick: Bool = false) throws -> [UInt8] {
        let mounts = """
            cd "$1"; shift
            for d in sys etc boot run; do mount --bind "$d" "/$d" || exit 99; done
            if [ -d var/lib ]; then mount --bind var/lib /var/lib || exit 99; fi
            for f in $(cd proc && find . -type f); do mount --bind "proc/$f" "/proc/$f" || exit 99; done
            ip link add vmbr0 type bridge && ip address add 192.0.2.10/24 dev vmbr0 && ip link set vmbr0 up &&
                ip route add default via 192.0.2.1 dev vmbr0 || exit 98
            exec "$@"
            """
        let words = ["unshare", "-m", "-n", "--propagation", "private", "sh", "-c", mounts, "mounts", folder.path]
        return try ProbeRun.answer(
            words + shell.words, quick: quick,
            environment: [
                "PATH": "\(folder.path)/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "SSH_CONNECTION": "192.0.2.99 50000 192.0.2.10 22",
            ])
    }
}
