/// A guest as the lists show it.
struct GuestStatus {
    let vmid: String
    let options: GuestConfig.Section
    /// The guest's process; nil where it is stopped
    let process: Int32?

    var name: String { options["name"] ?? "VM \(vmid)" }
    var state: String { process == nil ? "stopped" : "running" }

    var processors: Int {
        let count = { (key: String) in options[key].flatMap { Int($0) } }
        return count("vcpus")
            ?? (count("sockets") ?? 1).multipliedReportingOverflow(by: count("cores") ?? 1).partialValue
    }

    /// Bytes
    var memory: Int {
        let size = options["memory"].flatMap { try? PropertyStringFormat.memory.parse($0) }?["current"]
        return (size.flatMap { Int($0) } ?? 512).multipliedReportingOverflow(by: 1_048_576).partialValue
    }

    /// Bytes of the first disk that the guest boots from; 0 without one
    var bootDiskSize: Int {
        let boot = options["boot"].flatMap { try? PropertyStringFormat.boot.parse($0) }
        let devices = splitList(boot?["order"] ?? "") + [options["bootdisk"]].compactMap { $0 }
        for name in devices where GuestOptions.isDrive(name) {
            guard let drive = options[name].flatMap({ try? PropertyStringFormat.drive.parse($0) }) else { continue }
            if drive["media"] != "cdrom" { return drive["size"].flatMap(diskSize) ?? 0 }
        }
        return 0
    }
}

/// Bytes of a size like `528K` or `1.5G`.
func diskSize(_ text: String) -> Int? {
    guard let match = text.wholeMatch(of: /(\d+(?:\.\d+)?)([KMGT]?)/), let number = Double(match.1) else { return nil }
    let factor: Double = ["K": 1024, "M": 1_048_576, "G": 1_073_741_824, "T": 1_099_511_627_776][match.2] ?? 1
    return Int(exactly: (number * factor).rounded())
}

extension GuestCommands {
    func status(of vmid: String, _ console: inout Console) throws -> GuestStatus {
        let config = try store.load(vmid, &console)
        return GuestStatus(vmid: vmid, options: config.main, process: process(vmid).running)
    }

    func statuses(_ console: inout Console) -> [GuestStatus] {
        store.vmids.compactMap { try? status(of: $0, &console) }
    }

    func list(_ parameters: Parameters, _ console: inout Console) {
        let statuses = statuses(&console)
        if statuses.isEmpty { return }
        console.print(Self.row(["VMID", "NAME", "STATUS", "MEM(MB)", "BOOTDISK(GB)", "PID"]))
        for status in statuses {
            let cells = [
                status.vmid, status.name, status.state, String(status.memory / 1_048_576),
                twoDecimals(status.bootDiskSize, per: 1_073_741_824), String(status.process ?? 0),
            ]
            console.print(Self.row(cells))
        }
    }

    private static func row(_ cells: [String]) -> String {
        [
            padded(left: cells[0], 10), padded(right: cells[1], 20), padded(right: cells[2], 10),
            padded(right: cells[3], 10), padded(left: cells[4], 12), padded(right: cells[5], 10),
        ].joined(separator: " ") + "\n"
    }

    func status(_ parameters: Parameters, _ console: inout Console) throws {
        let status = try status(of: vmid(parameters), &console)
        guard parameters.isSet("verbose") else {
            console.print("status: \(status.state)\n")
            return
        }
        var fields = currentStatus(status)
        fields["cpu"] = nil
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) { console.print("\(key): \(value.plain)\n") }
    }

    /// What the API reports of one guest, without the HA state.
    func currentStatus(_ status: GuestStatus) -> [String: JSON] {
        var fields = listedStatus(status)
        fields["qmpstatus"] = .string(status.state)
        return fields
    }

    func listedStatus(_ status: GuestStatus) -> [String: JSON] {
        var fields: [String: JSON] = [
            "cpu": .number(0), "cpus": .number(status.processors), "disk": .number(0),
            "maxdisk": .number(status.bootDiskSize), "maxmem": .number(status.memory), "mem": .number(0),
            "name": .string(status.name), "netin": .number(0), "netout": .number(0), "status": .string(status.state),
            "uptime": .number(0), "vmid": .number(Int(status.vmid) ?? 0),
        ]
        if let process = status.process {
            fields["pid"] = .number(Int(process))
            fields["diskread"] = .number(0)
            fields["diskwrite"] = .number(0)
        }
        for key in ["tags", "lock"] { fields[key] = status.options[key].map(JSON.string) }
        if status.options["template"] == "1" { fields["template"] = .number(1) }
        return fields
    }
}

func twoDecimals(_ value: Int, per unit: Int) -> String {
    let hundredths = Int((Double(value) / Double(unit) * 100).rounded())
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
}
