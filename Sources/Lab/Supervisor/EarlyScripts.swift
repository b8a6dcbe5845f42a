import Fleet
import Glibc

/// Runs the scripts of an initramfs for real: in the node's root, on its sysfs of that moment, with a `modprobe` that
/// knows the image's modules and takes notes.
///
/// What they write to the kernel's files is read when they are done, so they do not see its effects.
struct EarlyScripts {
    let node: SimulatedNode
    let layout: LabLayout

    func run(_ scripts: [Initramfs.Script], in image: Initramfs, _ state: KernelState) -> PowerOn.EarlyChanges {
        guard !scripts.isEmpty else { return PowerOn.EarlyChanges() }
        let directory = "\(layout.shared)/early/\(node.name)"
        let files = NodeFiles(root: directory)
        NodeFiles(root: "").removeTree(directory)
        defer { NodeFiles(root: "").removeTree(directory) }
        do throws(LabError) {
            try prepare(files, scripts, image, state)
            let arguments = [layout.root(node.name), layout.usr, directory, layout.sysfs(machine: node.hardware.name)]
            let words = ["--mount", "--propagation", "private", "sh", "-c", stage, "sh"] + arguments
            let result = try Process("unshare", words).run(capture: true)
            if result.status != 0 { warn("\(node.name): initramfs scripts: \(result.output)") }
        } catch {
            warn("\(node.name): \(error)")
            return PowerOn.EarlyChanges()
        }
        return changes(files)
    }

    private func prepare(
        _ files: NodeFiles, _ scripts: [Initramfs.Script], _ image: Initramfs, _ state: KernelState
    ) throws(LabError) {
        for name in ["upper", "work", "scripts"] { NodeFiles(root: "").makeDirectories(files.real("/\(name)")) }
        for (index, script) in scripts.enumerated() {
            try files.make("/scripts/\(index + 100)-\(script.name)", script.text, mode: 0o755)
        }
        try BootSysfs(node.hardware, node.setup, state, root: files.real("/upper")).write()
        // Each write of these counts, not only the last: they lead to pipes.
        for name in ["unbind", "probe", "kmsg"] { mkfifo(files.real("/\(name)"), 0o600) }
        for driver in Set(state.drivers.values) {
            files.remove("/upper/bus/pci/drivers/\(driver.name)/unbind")
            try files.link("/upper/bus/pci/drivers/\(driver.name)/unbind", to: "/mnt/unbind")
        }
        try files.link("/upper/bus/pci/drivers_probe", to: "/mnt/probe")
        try files.make("/modules", image.modules.map { $0.normalized + "\n" }.joined())
        try files.make("/modprobe", Self.modprobe, mode: 0o755)
    }

    /// Arguments: options, then modules.
    private static let modprobe = """
        #!/bin/sh
        status=0
        for word; do
            case $word in -*) continue ;; esac
            name=$(echo "$word" | tr - _)
            if grep -qx "$name" /mnt/modules; then
                echo "$word" >>/mnt/loaded
            else
                echo "modprobe: FATAL: Module $word not found." >&2
                status=1
            fi
        done
        exit $status

        """

    /// Arguments: the node's root, its `/usr`, the working directory, the static sysfs.
    private var stage: String {
        """
        set -e
        root=$1; usr=$2; work=$3; sys=$4
        mount --bind "$usr" "$root/usr"
        mount --bind "$work" "$root/mnt"
        mount -t overlay overlay -o "lowerdir=$sys,upperdir=$work/upper,workdir=$work/work" "$root/sys"
        mount -t tmpfs dev "$root/dev"
        : >"$root/dev/null"; : >"$root/dev/kmsg"
        mount --bind /dev/null "$root/dev/null"
        mount --bind "$work/kmsg" "$root/dev/kmsg"
        # Held open, the pipes keep what is written until it is read.
        exec 5<>"$work/unbind" 6<>"$work/probe" 7<>"$work/kmsg"
        for script in "$work"/scripts/*; do
            chroot "$root" env -i PATH=/mnt:/usr/sbin:/usr/bin:/sbin:/bin timeout 10 /bin/sh "/mnt/scripts/${script##*/}" \
                5>&- 6>&- 7>&- || :
        done
        drain() { while read -r line && [ "$line" != END ]; do printf '%s\\n' "$line"; done; }
        echo END >&5; drain <&5 >"$work/unbound"
        echo END >&6; drain <&6 >"$work/probed"
        echo END >&7; drain <&7 >"$work/log"
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
        func lines(_ name: String) -> [String] {
            (files.text("/\(name)") ?? "").split(separator: "\n").map(String.init)
        }
        changes.unbound = lines("unbound").compactMap { PCIAddress($0) }
        changes.modules = lines("loaded").compactMap { ModuleName($0) }
        changes.probed = lines("probed").compactMap { PCIAddress($0) }
        changes.log = lines("log")
        return changes
    }

    private func warn(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        _ = write(2, bytes, bytes.count)
    }
}
