import Fleet
import Foundation
import TestSupport
import Testing

/// A real kernel, systemd, GRUB and initramfs, and a node that nothing reaches after its boot.
@Suite("A VM node that cuts itself off", .serialized, .vmNodes, .timeLimit(.minutes(30)))
struct PutBackTests {
    enum Cut: String, CaseIterable, CustomTestStringConvertible {
        /// Nothing foresees it: an argument keeps the service from starting that gives the node's only card its address.
        case service
        /// On purpose: that card goes to vfio-pci, by its id.
        case card

        var testDescription: String { rawValue }

        var playbook: String {
            """
            playbook: cut-off
            nodes: all
            bind: ids
            \(wish)
            network: ignore
            rollout: {canary: 0, batch: 1, pause: 0s, return-within: 15m, confirm-within: 45s}

            """
        }

        private var wish: String {
            switch self {
            case .service:
                """
                devices: [{name: first, at: "01:00"}, {name: second, at: "02:00"}]
                kernel: {all: [systemd.mask=systemd-networkd.service]}
                """
            case .card:
                """
                devices: [{name: card, at: "00:02", functions: [0], accept-siblings: ["00:02.1"]}]
                """
            }
        }

        func overrides(on node: String) -> [String] {
            self == .card ? ["--override", "\(node):device-used-by-host"] : []
        }
    }

    /// What a roll-out changes, and what a boot is made of.
    private static let look = """
        find /etc -type f ! -path /etc/machine-id -exec stat -c '%n %a %u %g' {} + | sort
        find /etc /boot -type f ! -path /etc/machine-id ! -name grubenv -exec sha256sum {} + | sort -k 2
        cat /proc/cmdline
        for f in /sys/bus/pci/devices/*; do d=$(readlink "$f/driver"); echo "${f##*/} ${d##*/}"; done
        """

    @Test("it puts itself back, to the byte, and reboots once", arguments: Cut.allCases)
    func putsItselfBack(_ cut: Cut) async throws {
        let controller = try Controller()
        let node = try await VMNode.start("vm-cut-off", .intel, image: try await VMImage.folder())
        defer { node.stop() }
        for arguments in [
            ["inventory", "import", try controller.inventory(node.endpoint)], ["trust", "--yes"], ["detect"],
        ] {
            let result = try await controller.vfiofleet(arguments)
            try #require(result.status == 0, "\(result.transcript)")
        }
        let before = try await node.shell(Self.look)
        let boot = try await controller.observe(node.endpoint).bootID
        try #require(before.output.contains("/etc/default/grub"), "\(before.transcript)")

        let playbook = try controller.home.write(cut.playbook, to: "cut-off.yaml")
        if cut == .card {
            let refused = try await controller.vfiofleet(["apply", playbook, "--yes"], timeout: .seconds(300))
            #expect(refused.transcript.contains("[device-used-by-host]"), "\(refused.transcript)")
        }
        let start = ContinuousClock.now
        let apply = try await controller.vfiofleet(
            ["apply", playbook, "--yes"] + cut.overrides(on: "vm-cut-off"), timeout: .seconds(1500))
        let took = ContinuousClock.now - start
        print("vm-cut-off by its \(cut): apply \(took.formatted(.units(allowed: [.seconds], width: .narrow)))")
        #expect(apply.status == 1, "\(apply.transcript)")
        #expect(apply.output.contains("1 reverted: vm-cut-off\n"), "\(apply.transcript)")
        #expect(apply.output.contains("no confirmation within 45 s"), "\(apply.transcript)")

        let after = try await node.shell(Self.look)
        #expect(after.output == before.output, "\(after.error)")
        #expect(try await controller.observe(node.endpoint).bootID != boot)
        let left = try await node.shell("find /etc/systemd -name 'vfiofleet*'; ls /var/lib/vfiofleet")
        #expect(!left.output.contains("service") && !left.output.contains("lock"), "\(left.output)")
        let record = try await node.shell("cat /var/lib/vfiofleet/guard/record").output
        print(record)
        #expect(record.contains(" restored /etc/default/grub\n"))
        #expect(record.contains(" copied /boot/initrd.img-"), "a copy, no rebuild: \(record)")
        #expect(record.contains(" copied /boot/grub/grub.cfg\n"))
        // Armed in the first boot, put back in the second, settled in the third: nothing after that.
        let boots = record.split(separator: "\n").filter { $0.contains(" boot ") }
        #expect(boots.count == 3, "\(record)")
        #expect(record.split(separator: "\n").count { $0.contains(" rebooting ") } == 1)
    }
}
