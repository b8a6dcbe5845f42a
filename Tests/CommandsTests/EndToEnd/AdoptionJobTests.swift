import Foundation
import TestSupport
import Testing

/// A node that others set up before, through the built program.
@Suite(.serialized, .enabled(if: SimulatedFleet.obstacle == nil, "\(SimulatedFleet.obstacle ?? "")"))
struct AdoptionJobTests {
    private static let setup = #"""
        defaults: {reboot_seconds: 0.3}
        nodes:
          old:
            machine: intel-z390-rtx2070
            cmdline: quiet pcie_acs_override=downstream,multifunction
            files:
              /etc/modprobe.d/old.conf: "# written years ago\noptions vfio-pci ids=10de:1b80,<id>\nblacklist radeon\n"
              /etc/modules: "vfio\nvfio_virqfd\n"
              /etc/rc.local: "#!/bin/sh\necho 1 >/sys/bus/pci/devices/0000:01:00.0/remove\n"
        """#

    private static let playbook = """
        playbook: tidy
        devices: [{name: gpu, at: "01:00"}]
        adopt: clean
        rollout: {pause: 0s}
        """

    private static let files = "/etc/default/grub /etc/modules /etc/modprobe.d/*"

    @Test(.timeLimit(.minutes(5))) func leftoversAreToldCleanedAndBroughtBack() async throws {
        let fleet = try await SimulatedFleet.start(machines: ["intel-z390-rtx2070"], setup: Self.setup)
        let playbook = try fleet.folder.write(Self.playbook, to: "tidy.yaml")
        let before = try await fleet.shell("old", "cat \(Self.files)")

        let detected = try await fleet.run(["detect"])
        #expect(detected.transcript.contains("6 findings ("), "\(detected.transcript)")
        let shown = try await fleet.expect(0, "show", "old")
        for place in ["/etc/modprobe.d/old.conf:2", "/etc/modprobe.d/old.conf:3", "/etc/modules:2", "/etc/rc.local:2"] {
            #expect(shown.contains(place), "\(shown)")
        }
        #expect(shown.contains("[acs-override]") && shown.contains("/etc/default/grub:"))
        #expect(try await fleet.expect(0, "show", "old", "--json").contains(#""code" : "vfio-ids-junk""#))
        #expect(try await fleet.expect(0, "explain", "acs-override").contains("fiction"))

        let plan = try await fleet.expect(2, "plan", playbook)
        for line in ["-blacklist radeon", "-vfio_virqfd", "-options vfio-pci ids=10de:1b80,<id>"] {
            #expect(plan.contains(line), "\(plan)")
        }
        #expect(try await fleet.shell("old", "cat \(Self.files)") == before, "a plan changes nothing")
        try await fleet.expect(0, "apply", playbook, "--yes")
        let line = try await fleet.shell("old", "cat /proc/cmdline")
        #expect(line.contains("quiet iommu=pt\n") && !line.contains("pcie_acs_override"), "\(line)")
        let after = try await fleet.expect(0, "show", "old")
        #expect(after.contains("[device-script]") && !after.contains("[acs-override]"), "\(after)")
        #expect(!after.contains("[vfio-ids") && !after.contains("[module-obsolete]"), "\(after)")
        #expect(try await fleet.expect(0, "verify", playbook).contains("1 compliant: old"))

        try await fleet.expect(0, "undo", "old", "--yes")
        #expect(try await fleet.shell("old", "cat \(Self.files)") == before)
        #expect(try await fleet.shell("old", "cat /proc/cmdline").contains("pcie_acs_override"))
        try await fleet.lab.down()
    }
}
