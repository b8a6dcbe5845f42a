import TestSupport

@testable import Fleet

extension Failure {
    /// Cards that do not start, or not twice.
    static let hardware: [Failure] = [
        Failure(
            number: "F10", name: "the firmware's picture lies in the card", sign: .plan(.warning, .firmwareFramebuffer),
            says: ["BOOTFB", "01:00.0", "/proc/iomem"],
            happens: { $0.facts.framebuffers = .known([try Fixtures.address("01:00.0"): "BOOTFB"]) }),
        Failure(
            number: "F19", name: "nothing can reset the card", sign: .plan(.warning, .resetUnproven),
            says: ["01:00.0", "reset_method"], happens: { try $0.change("01:00.0") { $0.resetMethods = [] } }),
        Failure(
            number: "F19", name: "a reset failed since the boot", sign: .plan(.warning, .resetUnproven),
            says: ["not ready 65535ms after FLR"],
            happens: { node in
                node.facts.kernelLog = node.facts.kernelLog.map {
                    $0 + ["[ 99.1] vfio-pci 0000:01:00.0: not ready 65535ms after FLR; giving up"]
                }
            }),
        Failure(
            number: "F19", name: "the card is switched off", sign: .plan(.warning, .resetUnproven), says: ["D3cold"],
            happens: { try $0.change("01:00.0") { $0.powerState = "D3cold" } }),
        Failure(
            number: "F19", name: "the boot would show a card that nothing can reset", sign: .risk(.noReset),
            says: ["01:00.0"], happens: { try $0.change("01:00.0") { $0.resetMethods = [] } }),
        Failure(
            number: "F25", name: "the card's windows are larger than the guest's space",
            sign: .plan(.warning, .largeBAR),
            says: ["64 GiB", "phys-bits=host"],
            wish: { $0.guests[0].options["cpu"] = "x86-64-v3" },
            happens: { try $0.change("01:00.0") { $0.barSizes = [1: 64 << 30] } }),
        Failure(
            number: "-", name: "the card is in a box on a cable", sign: .plan(.warning, .deviceRemovable),
            says: ["boltctl"], happens: { try $0.change("01:00.0") { $0.isRemovable = true } }),
        Failure(
            number: "-", name: "the card is below a Thunderbolt port", sign: .plan(.warning, .deviceRemovable),
            says: ["behind 0000:00:01.0"],
            happens: { try $0.change("00:01.0") { $0.id = PCIID(vendor: 0x8086, device: 0x15ea) } }),
        Failure(
            number: "-", name: "a container uses the card", sign: .plan(.warning, .containerUsesDevice),
            says: ["Container 105", "/dev/dri"],
            happens: { node in
                try node.guest(105, "arch: amd64\ndev0: /dev/dri/renderD128,gid=104\n", kind: .lxc)
            }),
        Failure(
            number: "-", name: "GPUs go without the switches between them", sign: .plan(.warning, .nvswitchNotPassed),
            says: ["fabric manager"],
            happens: { node in
                var bridge = try Topology.function("05:00.0", "068000", id: "10de:22a3", group: 50)
                bridge.parent = try Fixtures.address("00:1b.0")
                node.add(bridge)
            }),
    ]
}
