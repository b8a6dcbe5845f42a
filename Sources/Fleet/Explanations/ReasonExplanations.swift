extension PlanReason {
    /// What a reason means and what to do about it.
    var explanation: Explanation {
        let (what, why) = words
        return Explanation(rawValue, .reason, what, why: why, see: command)
    }

    private var words: (what: String, why: String) {
        hostWords ?? forecastWords ?? deviceWords ?? hardwareWords ?? closureWords ?? moduleWords ?? bindingWords
            ?? pitfallWords ?? undoWords ?? evacuationWords ?? guestWords
    }

    private var hostWords: (String, String)? {
        switch self {
        case .nodeUnreachable:
            ("The node could not be asked.", "Mend the connection first; nothing is planned on hearsay.")
        case .factsIncomplete:
            (
                "A fact that the decision needs could not be seen.",
                "The message names it. Unknown is never taken for no."
            )
        case .complianceOnly:
            ("The playbook only observes.", "verify tells how the node stands; apply changes nothing.")
        case .labelLimitUnused:
            (
                "The roll-out's per-label names a label that no node of the plan has.",
                "A typing error there would lift the limit without a word. Labels are set in the inventory."
            )
        case .clusterLimitTooHigh:
            (
                "The roll-out's per-cluster lets more members be away at once than the cluster bears.",
                "Each node would be refused before its reboot (quorum-at-risk). Lower per-cluster to what the message says."
            )
        case .fileIsLink:
            (
                "A file to be changed is a symbolic link.",
                "Replacing it would cut the link; change the file it points to, or the set-up."
            )
        case .bootLoaderNotUnderstood:
            (
                "It is not clear which boot loader booted the node.",
                "The edit of a file that nobody reads changes nothing, or breaks the boot later."
            )
        case .espMissing:
            (
                "A partition that proxmox-boot-tool shall write to is not there.",
                "It was on a disk that is gone. Changes reach the others only, and nothing at all when none is left."
            )
        case .espNotManaged:
            (
                "The node boots from a partition that proxmox-boot-tool does not write to.",
                "What it writes elsewhere is never booted: often a disk was exchanged, or copied."
            )
        case .kernelCommandLineCreated:
            (
                "/etc/kernel/cmdline is made from what the running kernel was booted with.",
                "proxmox-boot-tool does the same as long as there is none. undo removes the file again."
            )
        case .kernelLockedDown:
            (
                "The kernel keeps root out of itself, mostly because Secure Boot is on.",
                "vfio-pci is part of the kernel and signed. Modules that DKMS builds and tools that write to cards are not."
            )
        case .grubDefaultsMissing:
            (
                "GRUB booted the node, and /etc/default/grub is not there.",
                "Put the package's file back (grub-common), then plan again."
            )
        case .grubValueNotEditable:
            (
                "GRUB's settings can't be changed without guessing what they amount to.",
                "A person has to edit them; the tool then finds the arguments there."
            )
        case .dropInNeeded:
            ("Another file overrides /etc/default/grub.", "The arguments go to a file of our own that is read last.")
        case .dropInNotPossible:
            ("systemd-boot has no drop-in files.", "/etc/kernel/cmdline is edited in place; undo restores its bytes.")
        case .kernelCommandLineFile:
            (
                "/etc/kernel/cmdline can't be used as it is.",
                "proxmox-boot-tool takes its first line, which must have root=."
            )
        case .kernelArgumentPresent: ("An argument is in the boot settings already.", "Nothing is to be done.")
        case .kernelArgumentAdded: ("An argument is added to the boot settings.", "It takes effect at the next boot.")
        case .kernelArgumentReplaced:
            (
                "A token contradicts an argument and is replaced.",
                "For some arguments the kernel lets the first one stand whatever follows."
            )
        case .argumentDecidesBoot:
            (
                "An argument that the node was not booted with yet decides whether it comes up.",
                "A root file system, a first program or a target that is wrong leaves a node that nobody reaches. Boot it once "
                    + "by hand with someone at the console; a node that runs with the argument is left in peace."
            )
        case .kernelPinned:
            (
                "A certain kernel is chosen to be booted.",
                "Other kernels are passed over, newer ones too. proxmox-boot-tool kernel unpin, or GRUB_DEFAULT=0, takes the "
                    + "choice back."
            )
        case .otherKernelNext:
            (
                "The next boot starts another kernel than the running one.",
                "It may have other drivers compiled in, and other things on by default. Reboot into it first if that matters."
            )
        case .kernelWithoutInitramfs:
            (
                "The kernel that boots next has no initramfs in /boot.",
                "What is set for vfio-pci could not reach it. Make one (update-initramfs -c -k RELEASE), or choose another kernel."
            )
        case .bootChosenOnce:
            (
                "What the next boot starts was chosen for one boot only.",
                "The boot after it is another one. Take the choice back before a roll-out: proxmox-boot-tool kernel unpin "
                    + "--next-boot, or grub-editenv - unset next_entry."
            )
        case .bootEntryMissing:
            (
                "GRUB's chosen entry is not in its menu.",
                "Its kernel was removed, most likely; choose one that is there."
            )
        case .bootEntryNotGenerated:
            (
                "The entry that boots is not one of those that get the arguments.",
                "update-grub writes them into entries of /etc/grub.d/10_linux only, and not into rescue entries."
            )
        case .modulesFileNotRead:
            (
                "Nothing reads /etc/modules on this node.",
                "systemd reads /etc/modules-load.d alone. Debian 12 and 13 have a link to /etc/modules in it; here there is none."
            )
        case .cpuNeedsNoArguments: ("The CPU is neither Intel's nor AMD's.", "Its IOMMU has no argument of either.")
        case .initramfsStale:
            ("An initramfs lacks the settings or is older than its inputs.", "It is built anew, once for all kernels.")
        case .initramfsUnknown: ("What is inside the initramfs could not be seen.", "It is not rebuilt on suspicion.")
        case .initramfsCurrent: ("The initramfs holds the settings.", "Nothing is to be built.")
        case .bootConfigurationStale:
            ("The boot configuration was not generated since its settings changed.", "It is generated anew.")
        case .rebootNeeded: ("The node has to reboot.", "The message says which change waits for it.")
        case .rebootNotNeeded: ("The running kernel is as asked.", "Nothing waits for a boot.")
        case .iommuOnByDefault:
            (
                "The kernel switches the IOMMU on without an argument.",
                "AMD's always, Intel's in Proxmox' kernels from 6.8 on. List the argument in the playbook to have it written."
            )
        default: nil
        }
    }

    private var deviceWords: (String, String)? {
        switch self {
        case .iommuOffInFirmware:
            (
                "The firmware does not offer an IOMMU.",
                "Switch on VT-d (Intel) or IOMMU (AMD) in its settings; no file on the node can."
            )
        case .iommuDisabledByArgument:
            (
                "A kernel argument, or the lack of one, keeps the IOMMU off.",
                "Change it by hand or list the opposite in the playbook."
            )
        case .groupsUnknown:
            (
                "The IOMMU comes on only with the reboot; until then there are no groups.",
                "Binding takes single functions and is safe; guests get a device only after the groups were judged."
            )
        case .deviceWithoutGroup: ("The function is in no IOMMU group.", "It can't be passed to a guest.")
        case .groupHoldsHostFunction:
            (
                "The group holds a function that the host needs.",
                "Starting the guest would take it: move the card to another slot."
            )
        case .groupSiblingNotAccepted:
            (
                "The group holds a function that was not asked for.",
                "List it under accept-siblings of that device if the host can do without it; the message has the line."
            )
        case .groupSiblingAccepted:
            ("Another member of the group is taken along.", "The playbook accepts it, or nobody uses it.")
        case .deviceNotFound: ("The wanted device is not there.", "Cards move; `vfiofleet gpus` shows where they are.")
        case .deviceAmbiguous: ("Several devices fit the request.", "Name one by its slot, or say how many.")
        case .deviceRequestedTwice: ("Two requests mean the same function.", "A function can have one purpose.")
        case .deviceNotPassable:
            (
                "What is wanted is a bridge: PCI, host or ISA.",
                "What lies behind a bridge can be passed, the bridge itself stays with the host."
            )
        case .deviceUsedByHost:
            ("The host itself uses the wanted function.", "Taking it would cut the host off from it.")
        case .optionalDeviceAbsent: ("An optional device is not there.", "The node is left alone.")
        case .managementDisplay:
            (
                "The wanted display is the management controller's.",
                "It is the host's remote console, and no graphics card for a guest. Ask for another device."
            )
        case .consoleLost: ("The host's only screen goes to a guest.", "Have another way in: network, serial, BMC.")
        case .idShared:
            ("The same vendor:device id sits on a function that is not wanted.", "Binding by id would take both.")
        default: nil
        }
    }

    /// What leaves the host together with a device.
    private var closureWords: (String, String)? {
        switch self {
        case .acsOverrideNearHost:
            (
                "Only pcie_acs_override keeps a function of the host out of the device's group.",
                "The hardware may not separate them: the guest could reach what the host needs. Another slot may do."
            )
        case .groupSharedByGuests:
            (
                "Two guests get devices of one IOMMU group.",
                "A group belongs to one guest at a time: the second one does not start. Give both devices to one guest."
            )
        case .deviceSplitOverGroups:
            (
                "The functions of one card are in several IOMMU groups.",
                "They are passed together all the same. A tool that goes by groups would leave some of them behind."
            )
        case .deviceBehindVMD:
            (
                "The device sits behind Intel's Volume Management Device.",
                "It can't be passed by itself. Switch VMD off in the firmware's settings, if the host does not boot from it."
            )
        case .functionsBehindTaken:
            ("A controller takes along what is behind it.", "The devices vanish from the host while a guest has it.")
        case .virtualFunctionsLost:
            (
                "A physical function has virtual ones, which vanish when vfio-pci takes it.",
                "Pass a virtual function instead, or set sriov_numvfs to 0, or accept it under accept-siblings."
            )
        case .physicalFunctionTaken:
            (
                "A wanted virtual function would lose the physical function that makes it.",
                "The physical function has to stay with its driver on the host."
            )
        case .virtualFunctionsNotKept:
            (
                "A wanted virtual function is there now, and nothing was found that makes it at the boot.",
                "The kernel makes none by itself. A unit, a udev rule, sysfs.conf or a line in /etc/network/interfaces has to "
                    + "write sriov_numvfs; where it does so is not always found."
            )
        case .slotNotACard:
            (
                "The slot is a package of functions of the processor.",
                "AMD puts graphics, sound, USB controllers and the security processor into one slot: all of it would go."
            )
        case .companionLeftBehind:
            (
                "A function of the card stays with the host while others go to a guest.",
                "Pass all functions of the card, unless the host really needs this one."
            )
        case .nvswitchNotPassed:
            (
                "The board's NVSwitches are not passed with its GPU.",
                "CUDA fails in the guest (“system not yet initialized”) unless a fabric manager drives them there."
            )
        case .hostDeviceLost:
            (
                "Something plugged into the host goes with the device.",
                "Plug it into another controller if it is needed."
            )
        case .hostUseUntraced:
            (
                "Something the host needs could not be traced to a PCI function.",
                "No plan can spare what it does not find. Look by hand which card carries it."
            )
        default: nil
        }
    }

    private var moduleWords: (String, String)? {
        switch self {
        case .vfioIDsPresent: ("vfio-pci is told to take the ids already.", "Nothing is to be done.")
        case .vfioIDsAdded: ("vfio-pci is told to take these ids.", "It does so at the boot, before other drivers.")
        case .vfioIDsOverridden:
            (
                "A later file, or the kernel command line, replaces the ids.",
                "The kernel uses the last ids= only. bind: auto binds by address instead, where it can."
            )
        case .foreignIDOnHostFunction:
            (
                "A listed id sits on a function the host needs.",
                "The next boot would take it from the host, whoever wrote it."
            )
        case .hostDriverLost:
            (
                "The next boot leaves a function of the host's network or storage without its driver.",
                "Somebody blacklisted the driver or gave the id to vfio-pci, and the node was not booted since: it would not "
                    + "come back."
            )
        case .blacklistPresent: ("The driver is blacklisted already.", "Nothing is to be done.")
        case .blacklistAdded: ("The driver is blacklisted.", "It is not loaded for any device of the node.")
        case .blacklistAffectsHost:
            ("A device that stays with the host uses the driver.", "It will have no driver after the boot.")
        case .modulePresent: ("The module is loaded at boot already.", "Nothing is to be done.")
        case .moduleAdded: ("The module is loaded at boot.", "vfio's modules have to be there before other drivers.")
        case .moduleLeftOut:
            (
                "A module that the playbook lists is not written to the node's list.",
                "This kernel has no such module, or it is a display's driver that would be loaded before vfio-pci."
            )
        case .softdepPresent: ("vfio-pci is loaded before the driver already.", "Nothing is to be done.")
        case .softdepAdded: ("Another driver would bind first.", "The softdep has vfio-pci loaded before it.")
        case .softdepElsewhere:
            (
                "Another file decides what is loaded before the driver.",
                "Only the first softdep line counts. bind: auto binds by address instead, where it can."
            )
        case .driverBuiltIn: ("The driver is compiled into the kernel.", "No module setting comes before it.")
        case .vfioBuiltIn:
            ("vfio-pci is compiled into the kernel.", "It reads vfio-pci.ids= from the kernel command line.")
        case .blacklistLeftOut:
            (
                "A driver that the playbook blacklists is needed by a device of the host.",
                "A blacklist is for the whole node. A softdep line, or binding by address, is for the wanted functions alone."
            )
        default: nil
        }
    }

    private var bindingWords: (String, String)? {
        switch self {
        case .boundByAddress:
            (
                "The function is bound by where it is, not by what it is.",
                "A script in the initramfs sets its driver_override before udev loads any driver, and only while the same "
                    + "card is at the address."
            )
        case .boundAtStart:
            (
                "A virtual function is bound when its guest starts, not at the boot.",
                "One of several equal ones can be told apart by its address alone, which it has only once its physical "
                    + "function's driver made it. Proxmox takes it from its driver then."
            )
        case .addressNotPossible:
            ("The function appears too late for the initramfs' first scripts.", "Its id is used instead.")
        case .earlyScript: ("The script that binds by address changes.", "update-initramfs brings it into the images.")
        case .twinGuarded:
            (
                "A function with a wanted one's id stays with the host.",
                "Its driver_override names its own driver, so that vfio-pci can't take it, whatever id it is told. To give it "
                    + "another driver, change the line in the script."
            )
        case .twinUnguarded:
            (
                "A function with a wanted one's id has no driver, and not just one that would get it.",
                "There is no driver to keep it for. vfio-pci takes it if Proxmox has to tell it the id when a guest starts."
            )
        case .mediatedOnVFIO:
            ("A device that shall make mediated devices is on vfio-pci.", "Only its own driver makes them.")
        case .driverKept:
            ("A device keeps its own driver.", "Mediated devices are made by that driver; vfio-pci would end them.")
        default: nil
        }
    }

    /// The rest: total, so that a new reason can't be forgotten.
    private var guestWords: (String, String) {
        switch self {
        case .guestAbsent:
            ("The VM is not on this node.", "Numbers are unique in a cluster: it may be on another node.")
        case .guestNotQEMU: ("The number belongs to a container.", "Containers take no PCI devices.")
        case .guestLocked: ("The VM is locked.", "A backup, snapshot or migration is under way; wait for it.")
        case .guestNeedsQ35: ("pcie=1 needs the machine type q35.", "The VM would not start.")
        case .guestEntryOverlaps: ("An entry of the VM takes wanted functions with others.", "Split or remove it.")
        case .guestEntriesFull: ("All sixteen hostpci entries are in use.", "Remove one.")
        case .guestDeviceUnknown: ("The playbook names a device it does not define.", "Correct the name.")
        case .guestOptionPresent: ("The option already means what is asked.", "Nothing is to be done.")
        case .guestDevicePresent: ("The VM already has the device.", "Nothing is to be done.")
        case .guestChanges: ("Options of the VM change.", "They are set with qm after the boot is proven.")
        case .guestRestartNeeded: ("The VM runs with its old configuration.", "Stop and start it.")
        case .guestStartsAtBoot: ("The VM starts with the node.", "From then on it takes the group at every boot.")
        case .guestsAfterReboot: ("Guests are judged again after the reboot.", "Only then the groups are known.")
        case .deviceHeldByRunningGuest: ("Another running VM has the device.", "Stop it or take the device from it.")
        case .deviceHeldByOtherGuest:
            ("Another VM is configured with the device.", "Only one of both can run at a time.")
        default: (rawValue, "")
        }
    }
}
