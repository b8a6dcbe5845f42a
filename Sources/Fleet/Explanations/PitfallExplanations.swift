/// What the hardware, and the start of a guest, may stumble over.
extension PlanReason {
    var hardwareWords: (String, String)? {
        switch self {
        case .interruptRemappingOff:
            (
                "The node does not remap interrupts.",
                "A device in a guest could send the host any interrupt, so vfio refuses to take one."
            )
        case .reservedMemory:
            (
                "The firmware keeps memory for a device of the group.",
                "The device must reach that memory where it is, which it could not from within a guest: the kernel refuses."
            )
        case .firmwareFramebuffer:
            (
                "The picture that the firmware drew lies in the card's memory.",
                "The kernel goes on showing it, and holds that memory when the guest starts."
            )
        case .resetUnproven:
            (
                "The card may not come back after its guest stops.",
                "A guest gets a card that was reset. Where that fails, a card works once after each cold start of the node."
            )
        case .deviceRemovable:
            (
                "The device is outside of the machine, on a cable.",
                "It may be absent at the boot and come to another address later. Binding goes by its id then."
            )
        case .containerUsesDevice:
            (
                "A container uses a card through the host's driver.",
                "vfio-pci takes the card from the driver, and the container with it."
            )
        default: nil
        }
    }

    var pitfallWords: (String, String)? {
        switch self {
        case .guestOnlyDisplay:
            ("The card is the VM's only screen.", "Proxmox' own console shows nothing; have another way in.")
        case .guestShowsHypervisor:
            (
                "The VM shows its driver that it is one.",
                "NVIDIA's old drivers for consumer cards refuse that (code 43); newer ones do not mind."
            )
        case .guestCPUNotHost:
            ("The VM has a CPU of a general kind.", "It lacks instructions of the host's, such as AVX.")
        case .guestBallooning:
            ("The VM has a balloon.", "A device pins all memory of its guest: nothing comes back.")
        case .guestMemoryTooLarge:
            (
                "The VM's memory does not fit into the node's.",
                "A device pins all of it when the guest starts; the kernel may end the guest, or others."
            )
        case .guestInHA:
            (
                "High availability may start the VM on another node.",
                "The same address is another device there, maybe one that node needs."
            )
        case .largeBAR:
            (
                "The card's memory windows are larger than the guest's usual address space for them.",
                "Its firmware leaves them out, and the driver finds no memory."
            )
        case .romFileUnusable:
            ("The ROM file of a device is missing or is none.", "The guest does not start, or its screen stays dark.")
        case .mappingStale:
            (
                "A resource mapping no longer fits the hardware.",
                "Proxmox refuses to start the guest: “PCI device mapping invalid (hardware probably changed)”."
            )
        default: nil
        }
    }
}
