import Glibc

/// Services that somebody put on the node: units in `/etc/systemd/system` with an `ExecStart`, wanted by the targets of
/// an ordinary boot. Those of Proxmox itself are modelled elsewhere.
struct ServiceUnits {
    private let files: NodeFiles
    private static let directory = "/etc/systemd/system"
    private static let targets = ["sysinit", "basic", "multi-user"]

    init(_ files: NodeFiles) { self.files = files }

    /// The names of those that a boot starts.
    var wanted: [String] {
        Self.targets.flatMap { target in
            let wishes = "\(Self.directory)/\(target).target.wants"
            return files.list(wishes).filter { files.text("\(wishes)/\($0)") != nil && command(of: $0) != nil }
        }
    }

    /// Runs it in a session of its own; as often as its `Restart=on-failure` asks for. Without effect when it runs or
    /// is none of these.
    func start(_ unit: String) {
        guard let command = command(of: unit), !isActive(unit) else { return }
        let again = setting("Restart", of: unit) == "on-failure"
        let delay = setting("RestartSec", of: unit) ?? "0.1"
        let run = again ? "until \(command); do sleep \(delay); done" : command
        let script = "echo $$ >'\(place(of: unit))'; \(run)"
        _ = try? Process("/bin/sh", ["-c", script], newSession: true).start()
    }

    func isActive(_ unit: String) -> Bool {
        files.firstLine(place(of: unit)).flatMap { pid_t($0) }.map { kill($0, 0) == 0 } ?? false
    }

    private func command(of unit: String) -> String? { setting("ExecStart", of: unit) }
    private func place(of unit: String) -> String { "/run/lab/unit-\(unit)" }

    private func setting(_ key: String, of unit: String) -> String? {
        let lines = (files.text("\(Self.directory)/\(unit)") ?? "").split(separator: "\n")
        return lines.last { $0.hasPrefix(key + "=") }.map { String($0.dropFirst(key.utf8.count + 1)) }
    }
}
