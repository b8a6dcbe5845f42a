import TestSupport

@testable import Fleet

extension Failure {
    private static let mapping = "/etc/pve/mapping/pci.cfg"

    private static func map(_ id: String, group: Int = 1) -> String {
        "gpu\n\tmap id=\(id),iommugroup=\(group),node=pve1,path=0000:01:00,subsystem-id=1462:3733\n"
            + "\tmap id=10de:2204,iommugroup=9,node=pve2,path=0000:42:00\n"
    }

    /// What a guest's start stumbles over, and who else has the card.
    static let guests: [Failure] = [
        Failure(
            number: "F16", name: "an old driver would see the hypervisor", sign: .plan(.note, .guestShowsHypervisor),
            says: ["code 43"],
            happens: { node in
                node.settings.guests[0].devices[0].firstFunctionOptions = ["pcie=1"]
                node.settings.guests[0].options["cpu"] = "host"
                try node.guest(100, guest.replacing("host,hidden=1", "host"))
            }),
        Failure(
            number: "F17", name: "the card is the guest's only screen", sign: .plan(.note, .guestOnlyDisplay),
            says: ["noVNC"], happens: { try $0.guest(100, guest.replacing("agent: 1", "agent: 0")) }),
        Failure(
            number: "F18", name: "the ROM file is not there", sign: .plan(.warning, .romFileUnusable),
            says: ["tu106.rom", "is not in /usr/share/kvm"],
            wish: { $0.guests[0].devices[0].firstFunctionOptions += ["romfile=tu106.rom"] },
            happens: { $0.facts.romFiles = .known(["tu106.rom": .absent]) }),
        Failure(
            number: "F18", name: "the ROM file is none", sign: .plan(.warning, .romFileUnusable), says: ["55 AA"],
            wish: { $0.guests[0].devices[0].firstFunctionOptions += ["romfile=tu106.rom"] },
            happens: { $0.facts.romFiles = .known(["tu106.rom": .invalid]) }),
        Failure(
            number: "F26", name: "the guest's CPU is a general one", sign: .plan(.note, .guestCPUNotHost),
            says: ["x86-64-v3"], happens: { $0.settings.guests[0].options["cpu"] = "x86-64-v3,hidden=1" }),
        Failure(
            number: "F27", name: "the guest's memory does not fit", sign: .plan(.warning, .guestMemoryTooLarge),
            says: ["8192 MiB", "8000 MiB"],
            happens: { $0.facts.memory = .known(Memory(totalKiB: 8000 << 10)) }),
        Failure(
            number: "F27", name: "guests that start with the node do not fit", sign: .risk(.memoryTight),
            says: ["8192 of 9000 MiB"],
            happens: { node in
                try node.guest(101, "hostpci0: 01:00\nmemory: 8192\nonboot: 1\n")
                node.facts.memory = .known(Memory(totalKiB: 9000 << 10))
            }),
        Failure(
            number: "F27", name: "a balloon gives nothing back", sign: .plan(.note, .guestBallooning),
            says: ["2048 MiB (balloon)"], happens: { try $0.guest(100, guest.replacing("balloon: 0", "balloon: 2048")) }
        ),
        Failure(
            number: "F29", name: "high availability may move the guest", sign: .plan(.warning, .guestInHA),
            says: ["VM 100", "/etc/pve/ha/resources.cfg"],
            happens: { $0.file("/etc/pve/ha/resources.cfg", "vm: 100\n\tgroup a\n\tstate stopped\n\nvm: 101\n") }),
        Failure(
            number: "F30", name: "maintenance waits for a guest that can't move",
            sign: .plan(.blocker, .haServicePinned), says: ["vm:100", "ha-manager set vm:100 --state ignored"],
            happens: { $0.file("/etc/pve/ha/resources.cfg", "vm: 100\n\tgroup a\n") }),
        Failure(
            number: "F32", name: "another guest has the card", sign: .plan(.warning, .deviceHeldByOtherGuest),
            says: ["VM 101", "01:00.3"], happens: { try $0.guest(101, "hostpci3: 0000:01:00\n") }),
        Failure(
            number: "F32", name: "another guest has the card through a mapping",
            sign: .plan(.warning, .deviceHeldByOtherGuest), says: ["through the mapping “gpu”", "mapping=gpu"],
            happens: { node in
                node.file(mapping, map("10de:1f02"))
                try node.guest(101, "hostpci0: mapping=gpu,pcie=1\n")
            }),
        Failure(
            number: "F32", name: "a running guest has the card", sign: .plan(.blocker, .deviceHeldByRunningGuest),
            says: ["VM 101 runs"],
            happens: { node in
                try node.guest(101, "hostpci0: 01:00\n", runningWith: ["kvm", "-device", "vfio-pci,host=0000:01:00.0"])
            }),
        Failure(
            number: "F33", name: "a running guest's changes wait for its stop",
            sign: .plan(.warning, .guestRestartNeeded),
            says: ["until it is stopped and started"],
            happens: { try $0.guest(100, guest, runningWith: ["kvm", "-id", "100"]) }),
        Failure(
            number: "F34", name: "a mapping does not fit the card", sign: .plan(.warning, .mappingStale),
            says: ["“gpu”", "the card there is 10de:1f02"],
            before: { node in
                node.file(mapping, map("10de:1f02"))
                try node.guest(100, guest + "hostpci0: mapping=gpu,pcie=1,x-vga=1\n")
            },
            happens: { $0.file(mapping, map("10de:1e04")) }),
        Failure(
            number: "F34", name: "a mapping does not fit the group", sign: .plan(.warning, .mappingStale),
            says: ["its IOMMU group is 1"],
            before: { node in
                node.file(mapping, map("10de:1f02"))
                try node.guest(100, guest + "hostpci0: mapping=gpu,pcie=1,x-vga=1\n")
            },
            happens: { $0.file(mapping, map("10de:1f02", group: 13)) }),
        Failure(
            number: "F40", name: "the running guest has no card", sign: .check(.guestProcess, .fail),
            says: ["runs without 01:00.0"],
            happens: { node in
                try node.guest(
                    100, node.facts.guests.value?.first?.configuration.value ?? "", runningWith: ["kvm", "-id", "100"])
            }),
        Failure(
            number: "F42", name: "the guest starts with the node", sign: .plan(.warning, .guestStartsAtBoot),
            says: ["onboot: 1"], happens: { try $0.guest(100, guest + "onboot: 1\n") }),
        Failure(
            number: "F42", name: "another guest that starts with the node takes the host's card",
            sign: .plan(.blocker, .startingGuestTakesHost), says: ["VM 101", "default-route"],
            happens: { try $0.guest(101, "hostpci0: 00:1f.6\nonboot: 1\n") }),
        Failure(
            number: "F42", name: "high availability starts a guest that takes the host's card",
            sign: .plan(.blocker, .startingGuestTakesHost), says: ["VM 101", "00:1f.6"], also: [.haServicePinned],
            happens: { node in
                try node.guest(101, "hostpci0: 00:1f.6\n")
                node.file("/etc/pve/ha/resources.cfg", "vm: 101\n\tstate started\n")
            }),
    ]
}

extension String {
    fileprivate func replacing(_ part: String, _ other: String) -> String {
        split(separator: part, omittingEmptySubsequences: false).joined(separator: other)
    }
}
