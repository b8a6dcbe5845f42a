import Fleet

/// What is only wrong about a playbook's parts together: names that nothing has, and numbers given twice.
struct PlaybookCheck {
    private let playbook: Playbook
    private let tree: Tree
    private let diagnostics: Diagnostics

    init(_ playbook: Playbook, _ tree: Tree, _ diagnostics: Diagnostics) {
        self.playbook = playbook
        self.tree = tree
        self.diagnostics = diagnostics
    }

    func run() {
        check(playbook.settings, tree)
        let trees = tree[PlaybookKeys.overrides.name]?.sequence ?? []
        for (override, part) in zip(playbook.overrides, trees) {
            check(override.changes.applied(to: playbook.settings), part)
        }
    }

    /// - Parameter part: the mapping in which these settings, or what differs of them, were written.
    private func check(_ settings: NodeSettings, _ part: Tree) {
        var names: Set<String> = []
        let devices = part[PlaybookKeys.devices.name]?.sequence ?? []
        for (device, place) in zip(settings.devices, devices) where !names.insert(device.name).inserted {
            diagnostics.report(
                "duplicate-device", "Two devices are called \(quoted(device.name)).", at: place.location,
                advice: "Give each a name of its own.")
        }
        let known = settings.devices.map(\.name)
        let guests = part[PlaybookKeys.guests.name]?.sequence ?? []
        var numbers: Set<VMID> = []
        for (index, guest) in settings.guests.enumerated() {
            // Guests taken over from the playbook by an override that has other devices are told at the override.
            let place = guests.indices.contains(index) ? guests[index] : part
            if guest.nodes == nil, !numbers.insert(guest.vm).inserted {
                diagnostics.report(
                    "duplicate-guest", "The guest \(guest.vm) is given twice for the same nodes.", at: place.location,
                    advice: "Join the two, or say with nodes: where each lives.")
            }
            check(guest, known, place)
        }
    }

    private func check(_ guest: GuestRequest, _ known: [String], _ place: Tree) {
        let devices = place["devices"]?.sequence ?? []
        var given: Set<String> = []
        for (index, device) in guest.devices.enumerated() {
            let location = devices.indices.contains(index) ? devices[index].location : place.location
            if !known.contains(device.device) {
                let near = nearest(to: device.device, in: known).map { "Did you mean \(quoted($0))?" }
                diagnostics.report(
                    "unknown-device",
                    "The guest \(guest.vm) wants the device \(quoted(device.device)), which is not among the devices.",
                    at: location,
                    advice: near
                        ?? (known.isEmpty ? "Add it under devices." : "There are: \(known.joined(separator: ", "))."))
            }
            if !given.insert(device.device).inserted {
                diagnostics.report(
                    "duplicate-device", "The guest \(guest.vm) gets \(quoted(device.device)) twice.", at: location,
                    advice: "Take one of them out.")
            }
        }
    }
}
