import Fleet

extension FactsReader {
    mutating func readProxmox() {
        facts.proxmox = ProxmoxFacts(
            version: proxmoxVersion(),
            nodeName: fact("node-name") { $0.isEmpty ? nil : $0.text })
        facts.guests = guests()
        facts.romFiles = fact("guest-roms", Self.romFiles)
        facts.cluster = cluster()
    }

    /// A node without `pveversion` is no Proxmox node: here the missing tool is the answer.
    private func proxmoxVersion() -> Observed<String?> {
        if case .known(let frame) = answer.received("pveversion"), case .missing = frame.status { return .known(nil) }
        return fact("pveversion") { content in
            let text = content.trimmed
            // `pve-manager/8.4.14/b502d23c (running kernel: …)`, or the package's bare version.
            let version = (text.dropping("pve-manager/") ?? text).prefix { $0 != UInt8(ascii: "/") }
            guard let first = version.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first),
                !version.contains(UInt8(ascii: "\n"))
            else { return nil }
            return .some(version.text)
        }
    }

    /// Rows of `guest-roms`: name and first two bytes.
    private static func romFiles(_ content: Bytes) -> [String: ROMFile]? {
        Table(content)?.rows().map { rows in
            rows.reduce(into: [:]) { files, row in
                guard row.cells.count == 2 else { return }
                files[row.bytes(0).text] = row[1].value.map { $0.equals("55aa") ? .valid : .invalid } ?? .absent
            }
        }
    }

    private func guests() -> Observed<[GuestFacts]> {
        known("guests", whenAbsent: []) { content in
            guard let rows = Table(content)?.rows() else { return nil }
            var seen: Set<VMID> = []
            var guests: [GuestFacts] = []
            for row in rows {
                // A number stands for one guest in the whole cluster; each one's configuration is kept whole.
                guard row.cells.count == 3, let guest = self.guest(row), seen.insert(guest.id).inserted else {
                    return nil
                }
                guests.append(guest)
            }
            return guests
        }
    }

    private func guest(_ row: Table.Row) -> GuestFacts? {
        guard let kind = GuestFacts.Kind(rawValue: row.bytes(0).text), let id = VMID(row.bytes(1).text) else {
            return nil
        }
        let configuration = fact("guest:\(kind.rawValue):\(id)") { $0.text }
        var guest = GuestFacts(
            kind: kind, id: id, configuration: configuration, state: .known(.stopped), processArguments: .known(nil))
        if row.bytes(2).equals("running") {
            if kind == .qemu { addProcess(to: &guest) } else { guest.state = .known(.running) }
        } else if !row.bytes(2).equals("stopped") {
            let why = Unknown(.unreadable, "The state of guest \(id) could not be read.")
            guest.state = .unknown(why)
            guest.processArguments = .unknown(why)
        }
        return guest
    }

    /// A process number may outlive its guest: only QEMU's own arguments prove that it runs.
    private func addProcess(to guest: inout GuestFacts) {
        let process = fact("~process:\(guest.id)") { content in
            content.split(separator: 0, omittingEmptySubsequences: false).map(\.text)
        }
        switch process {
        case .unknown(let why):
            guest.state = .unknown(why)
            guest.processArguments = .unknown(why)
        case .known(let arguments):
            let own = zip(arguments, arguments.dropFirst()).contains { $0 == "-id" && $1 == guest.id.description }
            guard own else { return }
            guest.state = .known(.running)
            guest.processArguments = .known(arguments.last == "" ? arguments.dropLast() : arguments)
        }
    }
}
