import Engine
import Fleet
import Foundation
import Remote

/// A node with a `/boot`, a boot id and an uptime of its own, on which the real guard runs. `sleep` there takes no time but
/// lets the uptime pass; a reboot ends the script that orders it.
struct GuardedNode {
    static let changes: [FileChange] = [
        .text("/etc/default/grub", "old grub\n", "new grub\n"), .text("/etc/modules", "", "vfio\n"),
        .text("/etc/modprobe.d/vfio.conf", nil, "options vfio-pci ids=10de:1f02\n"),
    ]
    static let image = "boot/initrd.img-6.8.12"

    let node: TestNode
    let token: FencingToken

    init(_ shell: NodeShell = .dash, mounts: String = "") async throws {
        node = try await TestNode(
            shell,
            mounts: """
                mkdir -p boot/grub etc/systemd/system; echo '500.00 0' >uptime
                mount --bind boot /boot; mount --bind uptime /proc/uptime
                \(mounts)
                """)
        token = try .test()
        for change in Self.changes {
            if let before = change.before { try node.put("." + change.path, String(decoding: before, as: UTF8.self)) }
        }
        _ = try await node.sh(
            "chmod 640 /etc/default/grub; chown 1:2 /etc/default/grub; touch -d 2020-01-01 /etc/modules")
        try node.put("boot/vmlinuz-6.8.12", "kernel")
        try node.put(Self.image, "old image\n")
        try node.put("boot/grub/grub.cfg", "old entries\n")
        try node.put("lib/active", "pve-cluster pvedaemon pveproxy\n")
        try installTools()
    }

    /// The uptime and the boot id are written over (`<>`), so that nobody who reads it meanwhile finds nothing, as in a real `/proc`.
    private func installTools() throws {
        try node.install(
            "update-initramfs",
            "echo \"$*\" >>/var/lib/ran; cat /etc/modules >/boot/initrd.img-6.8.12; echo image >>/boot/initrd.img-6.8.12"
        )
        try node.install("update-grub", "echo update-grub >>/var/lib/ran; cp /etc/default/grub /boot/grub/grub.cfg")
        try node.install("proxmox-boot-tool", "echo \"$0 $*\" >>/var/lib/ran")
        try node.install(
            "systemctl",
            """
            echo "$*" >>/var/lib/ordered
            case $1 in
            is-active) grep -qw -e "$3" /var/lib/active ;;
            reboot) kill -9 "$PPID" ;;
            esac
            """)
        try node.install(
            "sleep", "read -r up _ </proc/uptime; echo \"$((${up%%.*} + $1)).00 0\" 1<>/proc/uptime")
    }

    // MARK: - What the controller does

    func arm(within seconds: Int = 40, _ commands: [NodeCommand] = [.updateGrub, .updateInitramfs]) async throws {
        try await node.operations().arm(withinSeconds: seconds, rebuilding: commands, token)
    }

    func change(_ commands: [NodeCommand] = [.updateGrub, .updateInitramfs]) async throws {
        try await node.operations().write(Self.changes, token)
        for command in commands { _ = try await node.operations().run(command, token) }
    }

    /// Everything up to and with the reboot.
    func bootWithChanges(within seconds: Int = 40) async throws {
        try await node.operations().lock(token)
        try await arm(within: seconds)
        try await change()
        try await boot(2)
    }

    func report() async throws -> GuardReport { try await node.operations().guardReport() }

    // MARK: - What the node does

    static func bootID(_ number: Int) throws -> BootID {
        guard let boot = BootID("00000000-0000-4000-8000-00000000000\(number)") else {
            throw InvalidTestValue(text: "boot \(number)")
        }
        return boot
    }

    func boot(_ number: Int) async throws {
        _ = try await node.sh("echo \(try Self.bootID(number)) 1<>/proc/sys/kernel/random/boot_id")
        try await setUptime(5)
    }

    func setUptime(_ seconds: Int) async throws { _ = try await node.sh("echo '\(seconds).50 9' 1<>/proc/uptime") }

    /// As systemd starts it, if it does; until it ends or is killed. False when it was killed.
    @discardableResult
    func runGuard() async throws -> Bool {
        guard isWanted else { return true }
        let command = RemoteCommand("exec sh /var/lib/vfiofleet/guard/guard.sh")
        let result = try await LocalShell(node: node, killedAfter: .seconds(60)).run(command)
        return result.status == .exited(0)
    }

    var isWanted: Bool {
        node.text("etc/systemd/system/vfiofleet-guard.service") != nil
            && node.list("etc/systemd/system").contains("sysinit.target.wants/vfiofleet-guard.service")
    }
    var reboots: Int { (node.text("lib/ordered") ?? "").split(separator: "\n").count { $0 == "reboot" } }

    /// Every file that the roll-out may change, with mode, owner and time.
    func fingerprint() async throws -> String {
        try await node.sh(
            """
            for f in /etc/default/grub /etc/modules /etc/modprobe.d/vfio.conf /boot/initrd.img-6.8.12 /boot/grub/grub.cfg; do
                [ -e $f ] || { echo "no $f"; continue; }
                stat -c '%n %a %u %g %Y' $f; cat $f
            done; find /etc /boot | grep -v -e systemd | sort
            """)
    }
}
