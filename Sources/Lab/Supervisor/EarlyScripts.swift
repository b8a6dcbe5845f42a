import Fleet
import Glibc

/// Runs the scripts of an initramfs for real: in the node's root, on its sysfs, with a `modprobe` that takes notes.
struct EarlyScripts {
    let node: SimulatedNode
    let layout: LabLayout

    func run(_ scripts: [(name: String, text: String)]) -> PowerOn.EarlyChanges {
        guard !scripts.isEmpty else { return PowerOn.EarlyChanges() }
        let directory = "\(layout.shared)/early/\(node.name)"
        let files = NodeFiles(root: directory)
        NodeFiles(root: "").removeTree(directory)
        defer { NodeFiles(root: "").removeTree(directory) }
        do throws(LabError) {
            for name in ["upper", "work", "scripts"] { files.makeDirectories("/\(name)") }
            for (name, text) in scripts { try files.make("/scripts/\(name)", text, mode: 0o755) }
            try files.make(
                "/modprobe",
                "#!/bin/sh\nfor word; do case $word in -*) ;; *) echo \"$word\" >>/mnt/loaded;; esac; done\n",
                mode: 0o755)
            _ = try Process(
                "unshare",
                ["--mount", "--propagation", "private", "sh", "-c", stage, "sh"] + [
                    layout.root(node.name), layout.usr, directory, layout.sysfs(machine: node.hardware.name),
                ]
            ).run(capture: true)
        } catch {
            return PowerOn.EarlyChanges()
        }
        return changes(files)
    }

    /// Arguments: the node's root, its `/usr`, the working directory, the static sysfs.
    private var stage: String {
        """
        set -e
        root=$1; usr=$2; work=$3; sys=$4
        mount --bind "$usr" "$root/usr"
        mount --bind "$work" "$root/mnt"
        mount -t overlay overlay -o "lowerdir=$sys,upperdir=$work/upper,workdir=$work/work" "$root/sys"
        mount --bind "$work/modprobe" "$root/usr/sbin/modprobe"
        mount --bind /dev "$root/dev"
        for script in "$work"/scripts/*; do
            chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin timeout 10 /bin/sh "/mnt/scripts/${script##*/}" || :
        done
        """
    }

    private func changes(_ files: NodeFiles) -> PowerOn.EarlyChanges {
        var changes = PowerOn.EarlyChanges()
        let sysfs = SysfsLayout(node.hardware)
        for function in node.hardware.functions {
            let path = "/upper\(sysfs.directory(of: function.address))/driver_override"
            if let name = files.firstLine(path), !name.isEmpty, name != "(null)" {
                changes.overrides[function.address] = name
            }
        }
        changes.modules = (files.text("/loaded") ?? "").split(separator: "\n").compactMap { ModuleName($0) }
        return changes
    }
}
