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
            for name in ["upper", "work", "scripts"] { NodeFiles(root: "").makeDirectories("\(directory)/\(name)") }
            for (name, text) in scripts { try files.make("/scripts/\(name)", text, mode: 0o755) }
            try files.make(
                "/modprobe",
                "#!/bin/sh\nfor word; do case $word in -*) ;; *) echo \"$word\" >>/mnt/loaded;; esac; done\n",
                mode: 0o755)
            let arguments = [layout.root(node.name), layout.usr, directory, layout.sysfs(machine: node.hardware.name)]
            let words = ["--mount", "--propagation", "private", "sh", "-c", stage, "sh"] + arguments
            let result = try Process("unshare", words).run(capture: true)
            if result.status != 0 { warn("\(node.name): initramfs scripts: \(result.output)") }
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
        mount --bind /dev "$root/dev"
        for script in "$work"/scripts/*; do
            chroot "$root" env -i PATH=/mnt/bin:/usr/sbin:/usr/bin:/sbin:/bin timeout 10 /bin/sh "/mnt/scripts/${script##*/}" || :
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

    private func warn(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        _ = write(2, bytes, bytes.count)
    }
}
