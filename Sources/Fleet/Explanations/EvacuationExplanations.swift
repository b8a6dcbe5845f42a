extension PlanReason {
    var evacuationWords: (String, String)? {
        switch self {
        case .guestStaysDown:
            (
                "A guest runs, the reboot ends it, and it does not start with the node.",
                "It stays down until somebody starts it. Let the roll-out shut it down and start it again (rollout: guests: "
                    + "shutdown), or let it start with the node (onboot)."
            )
        case .guestShutDown:
            (
                "A guest is shut down for the node's reboot and started again afterwards.",
                "In start order, and only once the node is proven, or is back as it was. What ran is in the journal before, so "
                    + "that a controller which dies leaves no guest down."
            )
        case .guestMigrated:
            (
                "A guest is migrated to another member of its cluster for the node's reboot, and back afterwards.",
                "While it runs, before anything is changed; the member is chosen when the node's turn comes: it must be "
                    + "online, have the memory free, and be one that Proxmox allows. It counts as gone when a look shows it "
                    + "running there and no longer here. That it has to come back is in the journal before."
            )
        case .guestNotMigratable:
            (
                "A guest is to be migrated and can't be.",
                "It has something of this node (a passed-through device, a disk on a storage that is not shared), or no "
                    + "member of its cluster can take it. What becomes of it then says rollout: guests: otherwise (shutdown, "
                    + "leave, or refuse, as when it is left out); or choose for this guest alone, by its number."
            )
        case .guestForbidsReboot:
            (
                "A guest runs that no reboot may end.",
                "Stop it at a time of your choice and plan again, or choose something else for it (rollout: guests in the playbook, --guests in an undo)."
            )
        case .guestStartHeldOff:
            (
                "A guest that starts with the node gets a device at this reboot.",
                "It would start before its device is proven, and with its old configuration. onboot goes back to what it was "
                    + "once the guest was seen to run; undo knows of it too."
            )
        default: clusterWords
        }
    }
}

extension PlanReason {
    private var clusterWords: (String, String)? {
        switch self {
        case .haServicePinned:
            (
                "A guest that HA manages has a device of this node, or gets one.",
                "HA can't move it away, so the node's resource manager never lets go of it and of its watchdog; or HA starts it "
                    + "on another node, with whatever device is at that address there. Set its state to "
                    + "ignored for the reboot (ha-manager set vm:100 --state ignored), apply, and set the old state again: it "
                    + "is then treated as any other guest of the node (rollout: guests)."
            )
        case .haMaintenance:
            (
                "The node is put into HA maintenance before it is rebooted.",
                "HA moves its services away and brings them back afterwards, instead of restarting or fencing them. The node "
                    + "goes on only when a look shows it in maintenance with no active service left; maintenance that was on "
                    + "before stays on. That it has to be switched off again is in the journal before it is switched on."
            )
        case .debtOpen:
            (
                "An earlier roll-out took something away from the node and has not been seen to give it back.",
                "Guests that ran, their start with the node, HA maintenance, Ceph's noout: mostly of a node that was lost. The "
                    + "next roll-out over the node, apply or undo, gives back what a fresh look shows to be so still; what "
                    + "somebody has settled meanwhile is left alone. `vfiofleet settle NODE` does only that."
            )
        case .controllerOnNode:
            (
                "The controller itself runs on the node, mostly in one of its guests.",
                "The reboot would end it in the middle of the roll-out, and nobody would confirm the node or start its guests "
                    + "until somebody resumes. It is known by its boot id, its system UUID (smbios1) and the hardware addresses "
                    + "of its interfaces (net0). Run it elsewhere; or have its VM migrated (rollout: guests), then the node "
                    + "comes last, and is rebooted only when a look shows that the VM has left."
            )
        case .nothingOwed:
            (
                "No roll-out owes the node anything.",
                "All that was taken away for a reboot was seen to be given back, as far as this database knows."
            )
        case .cephNoout:
            (
                "The node carries Ceph OSDs, which stop at its reboot.",
                "It is rebooted only if Ceph says that they may stop (ceph osd ok-to-stop); otherwise it stays as it is "
                    + "(ceph-not-ok-to-stop). noout is set for exactly these OSDs, so that Ceph does not move their data "
                    + "meanwhile, and taken off when they are up again. Flags that were set before stay set. Monitors and "
                    + "metadata servers on the node are asked for too (ceph-mon-not-ok-to-stop, ceph-mds-not-ok-to-stop)."
            )
        default: nil
        }
    }
}
