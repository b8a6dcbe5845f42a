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
        case .guestForbidsReboot:
            (
                "A guest runs that the playbook lets no reboot end.",
                "Stop it at a time of your choice and plan again, or choose something else for it (rollout: guests)."
            )
        case .guestStartHeldOff:
            (
                "A guest that starts with the node gets a device at this reboot.",
                "It would start before its device is proven, and with its old configuration. onboot goes back to what it was "
                    + "once the guest was seen to run; undo knows of it too."
            )
        default: nil
        }
    }
}
