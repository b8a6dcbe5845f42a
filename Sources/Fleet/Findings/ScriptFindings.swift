extension FindingScope {
    /// Programs of others that act on PCI devices: scripts and rules on the node, and hooks of guests.
    var scriptFindings: [Finding] { deviceScripts + hooks }

    private var deviceScripts: [Finding] {
        // Making virtual functions takes nothing from anybody.
        let lines = (facts.deviceScripts.value ?? []).filter { line in
            !Self.isOwn(line.path) && !line.text.contains(substring: "sriov_numvfs")
        }
        var paths: [String] = []
        for line in lines where !paths.contains(line.path) { paths.append(line.path) }
        return paths.map { path in
            let own = lines.filter { $0.path == path && !$0.text.trimmedStart.hasPrefix("#") }
            let places = own.isEmpty ? lines.filter { $0.path == path } : own
            return Finding(
                .deviceScript, "\(path) acts on PCI devices by itself: “\(places[0].text.trimmedStart)”.", at: places)
        }
    }

    private var hooks: [Finding] {
        (facts.guests.value ?? []).compactMap { guest in
            guard guest.kind == .qemu, let text = guest.configuration.value else { return nil }
            let options = GuestConfiguration(text).effective
            guard let hook = options["hookscript"], options.keys.contains(where: { $0.hasPrefix("hostpci") }) else {
                return nil
            }
            let path = "/etc/pve/qemu-server/\(guest.id).conf"
            let bytes = Array(text.utf8)
            let places = bytes.lineRanges.map { FileLine(path, bytes, at: $0.lowerBound) }
                .filter { $0.text.hasPrefix("hookscript:") }
            return Finding(
                .hookScript, "VM \(guest.id) has a passed-through device, and runs \(hook) when it starts and stops.",
                at: places)
        }
    }
}
