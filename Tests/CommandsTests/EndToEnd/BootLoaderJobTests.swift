import Foundation
import TestSupport
import Testing

/// Boot loaders and kernels, through the built program on simulated nodes, which boot only what their loader would.
@Suite(.serialized, .enabled(if: SimulatedFleet.obstacle == nil, "\(SimulatedFleet.obstacle ?? "")"))
struct BootLoaderJobTests {
    private static let machine = "intel-z390-rtx2070"
    private static let old = "6.5.13-6-pve"

    private static let playbook = """
        playbook: boot
        devices: [{name: gpu, at: "01:00"}]
        rollout: {pause: 0s, canary: 0, batch: 4}
        """

    /// Every loader that Proxmox installs, a pinned kernel on each, and PVE 9 without a link to /etc/modules.
    @Test(.timeLimit(.minutes(6))) func argumentsReachTheKernelWhateverLoadsIt() async throws {
        let fleet = try await SimulatedFleet.start(
            machines: [Self.machine],
            setup: """
                defaults: {reboot_seconds: 0.3, other_kernels: [\(Self.old)]}
                nodes:
                  bios: {machine: \(Self.machine), firmware: bios}
                  esp: {machine: \(Self.machine), loader: grub-esp, pve: 9.0.11, kernel: 6.14.11-4-pve}
                  pinned: {machine: \(Self.machine)}
                  sdboot: {machine: \(Self.machine), loader: systemd-boot}
                """)
        for node in ["pinned", "sdboot"] {
            _ = try await fleet.shell(node, "proxmox-boot-tool kernel pin \(Self.old)")
        }
        _ = try await fleet.shell("esp", "rm /etc/modules-load.d/modules.conf")
        let playbook = try fleet.folder.write(Self.playbook, to: "boot.yaml")
        let plan = try await fleet.expect(2, "plan", playbook, "--json")
        #expect(plan.contains("modules-file-not-read"))
        #expect(plan.contains("kernel-pinned") && plan.contains("other-kernel-next"))
        try await fleet.expect(0, "apply", playbook, "--yes")
        for node in ["bios", "esp", "pinned", "sdboot"] {
            let line = try await fleet.shell(node, "cat /proc/cmdline; uname -r; lspci -nnks 01:00.0")
            // Linux 6.5 does not switch Intel's IOMMU on by itself.
            let isOld = ["pinned", "sdboot"].contains(node)
            #expect(line.contains(isOld ? "quiet intel_iommu=on iommu=pt\n" : "quiet iommu=pt\n"), "\(node): \(line)")
            #expect(line.contains("in use: vfio-pci"), "\(node): \(line)")
            #expect(line.contains("\n\(Self.old)\n") == isOld, "\(node): \(line)")
        }
        #expect(try await fleet.shell("esp", "cat /proc/cmdline").hasPrefix("BOOT_IMAGE=/vmlinuz-6.14.11-4-pve "))
        #expect(try await fleet.shell("esp", "cat /etc/modules-load.d/vfiofleet.conf").contains("\nvfio_pci\n"))
        try await fleet.expect(0, "verify", playbook)
        try await fleet.lab.down()
    }

    /// What is not understood, or would not take effect, is left alone and says what was seen.
    @Test(.timeLimit(.minutes(6))) func whatWouldNotTakeEffectIsBlocked() async throws {
        let custom =
            "#!/bin/sh\\necho \\\"menuentry 'My own' {\\\"; echo '  linux /boot/vmlinuz-6.8.12-15-pve root=/dev/mapper/pve-root ro'; "
            + "echo '  initrd /boot/initrd.img-6.8.12-15-pve'; echo '}'\\n"
        let fleet = try await SimulatedFleet.start(
            machines: [Self.machine],
            setup: """
                defaults: {reboot_seconds: 0.3}
                nodes:
                  uki: {machine: \(Self.machine), loader: unified-kernel-image}
                  two: {machine: \(Self.machine), loader: grub, other_loader: systemd-boot}
                  converted: {machine: \(Self.machine), loader: grub, files: {/etc/kernel/proxmox-boot-uuids: "6D31-87F4\\n"}}
                  lines: {machine: \(Self.machine), loader: systemd-boot}
                  rootless: {machine: \(Self.machine), loader: systemd-boot}
                  custom: {machine: \(Self.machine), loader: grub, files: {/etc/default/grub.d/own.cfg: "GRUB_DEFAULT='My own'\\n"}}
                  lonely: {machine: \(Self.machine), loader: grub, other_kernels: [\(Self.old)]}
                """)
        _ = try await fleet.shell("lines", "echo 'quiet' >>/etc/kernel/cmdline")
        _ = try await fleet.shell("rootless", "echo 'quiet' >/etc/kernel/cmdline")
        _ = try await fleet.shell(
            "custom", "printf \"\(custom)\" >/etc/grub.d/40_custom; chmod +x /etc/grub.d/40_custom; update-grub")
        _ = try await fleet.shell(
            "lonely", "proxmox-boot-tool kernel pin \(Self.old); rm /boot/initrd.img-\(Self.old)")
        let playbook = try fleet.folder.write(Self.playbook, to: "boot.yaml")
        try await fleet.expect(1, "plan", playbook)
        let seen = [
            "uki": "as one image", "two": "Linux Boot Manager", "converted": "6D31-87F4",
            "lines": "more than one line", "rootless": "no root=", "custom": "“My own”",
            "lonely": "no /boot/initrd.img-\(Self.old)",
        ]
        for (node, words) in seen.sorted(by: { $0.key < $1.key }) {
            let plan = try await fleet.run(["plan", playbook, node])
            #expect(plan.status == 1 && plan.output.contains(words), "\(node): \(plan.transcript)")
        }
        try await fleet.lab.down()
    }
}
