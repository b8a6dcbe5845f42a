/// Playbooks for nodes with two identical cards at 01:00 and 02:00.
enum Playbooks {
    static let bothTwins = twins + rollout

    /// The same without a line that lets vfio-pci come before the driver in the initramfs.
    /// The node stays as it fails, so that it can be looked at.
    static let guideAsWritten =
        twins + "vfio: {softdep: never}\n" + rollout.replacing("}", with: ", confirm-within: never}")

    /// Wants one of two cards that no id can tell apart, by id.
    static let oneOfTwins = """
        playbook: one-of-twins
        nodes: all
        bind: ids
        devices:
          - {name: first, at: "01:00"}

        """

    /// Wants one of them in the way that the node allows, which is by address.
    static let oneByAddress = """
        playbook: one-by-address
        nodes: all
        devices:
          - {name: first, at: "01:00"}

        """ + rollout

    /// Wants the USB controller that shares its group with the only network card.
    static let networkCardsNeighbour = """
        playbook: network-cards-neighbour
        nodes: all
        devices:
          - {name: usb, at: "00:02", functions: [1]}

        """

    private static let twins = """
        playbook: both-twins
        nodes: all
        devices:
          - {name: first, at: "01:00"}
          - {name: second, at: "02:00"}

        """
    private static let rollout = "rollout: {canary: 0, batch: 1, pause: 0s, return-within: 10m}\n"
}
