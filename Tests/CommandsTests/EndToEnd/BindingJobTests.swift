import Foundation
import TestSupport
import Testing

/// One of two identical cards goes to a guest, and the other stays with the host: through the built program, on
/// simulated nodes that really run the script in their initramfs.
@Suite(.serialized, .enabled(if: SimulatedFleet.obstacle == nil, "\(SimulatedFleet.obstacle ?? "")"))
struct BindingJobTests {
    private static let files = "/etc/default/grub /etc/modules /etc/modprobe.d/* /etc/initramfs-tools/modules"
    private static let tree =
        "cat \(files); ls -lR --time-style=+ /etc/initramfs-tools /etc/modprobe.d | grep -v ^total"

    private static func drivers(_ addresses: String...) -> String {
        addresses.map { address in
            "basename \"$(readlink /sys/bus/pci/devices/\(address)/driver)\"; "
                + "cat /sys/bus/pci/devices/\(address)/driver_override; "
        }.joined()
    }

    private static func playbook(_ slot: String, vm: Int = 100) -> String {
        """
        playbook: one-of-twins
        devices: [{name: card, at: "\(slot)"}]
        guests: [{vm: \(vm), machine: q35, devices: [{device: card, options: {pcie: 1}}]}]
        rollout: {canary: 0, batch: 2, pause: 0s, return-within: 60s}
        """
    }

    /// Two machines: on one nothing drives the cards, on the other the same driver drives both.
    @Test(
        .timeLimit(.minutes(4)),
        arguments: [
            ("epyc-two-identical-alveo", "61:00", "0000:61:00.0", "0000:c1:00.0", "grub", "\n(null)\n"),
            (
                "amd-x870e-two-identical-tenstorrent", "03:00", "0000:03:00.0", "0000:01:00.0", "systemd-boot",
                "tenstorrent\ntenstorrent\n"
            ),
        ])
    func oneRebootBindsOneOfTwoTwins(
        _ machine: String, _ slot: String, _ wanted: String, _ twin: String, _ loader: String, _ untouched: String
    ) async throws {
        let fleet = try await SimulatedFleet.start(
            machines: [machine],
            setup: """
                defaults: {reboot_seconds: 0.3, guests: [{id: 100, config: "name: a\\nmemory: 2048\\n"}]}
                nodes: {pve1: {machine: \(machine), loader: \(loader)}}
                """)
        let playbook = try fleet.folder.write(Self.playbook(slot), to: "twins.yaml")
        let before = try await fleet.shell("pve1", Self.tree)
        try await fleet.expect(0, "detect")
        let plan = try await fleet.expect(2, "plan", playbook, "--json")
        #expect(plan.contains("new file mode 100755") && plan.contains("bound-by-address"), "\(plan)")
        try await fleet.expect(0, "apply", playbook, "--yes")
        #expect(try await fleet.boots().values.allSatisfy { $0 == 2 })
        let bound = "vfio-pci\nvfio-pci\n" + untouched
        #expect(try await fleet.shell("pve1", Self.drivers(wanted, twin)) == bound)
        #expect(try await fleet.shell("pve1", "journalctl -k -b 0").contains("\(wanted) is for vfio-pci alone"))
        try await fleet.expect(0, "verify", playbook)
        #expect(try await fleet.expect(0, "apply", playbook, "--yes").contains("Nothing to do."))

        // Starting the guest takes the wanted one alone.
        _ = try await fleet.shell("pve1", "qm start 100; true")
        #expect(try await fleet.shell("pve1", Self.drivers(wanted, twin)) == bound)
        _ = try await fleet.shell("pve1", "qm stop 100; true")

        try await fleet.expect(0, "undo", "pve1", "--yes")
        #expect(try await fleet.shell("pve1", Self.tree) == before)
        #expect(!(try await fleet.shell("pve1", Self.drivers(wanted))).contains("vfio-pci"))
        try await fleet.lab.down()
    }

    /// The driver has the function before the initramfs begins, so nothing but the script gets it in time.
    @Test(.timeLimit(.minutes(3))) func aDriverInTheKernelIsBeaten() async throws {
        let fleet = try await SimulatedFleet.start(
            machines: ["intel-z390-rtx2070"],
            setup: """
                defaults: {reboot_seconds: 0.3, builtin: [xhci_pci]}
                nodes: {pve1: {machine: intel-z390-rtx2070}}
                """)
        let text = "playbook: builtin\ndevices: [{name: gpu, at: \"01:00\"}]\nrollout: {canary: 0, pause: 0s}\n"
        let playbook = try fleet.folder.write(text, to: "builtin.yaml")
        try await fleet.expect(0, "apply", playbook, "--yes")
        let xhci = Self.drivers("0000:01:00.2", "0000:00:14.0")
        #expect(try await fleet.shell("pve1", xhci) == "vfio-pci\nvfio-pci\nxhci_hcd\n(null)\n")
        try await fleet.expect(0, "verify", playbook)
        #expect(try await fleet.expect(0, "apply", playbook, "--yes").contains("Nothing to do."))
        try await fleet.lab.down()
    }
}
