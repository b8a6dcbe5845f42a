import Fleet

/// What a VM node is, known from how QEMU is started and not from looking.
enum Truth {
    /// The cards' functions, in address order.
    static let cards = ["0000:01:00.0", "0000:01:00.1", "0000:01:00.2", "0000:02:00.0", "0000:02:00.1", "0000:02:00.2"]

    /// `ADDRESS ID CLASS DRIVER [MODULES]` of every function before anything was changed.
    static func functions(_ iommu: VMNode.IOMMU) -> [String] {
        let unit = iommu == .amd ? ["0000:00:01.0 1022:0008 080600 - []"] : []
        return [
            "0000:00:00.0 8086:29c0 060000 - []"
        ] + unit + [
            "0000:00:02.0 1af4:1000 020000 virtio-pci [virtio_pci]",
            "0000:00:02.1 1033:0194 0c0330 xhci_hcd [xhci_pci]",
            "0000:00:03.0 1af4:1001 010000 virtio-pci [virtio_pci]",
            "0000:00:04.0 1af4:1005 00ff00 virtio-pci [virtio_pci]",
            "0000:00:10.0 1b36:000c 060400 pcieport []",
            "0000:00:11.0 1b36:000c 060400 pcieport []",
            "0000:00:1f.0 8086:2918 060100 lpc_ich [lpc_ich]",
            "0000:00:1f.2 8086:2922 010601 ahci [ahci]",
            "0000:00:1f.3 8086:2930 0c0500 i801_smbus [i2c_i801]",
        ]
            + ["01", "02"].flatMap { bus in
                [
                    "0000:\(bus):00.0 1234:1111 038000 bochs-drm [bochs]",
                    "0000:\(bus):00.1 8086:293e 040300 snd_hda_intel [snd_hda_intel]",
                    "0000:\(bus):00.2 1b36:000d 0c0330 xhci_hcd [xhci_pci]",
                ]
            }
    }

    /// Functions that share a group; every other one that is in a group is alone there.
    static let sharedGroups = [
        [networkCard, networkCardsNeighbour], ["0000:00:1f.0", "0000:00:1f.2", "0000:00:1f.3"], Array(cards[..<3]),
        Array(cards[3...]),
    ]
    /// AMD's IOMMU is a PCI function and in no group.
    static let ungrouped: [VMNode.IOMMU: Set<String>] = [.intel: [], .amd: ["0000:00:01.0"]]
    static let networkCard = "0000:00:02.0"
    /// Another function of the same slot.
    static let networkCardsNeighbour = "0000:00:02.1"
    static let disk = "0000:00:03.0"
}

extension NodeFacts {
    /// As `Truth.functions`.
    var outline: [String] {
        (functions.value ?? []).map { function in
            let driver = function.driver?.description ?? "-"
            let modules = function.modules.value.map { "\($0.map(\.description))" } ?? "unknown"
            return "\(function.address) \(function.id) \(function.class) \(driver) "
                + modules.replacing("\"", with: "")
        }
    }

    /// Groups as sets of addresses, smallest address first.
    var groups: [[String]] {
        let grouped = (functions.value ?? []).filter { $0.group != nil }
        return Dictionary(grouping: grouped, by: \.group).values
            .map { $0.map(\.address.description).sorted() }.sorted { ($0.first ?? "") < ($1.first ?? "") }
    }

    /// `PURPOSE ADDRESS` of everything the host needs.
    var uses: Set<String> {
        Set((hostUses.value ?? []).map { "\($0.purpose.rawValue) \($0.function)" })
    }

    /// The drivers of the cards' functions; `-` for none.
    var cardDrivers: [String] {
        Truth.cards.map { address in
            functions.value?.first { $0.address.description == address }?.driver?.description ?? "-"
        }
    }
}
