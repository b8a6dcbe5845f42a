/// Which guest holds which PCI function: `/run/qemu-server/pci-id-reservations`.
///
/// A reservation lasts until a time while a guest starts, then for as long as its process runs.
struct PCIReservations {
    enum Holder: Equatable {
        case until(Int)
        case process(Int32)
    }

    struct Reservation: Equatable {
        let vmid: String
        let holder: Holder
    }

    let node: ProxmoxNode

    static let path = "/run/qemu-server/pci-id-reservations"

    /// Reserves all functions for a guest, or none and says who has one.
    func reserve(_ addresses: [String], vmid: String, _ holder: Holder, _ console: inout Console) throws {
        if addresses.isEmpty { return }
        try change(&console) { list, console in
            for address in addresses {
                if let held = list[address], held.vmid != vmid { try assertFree(address, held, &console) }
                list[address] = Reservation(vmid: vmid, holder: holder)
            }
        }
    }

    func release(vmid: String, _ console: inout Console) throws {
        try change(&console) { list, _ in list = list.filter { $0.value.vmid != vmid } }
    }

    private func assertFree(_ address: String, _ held: Reservation, _ console: inout Console) throws {
        switch held.holder {
        case .until(let time):
            if time > node.now() {
                throw ProxmoxFailure("PCI device '\(address)' is currently reserved for use by VMID '\(held.vmid)'")
            }
        case .process(let process):
            if GuestProcess(node: node, vmid: held.vmid).running == process {
                throw ProxmoxFailure("PCI device '\(address)' already in use by VMID '\(held.vmid)'")
            }
            console.warn("leftover PCI reservation found for \(address), lets take it...\n")
        }
    }

    private func change(
        _ console: inout Console, _ body: (inout [String: Reservation], inout Console) throws -> Void
    ) throws {
        node.files.makeDirectories("/run/qemu-server")
        try node.files.locked(Self.path + ".lock", seconds: 5, &console) { console in
            var list = Self.parse(node.files.text(Self.path) ?? "")
            try body(&list, &console)
            let lines = list.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.vmid) \($0.value.holder)\n" }
            try node.files.replace(Self.path, with: Array(lines.joined().utf8), mode: 0o644)
        }
    }

    static func parse(_ text: String) -> [String: Reservation] {
        var list: [String: Reservation] = [:]
        for line in text.split(separator: "\n") {
            guard let match = line.wholeMatch(of: /([a-f0-9:.]+)\s(\d+)\s(time|pid):(\d+)/) else { continue }
            let holder = match.3 == "pid" ? Int32(match.4).map(Holder.process) : Int(match.4).map(Holder.until)
            if let holder { list[String(match.1)] = Reservation(vmid: String(match.2), holder: holder) }
        }
        return list
    }
}

extension PCIReservations.Holder: CustomStringConvertible {
    var description: String {
        switch self {
        case .until(let time): "time:\(time)"
        case .process(let process): "pid:\(process)"
        }
    }
}
