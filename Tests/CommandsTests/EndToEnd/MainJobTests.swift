import Foundation
import TestSupport
import Testing

/// The whole main job through the built program, over real sshd, on simulated nodes.
@Suite(.serialized, .enabled(if: SimulatedFleet.obstacle == nil, "\(SimulatedFleet.obstacle ?? "")"))
struct MainJobTests {
    private static let files = "/etc/default/grub /etc/kernel/cmdline /etc/modules /etc/modprobe.d/*"

    private static func playbook(_ fleet: SimulatedFleet) throws -> String {
        let checkout = URL(filePath: #filePath).pathComponents.dropLast(4).joined(separator: "/")
        let guide = try String(contentsOfFile: "\(checkout)/playbooks/gpu-passthrough.yaml", encoding: .utf8)
        return try fleet.folder.write(guide.replacing("pause: 10s", with: "pause: 0s"), to: "guide.yaml")
    }

    @Test(.timeLimit(.minutes(5))) func guideIsFollowedToTheLetterAndBack() async throws {
        let fleet = try await SimulatedFleet.start(
            machines: ["intel-z390-rtx2070", "intel-z370-gt1030-default-cmdline"],
            setup: """
                defaults: {reboot_seconds: 0.5, guests: [{id: 100, config: "name: a\\nmemory: 2048\\n"}]}
                nodes:
                  grub: {machine: intel-z390-rtx2070}
                  zfs: {machine: intel-z370-gt1030-default-cmdline, loader: systemd-boot}
                """)
        let playbook = try Self.playbook(fleet)
        let before = try await fleet.shell("grub", "cat \(Self.files) 2>/dev/null")

        try await fleet.expect(0, "detect")
        let plan = try await fleet.expect(2, "plan", playbook, "--json")
        #expect(plan.contains(#""verdict" : "change""#))
        try await fleet.expect(0, "apply", playbook, "--yes")

        let grub = try await fleet.shell("grub", "cat \(Self.files) 2>/dev/null")
        #expect(grub.contains("\nGRUB_CMDLINE_LINUX_DEFAULT=\"quiet intel_iommu=on iommu=pt\"\n"))
        #expect(grub.contains("blacklist nouveau\nblacklist nvidia\n"))
        #expect(grub.contains("\nvfio\nvfio_iommu_type1\nvfio_pci\n"))
        #expect(grub.contains("options vfio-pci ids=10de:1f02,10de:10f9,10de:1ada,10de:1adb disable_vga=1\n"))
        let guest = try await fleet.shell("grub", "qm config 100")
        for line in [
            "bios: ovmf", "machine: q35", "cpu: host,hidden=1", "hostpci0: 01:00.0,pcie=1,x-vga=1",
            "hostpci1: 01:00.1", "hostpci2: 01:00.2", "hostpci3: 01:00.3",
        ] {
            #expect(guest.contains(line + "\n"))
        }
        let zfs = try await fleet.shell("zfs", "cat /etc/kernel/cmdline /proc/cmdline")
        #expect(zfs.split(separator: "\n").count == 2)
        #expect(zfs.split(separator: "\n").allSatisfy { $0.hasSuffix("quiet intel_iommu=on iommu=pt") })

        #expect(try await fleet.expect(0, "verify", playbook).contains("2 compliant: grub,zfs"))
        #expect(try await fleet.expect(0, "apply", playbook, "--yes").contains("Nothing to do."))
        #expect(try await fleet.boots().values.allSatisfy { $0 == 2 })
        try await everythingCameAsForeseen(fleet)
        #expect(try await fleet.expect(0, "explain", "grub", "00:1f").contains("device-used-by-host"))
        #expect(try await fleet.expect(0, "explain", "grub", "driver").contains("pass  0000:01:00.0"))
        try await expectCards(fleet)

        try await fleet.expect(0, "undo", "grub", "--yes")
        #expect(try await fleet.shell("grub", "cat \(Self.files) 2>/dev/null") == before)
        #expect(try await fleet.shell("grub", "qm config 100") == "memory: 2048\nname: a\n")
        #expect(try await fleet.shell("grub", "lspci -nnks 01:00.0").contains("in use: nouveau"))
        try await fleet.expect(2, "verify", playbook, "grub")
        try await fleet.lab.down()
    }

    private func everythingCameAsForeseen(_ fleet: SimulatedFleet) async throws {
        struct Rollout: Decodable {
            struct Node: Decodable {
                struct Miss: Decodable { var what: String }
                var forecastMisses: [Miss]?
            }
            var nodes: [Node]
        }
        let text = try await fleet.expect(0, "rollout", "show", "--json")
        let rollout = try JSONDecoder().decode(Rollout.self, from: Data(text.utf8))
        #expect(rollout.nodes.map { $0.forecastMisses?.map(\.what) } == [[], []])
    }

    /// What the inventory of cards tells after the roll-out.
    private func expectCards(_ fleet: SimulatedFleet) async throws {
        let cards = try await fleet.expect(0, "gpus", "grub", "--csv").split(separator: "\r\n")
            .map { $0.split(separator: ",", omittingEmptySubsequences: false) }
        let binding = try #require(cards.first?.firstIndex(of: "binding"))
        let card = try #require(cards.first { $0.contains("0000:01:00.0") })
        #expect(card[binding...].starts(with: ["boot", "true", "1", "true"]), "\(card)")
        let changes = try await fleet.expect(0, "gpus", "grub", "--changes")
        #expect(changes.contains("driver: nouveau snd_hda_intel xhci_hcd nvidia-gpu → vfio-pci"), "\(changes)")
        let file = fleet.folder.path + "/gpus.html"
        try await fleet.expect(0, "gpus", "--html", file)
        let page = try fleet.folder.text("gpus.html")
        #expect(page.contains("<svg ") && page.contains("id=\"host-grub\"") && page.hasSuffix("</html>\n"))
    }

    @Test(.timeLimit(.minutes(3))) func aNodeThatStaysAwayStopsTheRollout() async throws {
        let fleet = try await SimulatedFleet.start(
            ["pve1", "pve2", "pve3"], of: "intel-z390-rtx2070", rebootSeconds: 0.5)
        let text = try String(contentsOfFile: Self.playbook(fleet), encoding: .utf8)
        let playbook = try fleet.folder.write(
            text.replacing("return-within: 10m", with: "return-within: 5s")
                .replacing("confirm-within: 10m", with: "confirm-within: 5s"), to: "hasty.yaml")
        try await fleet.lab.order("never-returns", node: "pve1")
        let result = try await fleet.run(["apply", playbook, "--yes"])
        #expect(result.status == 1, "\(result.transcript)")
        #expect(result.output.contains("1 lost: pve1\n"), "\(result.transcript)")
        #expect(result.output.contains("2 held: pve[2-3]\n"), "\(result.transcript)")
        let boots = try await fleet.boots()
        #expect(boots["pve2"] == 1 && boots["pve3"] == 1)
        try await fleet.lab.down()
    }
}
