import Fleet
import Glibc

/// Makes a node's disk for its first boot.
struct NodeBuilder {
    let layout: LabLayout
    let clientKey: String

    /// A memory file system is the node's disk, so that it can be full or read-only on its own.
    static let diskOptions = "mode=755,size=64m"

    func build(_ node: SimulatedNode) throws(LabError) {
        let root = layout.root(node.name)
        let files = NodeFiles(root: root)
        NodeFiles(root: "").makeDirectories(root)
        try attach("rootfs", root, "tmpfs", options: Self.diskOptions)
        try NodeDisk(setup: node.setup, files: files, clientKey: clientKey).write()
        try writeSSH(node, files)
        try writeShared(node)
        try install(node, files)
    }

    private func writeSSH(_ node: SimulatedNode, _ files: NodeFiles) throws(LabError) {
        files.makeDirectories("/etc/ssh")
        let key = files.real("/etc/ssh/ssh_host_ed25519_key")
        let made = try Process("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "root@\(node.name)", "-f", key])
            .run(capture: true)
        guard made.status == 0 else { throw LabError(.program, "ssh-keygen failed: \(made.output)") }
    }

    private func writeShared(_ node: SimulatedNode) throws(LabError) {
        let shared = NodeFiles(root: "")
        let sysfs = layout.sysfs(machine: node.hardware.name)
        if !shared.exists(sysfs) { try StaticSysfs(node.hardware, root: sysfs).write() }
        let modules = layout.modules(node.moduleKey)
        if !shared.exists(modules) {
            try ModuleFiles(database: node.database).write(
                NodeFiles(root: ""), directory: "\(modules)/\(node.setup.kernelRelease)")
            // kmod looks below the release that uname(2) gives, which no namespace hides.
            if let real = shared.firstLine("/proc/sys/kernel/osrelease"), real != node.setup.kernelRelease {
                try shared.link("\(modules)/\(real)", to: node.setup.kernelRelease)
            }
        }
        for release in node.setup.otherKernels where !shared.exists("\(modules)/\(release)") {
            try shared.link("\(modules)/\(release)", to: node.setup.kernelRelease)
        }
    }

    /// Runs the node's own generators once, as the installer does.
    private func install(_ node: SimulatedNode, _ files: NodeFiles) throws(LabError) {
        let facts = NodeFacts(node.setup, node.hardware)
        // The generators read the modules of the node's kernel, which are bound in place only while it runs.
        let view = NodeFiles(root: layout.root(node.name))
        files.removeTree("/usr")
        try files.link("/usr/lib/modules", to: layout.modules(node.moduleKey))
        let displays = node.hardware.functions.filter(\.described.class.isDisplay).compactMap(\.drivers.first?.module)
        let images = node.setup.kernels.map { release in
            (release, InitramfsBuilder(view, facts, release: release, displays: displays).build().bytes)
        }
        files.removeTree("/usr")
        files.makeDirectories("/usr")
        for (release, image) in images { try files.make("/boot/initrd.img-\(release)", bytes: image) }
        let grub = try GrubGenerator(files: files, setup: facts).run()
        guard grub.status == 0 else { throw LabError(.boot, "\(node.name): update-grub failed: \(grub.messages)") }
        if node.setup.isProxmoxBootTool { _ = try ProxmoxBoot(files: files, facts: facts).refresh() }
    }
}

/// The configuration of a node's sshd.
enum SSHDaemon {
    /// A program that finds the keys, after a while.
    static func slowKeys(_ seconds: Double) -> String {
        "#!/bin/sh\nsleep \(seconds)\ncat /root/.ssh/authorized_keys\n"
    }

    static func configuration(_ node: SimulatedNode) -> String {
        let isSlow = node.faults.contains { $0.word == "sshd-slow" }
        return """
            ListenAddress \(node.address)
            Port \(node.port)
            HostKey /etc/ssh/ssh_host_ed25519_key
            AuthorizedKeysFile \(isSlow ? "none" : ".ssh/authorized_keys")
            \(isSlow ? "AuthorizedKeysCommand /run/lab/keys\nAuthorizedKeysCommandUser root" : "# Answers at once.")
            PermitRootLogin prohibit-password
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            UsePAM no
            UseDNS no
            PidFile none
            PrintMotd no
            PrintLastLog no
            StrictModes no
            KexAlgorithms curve25519-sha256,curve25519-sha256@libssh.org
            MaxStartups 500:30:1000
            MaxSessions 100
            Subsystem sftp /usr/lib/openssh/sftp-server
            Match User root
                ForceCommand /run/lab/enter

            """
    }
}
