import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct FaultTests {
    static let name = "intel-z390-rtx2070"

    private func node() async throws -> LabFleet {
        try await LabFleet.up([Self.name], setup: "defaults: {reboot_seconds: 0.1}")
    }

    @Test func rebootsFailInEachOfTheWays() async throws {
        let fleet = try await node()
        try await fleet.order("refuses-reboot", node: Self.name)
        let refused = try await fleet.ssh(Self.name, "systemctl reboot")
        #expect(refused.status == 1)
        #expect(refused.error.contains("Call to Reboot failed"))
        try await fleet.clearFaults(node: Self.name)

        try await fleet.order("ignores-reboot", node: Self.name)
        #expect(try await fleet.ssh(Self.name, "systemctl reboot; sleep 1; echo here").output == "here\n")
        #expect(try await fleet.node(Self.name).boots == 1)
        try await fleet.clearFaults(node: Self.name)

        try await fleet.order("returns-late=1.5", node: Self.name)
        _ = try await fleet.ssh(Self.name, "systemctl reboot")
        #expect(try await !fleet.returns(Self.name, after: 1, within: .milliseconds(700)))
        #expect(try await fleet.returns(Self.name, after: 1))
        try await fleet.clearFaults(node: Self.name)

        try await fleet.order("never-returns", node: Self.name)
        _ = try await fleet.ssh(Self.name, "systemctl reboot")
        #expect(try await !fleet.returns(Self.name, after: 2, within: .seconds(1)))
        #expect(try await fleet.node(Self.name).power == "off")
        try await fleet.clearFaults(node: Self.name)
        try await fleet.power("on", node: Self.name)
        #expect(try await fleet.returns(Self.name, after: 2))
        try await fleet.down()
    }

    @Test func disksFillAndTurnReadOnly() async throws {
        let fleet = try await node()
        try await fleet.order("disk-full", node: Self.name)
        let full = try await fleet.ssh(Self.name, "head -c 20000 /dev/zero >/etc/modprobe.d/x.conf")
        #expect(full.status != 0)
        #expect(full.error.contains("No space left on device"), "\(full.transcript)")
        try await fleet.clearFaults(node: Self.name)
        #expect(try await fleet.ssh(Self.name, "head -c 20000 /dev/zero >/etc/modprobe.d/x.conf").status == 0)

        try await fleet.order("read-only-root", node: Self.name)
        let locked = try await fleet.ssh(Self.name, "echo a >/etc/modprobe.d/y.conf")
        #expect(locked.error.contains("Read-only file system"), "\(locked.transcript)")
        try await fleet.clearFaults(node: Self.name)
        #expect(try await fleet.ssh(Self.name, "echo a >/etc/modprobe.d/y.conf").status == 0)
        try await fleet.down()
    }

    @Test func updateInitramfsFailsOrLies() async throws {
        let fleet = try await node()
        let digest = "sha256sum </boot/initrd.img-6.8.12-15-pve"
        let before = try await fleet.ssh(Self.name, "echo blacklist nouveau >/etc/modprobe.d/b.conf; \(digest)").output
        for (fault, status) in [("update-initramfs-fails", 1), ("update-initramfs-lies", 0)] {
            try await fleet.order(fault, node: Self.name)
            #expect(try await fleet.ssh(Self.name, "update-initramfs -u -k all").status == Int32(status))
            #expect(try await fleet.ssh(Self.name, digest).output == before)
            try await fleet.clearFaults(node: Self.name)
        }
        #expect(try await fleet.ssh(Self.name, "update-initramfs -u -k all").status == 0)
        #expect(try await fleet.ssh(Self.name, digest).output != before)
        try await fleet.down()
    }

    @Test func connectionsAreSlowSilentAndCut() async throws {
        let fleet = try await node()
        try await fleet.order("sshd-slow=1", node: Self.name)
        let start = ContinuousClock.now
        #expect(try await fleet.ssh(Self.name, "true").status == 0)
        #expect(ContinuousClock.now - start >= .seconds(1))
        try await fleet.clearFaults(node: Self.name)

        try await fleet.order("cut-after=1000", node: Self.name)
        let cut = try await fleet.ssh(Self.name, "head -c 100000 /dev/zero | tr '\\0' x")
        #expect(cut.status == 255)
        #expect(cut.output.count == 1000)
        try await fleet.clearFaults(node: Self.name)

        try await fleet.order("sshd-silent", node: Self.name)
        #expect(try await fleet.ssh(Self.name, "true", timeout: .seconds(20)).status != 0)
        try await fleet.clearFaults(node: Self.name)
        #expect(try await fleet.ssh(Self.name, "true").status == 0)

        try await fleet.order("card-lost", node: Self.name)
        #expect(try await fleet.ssh(Self.name, "true").status == 255)
        try await fleet.down()
    }
}
