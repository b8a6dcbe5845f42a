/// What the node says about itself.
struct NodeStatus {
    let node: ProxmoxNode

    private var files: NodeFiles { node.files }

    var kernelRelease: String {
        files.firstLine("/proc/sys/kernel/osrelease") ?? NodeFiles(root: "").firstLine("/proc/sys/kernel/osrelease")
            ?? ""
    }

    private var uptime: Int {
        files.text("/proc/uptime").flatMap { $0.split(separator: ".").first }.flatMap { Int($0) } ?? 0
    }

    /// Bytes
    private var memory: Int {
        let line = files.text("/proc/meminfo")?.split(separator: "\n").first { $0.hasPrefix("MemTotal:") }
        return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
    }

    private var processorLines: [Substring] { (files.text("/proc/cpuinfo") ?? "").split(separator: "\n") }
    private var processors: Int { max(1, processorLines.filter { $0.hasPrefix("processor") }.count) }

    private var processorModel: String {
        let line = processorLines.first { $0.hasPrefix("model name") }
        return line?.split(separator: ":", maxSplits: 1).last.map { String($0.drop { $0 == " " }) } ?? "unknown"
    }

    var measurements: [String: JSON] {
        ["maxcpu": .number(processors), "maxmem": .number(memory), "uptime": .number(uptime)]
    }

    var fields: JSON {
        let release = node.release
        let version = files.firstLine("/proc/version") ?? ""
        return .object([
            "boot-info": .object(bootInfo),
            "current-kernel": .object([
                "machine": .string("x86_64"), "release": .string(kernelRelease), "sysname": .string("Linux"),
                "version": .string(version),
            ]),
            "kversion": .string("Linux \(kernelRelease) \(version)"),
            "pveversion": .string("pve-manager/\(release.manager)/\(release.repository)"),
            "cpuinfo": .object([
                "cpus": .number(processors), "cores": .number(processors), "sockets": .number(1),
                "model": .string(processorModel), "hvm": .string("1"),
            ]),
            "memory": .object(["total": .number(memory), "used": .number(0), "free": .number(memory)]),
            "loadavg": .array(["0.00", "0.00", "0.00"].map(JSON.string)), "uptime": .number(uptime), "idle": .number(0),
            "wait": .number(0), "cpu": .number(0),
        ])
    }

    private var bootInfo: [String: JSON] {
        guard files.isDirectory("/sys/firmware/efi") else { return ["mode": .string("legacy-bios")] }
        let variable = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
        return ["mode": .string("efi"), "secureboot": .number(files.bytes(variable)?.last == 1 ? 1 : 0)]
    }
}
