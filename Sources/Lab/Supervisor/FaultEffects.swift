import Fleet
import Glibc

/// Makes a node's faults so, or undoes them: its disk, its sshd, and what its programs read.
struct FaultEffects {
    let layout: LabLayout
    let node: SimulatedNode

    func apply() throws(LabError) {
        try changeDisk()
        guard let process = node.firstProcess else { return }
        let inside = NodeFiles(root: "/proc/\(process)/root")
        for word in Fault.words.map({ $0.prefix { $0 != "=" } }) { inside.remove("/run/lab/fault-\(word)") }
        for fault in node.faults { try inside.make("/run/lab/fault-\(fault.word)", fault.value) }
        try inside.make("/run/lab/enter.new", EnterScript.text(node.faults, node.setup.network), mode: 0o755)
        inside.move("/run/lab/enter.new", to: "/run/lab/enter")
        try changeDaemon(inside, process)
    }

    private func changeDisk() throws(LabError) {
        let root = layout.root(node.name)
        let isReadOnly = node.faults.contains(.readOnlyRoot)
        var options = NodeBuilder.diskOptions
        if node.faults.contains(.diskFull) { options = "mode=755,size=\(usedBytes(root))" }
        try attach(
            "rootfs", root, "tmpfs", flags: UInt(MS_REMOUNT) | (isReadOnly ? UInt(MS_RDONLY) : 0), options: options)
    }

    private func usedBytes(_ root: String) -> UInt {
        var status = statvfs()
        guard statvfs(root, &status) == 0 else { return 1 << 20 }
        return (status.f_blocks - status.f_bfree) * status.f_frsize
    }

    private func changeDaemon(_ inside: NodeFiles, _ process: pid_t) throws(LabError) {
        for case .sshdSlow(let seconds) in node.faults {
            try inside.make("/run/lab/keys", SSHDaemon.slowKeys(seconds), mode: 0o755)
        }
        let wanted = SSHDaemon.configuration(node)
        if inside.text("/run/lab/sshd_config") != wanted {
            try inside.make("/run/lab/sshd_config", wanted)
            kill(process, SIGHUP)
        }
        kill(process, node.faults.contains(.sshdSilent) ? SIGSTOP : SIGCONT)
    }
}
