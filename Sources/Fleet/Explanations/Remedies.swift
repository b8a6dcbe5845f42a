extension PlanReason {
    /// What a person could change about it, what is easiest first. Empty where nothing is wrong.
    var remedies: [String] {
        switch self {
        case .groupHoldsHostFunction, .deviceUsedByHost:
            [
                "Move the card to a slot that hangs off the CPU: slots of the chipset often share one group.",
                "Give the host another network card or disk, one in a group of its own, and let it use that.",
                "Look for “ACS” or “PCIe ARI” in the firmware's settings, switch it on, and look again: groups may become smaller.",
            ]
        case .groupSiblingNotAccepted:
            [
                "If the host can do without the other function, list it under accept-siblings of the device in the playbook.",
                "Move the card to a slot that hangs off the CPU.",
                "Look for “ACS” in the firmware's settings.",
            ]
        case .iommuOffInFirmware:
            [
                "Switch on “Intel VT-d” or “AMD IOMMU” (and SVM) in the firmware's settings; updates of the firmware may reset them.",
                "If there is no such setting, see whether CPU and board support it at all.",
            ]
        case .iommuDisabledByArgument:
            ["Take the argument off the kernel command line, or list the opposite under kernel in the playbook."]
        case .groupsUnknown:
            [
                "Apply the plan: the guests' devices are judged again when the groups are known.",
                "Or reboot first, and plan then.",
            ]
        case .reservedMemory:
            [
                "Look in the firmware's settings for shared memory or health reporting of the slot; HPE has a tool that takes it off single slots.",
                "Try another slot: not every one need have it.",
            ]
        case .interruptRemappingOff:
            [
                "Switch on interrupt remapping or x2APIC in the firmware's settings.",
                "As a last resort, allow_unsafe_interrupts=1 for vfio_iommu_type1: a guest can then send the host any interrupt.",
            ]
        case .espMissing, .espNotManaged:
            [
                "proxmox-boot-tool init /dev/PARTITION for the partition that boots, then proxmox-boot-tool clean.",
                "proxmox-boot-tool status shows what it knows of.",
            ]
        case .firmwareFramebuffer:
            [
                "Let the firmware start on another display (“primary display”, “IGD”, “PEG”).",
                "Take initcall_blacklist=sysfb_init as a kernel argument, which not every kernel heeds; the screen then stays dark from the start.",
            ]
        case .resetUnproven:
            ["Start and stop the guest twice before you rely on it; a cold start of the node brings the card back."]
        case .virtualFunctionsNotKept:
            ["Write a unit or a udev rule that sets sriov_numvfs of the physical function before guests start."]
        case .slotNotACard: ["Name the graphics' functions in the playbook: functions: [0, 1]."]
        case .deviceRemovable: ["Authorise the box for good (boltctl enroll), and start its guest by hand."]
        case .containerUsesDevice: ["Take the lines out of the container, or give it another card's nodes."]
        case .guestInHA:
            ["Take the VM out of HA, or keep it to one node (a strict node affinity rule)."]
        case .mappingStale:
            ["Correct the mapping: Datacenter, Resource Mappings, or pvesh set /cluster/mapping/pci/NAME."]
        case .romFileUnusable: ["Put the card's ROM there, or take romfile out of the line."]
        case .largeBAR: ["Set cpu: host for the VM."]
        case .guestMemoryTooLarge:
            ["Give the VM less memory; count every guest with a device and some GiB for the host."]
        case .mediatedOnVFIO: ["Take its id from vfio-pci's options, and take it out of the playbooks that bind it."]
        case .twinUnguarded: ["Load the driver it shall have, then plan again: the function is then kept for it."]
        case .deviceWithoutGroup:
            ["See whether the IOMMU covers its bus; on servers some on-board devices are left out by the firmware."]
        case .managementDisplay:
            ["Ask for another device: on servers the only display is often the management controller's."]
        case .consoleLost:
            [
                "Let the firmware start on another display (“primary display”, “IGD”, “PEG”).",
                "Keep another way in: a management controller, a serial console, or at least SSH from a second place.",
            ]
        case .idShared:
            [
                "Hand over all cards of that kind.", "Bind by address: bind: auto in the playbook chooses it here.",
                "Use another card of a different model for the host.",
            ]
        case .bootLoaderNotUnderstood:
            [
                "Boot the node with GRUB or with proxmox-boot-tool's systemd-boot, as Proxmox installs them.",
                "Set the arguments by hand and take kernel out of the playbook (intel: [], amd: []).",
            ]
        case .grubValueNotEditable, .grubDefaultsMissing, .kernelCommandLineFile:
            ["Mend the file by hand so that it holds the arguments; the tool then finds them there."]
        case .fileIsLink:
            ["Replace the link by the file, or change the file it points to by hand."]
        case .deviceNotFound, .deviceAmbiguous:
            ["See what the node has: vfiofleet show NODE, and name the device by its address."]
        case .foreignIDOnHostFunction, .vfioIDsOverridden:
            ["Clean the options line for vfio-pci in the file the message names."]
        case .argumentDecidesBoot:
            [
                "Take the argument out of the playbook, or out of the boot settings.",
                "If it is meant: boot the node with it once, with someone at its console, and plan again.",
            ]
        case .hostDriverLost:
            ["Take the line or argument out that the message names (adopt: clean does where it can), then plan again."]
        case .startingGuestTakesHost:
            ["qm set VM --onboot 0, or take the device out of the VM (qm set VM --delete hostpci0), then plan again."]
        case .networkNameLost:
            ["Write network: pin in the playbook.", "Or take the argument out of the playbook or the boot settings."]
        case .driverBuiltIn:
            [
                "Bind by address: bind: auto in the playbook chooses it here.",
                "Try it: Proxmox takes the function from its driver when the guest starts.",
                "Leave the function out of the device (functions: in the playbook).",
            ]
        case .blacklistAffectsHost:
            ["Take the driver off the playbook's blacklist: softdep lines or binding by address are enough."]
        case .guestLocked: ["Wait for the task that holds the lock; qm unlock only when no task runs."]
        case .deviceHeldByRunningGuest: ["Stop the other guest, and take the device out of its configuration."]
        case .acsOverrideNearHost:
            ["Take pcie_acs_override off the command line and look at the real groups before you trust the separation."]
        case .deviceBehindVMD:
            [
                "Switch VMD (“Intel RST”, “VROC”) off in the firmware's settings, unless the host boots from behind it.",
                "Pass the VMD controller with all that is behind it.",
            ]
        case .virtualFunctionsLost, .physicalFunctionTaken:
            ["Pass virtual functions and leave the physical one with its driver.", "Set sriov_numvfs to 0 first."]
        case .companionLeftBehind: ["Leave “functions” out of the device, so that the whole card goes."]
        case .hostDeviceLost: ["Plug it into a port of another controller; vfiofleet show NODE --critical tells which."]
        case .groupSharedByGuests: ["Give both devices to one guest, or move one card to another slot."]
        case .factsIncomplete, .nodeUnreachable: ["Mend what kept the fact from being seen, then run vfiofleet detect."]
        default: []
        }
    }
}
