import Fleet
import Glibc

/// The scripts of one stage of an initramfs, and in which order they run (initramfs-tools 0.142, `cache_run_scripts`).
///
/// Each executable script is asked for its prerequisites by running it with `prereqs`; tsort does the rest, and gives
/// those without any in the order of their names. A script that is not executable is in the image and never runs.
struct ScriptOrder {
    /// The admin's scripts and their permissions.
    let copied: [(name: String, mode: UInt32)]
    /// Those that Debian's packages bring.
    let packaged: [String]
    /// What runs, in order.
    let names: [String]

    /// - Parameter files: the node's disk, as the generator sees it.
    init(_ files: NodeFiles, stage: String) {
        let directory = "/etc/initramfs-tools/scripts/\(stage)"
        copied = files.list(directory).filter { name in
            files.isFile("\(directory)/\(name)") && name.utf8.allSatisfy(Self.isAllowed)
        }.map { ($0, files.isExecutable("\(directory)/\($0)") ? 0o755 : 0o644) }
        let own = copied
        packaged = (Self.debian[stage] ?? []).filter { name in !own.contains { $0.name == name } }
        let running = copied.filter { $0.mode == 0o755 && Self.isScript(files.real("\(directory)/\($0.name)")) }
            .map(\.name)
        let standing = packaged
        guard !running.isEmpty else {
            names = standing
            return
        }
        let asked = running.map { ($0, Self.prerequisites(of: files.real("\(directory)/\($0)"))) }
        names = Self.sorted(asked + standing.map { ($0, []) }).filter { running.contains($0) || standing.contains($0) }
    }

    private static let debian = [
        "init-top": ["all_generic_ide", "blacklist", "keymap", "udev"], "init-bottom": ["udev"],
    ]

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    private static func isScript(_ path: String) -> Bool {
        (try? Process("/bin/sh", ["-n", path]).run().status) == 0
    }

    private static func prerequisites(of path: String) -> [String] {
        let answer = try? Process("/bin/sh", [path, "prereqs"]).run(capture: true).output
        return (answer ?? "").split { $0 == " " || $0 == "\n" }.map(String.init)
    }

    private static func sorted(_ scripts: [(name: String, after: [String])]) -> [String] {
        let pairs = scripts.flatMap { script in
            [script.name, script.name] + script.after.flatMap { [$0, script.name] }
        }
        let words = ["-c", "printf '%s\\n' \"$@\" | tsort 2>/dev/null", "sh"] + pairs
        let output = (try? Process("/bin/sh", words).run(capture: true).output) ?? ""
        return output.split(separator: "\n").map(String.init)
    }
}
