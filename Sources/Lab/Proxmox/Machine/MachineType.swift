/// QEMU's machine as a guest asks for it and as it gets it.
struct MachineType {
    /// The property string `machine`.
    let options: PropertyString
    let isQ35: Bool
    /// The full name: `q35+pve1`, `pc-q35-9.0+pve0`
    let name: String
    let version: MachineVersion

    init(_ section: GuestConfig.Section, release: ProxmoxRelease) throws {
        let installed = MachineVersion(release.qemu) ?? MachineVersion(major: 9, minor: 2)
        options = try Self.options(section["machine"])
        let type = options["type"]
        isQ35 = type?.contains("q35") == true
        name = Self.fullName(type, section, installed)
        version = MachineVersion(machine: name) ?? installed.withHighestRevision
        try Self.assertInstalled(name, version, installed, release)
    }

    static func options(_ value: String?) throws -> PropertyString {
        do { return try PropertyStringFormat.machine.parse(value ?? "") } catch {
            throw ProxmoxFailure(error.reason)
        }
    }

    private static func fullName(
        _ type: String?, _ section: GuestConfig.Section, _ installed: MachineVersion
    ) -> String {
        var name = type ?? "pc"
        if ["pc", "q35", "virt"].contains(name) {
            if WindowsVersion(section["ostype"]) != nil {
                name = pinned(name, to: createdVersion(section), installed: installed)
            } else {
                return name + "+pve\(installed.withHighestRevision.revision)"
            }
        }
        return name.contains("+pve") ? name : name + "+pve0"
    }

    /// From QEMU 9.1 on a Windows guest stays on the version that it was created with, before that on 5.1.
    private static func createdVersion(_ section: GuestConfig.Section) -> MachineVersion {
        let meta = section["meta"].flatMap { try? PropertyStringFormat.meta.parse($0) }
        let created = meta?["creation-qemu"].flatMap { MachineVersion($0) }
        return created.flatMap { $0.isAtLeast(9, 1) ? $0 : nil } ?? MachineVersion(major: 5, minor: 1)
    }

    private static func pinned(_ type: String, to base: MachineVersion, installed: MachineVersion) -> String {
        let version = installed.isAtLeast(base.major, base.minor) ? base : installed.withHighestRevision
        return versioned(type, version)
    }

    private static func versioned(_ type: String, _ version: MachineVersion) -> String {
        (type == "q35" ? "pc-q35-" : type == "pc" ? "pc-i440fx-" : "virt-") + version.description
    }

    private static func assertInstalled(
        _ name: String, _ version: MachineVersion, _ installed: MachineVersion, _ release: ProxmoxRelease
    ) throws {
        if !installed.isAtLeast(version.major, version.minor) {
            throw ProxmoxFailure(
                "Installed QEMU version '\(release.qemu)' is too old to run machine type '\(name)', please upgrade node"
            )
        }
        let highest = MachineVersion(major: version.major, minor: version.minor).withHighestRevision.revision
        if version.revision > highest {
            throw ProxmoxFailure(
                "Installed qemu-server (max feature level for \(version.major).\(version.minor) is pve\(highest)) is too old "
                    + "to run machine type '\(name)', please upgrade node")
        }
    }

    /// The value to store when a guest becomes a Windows one, or nil where it is pinned already.
    static func pinnedForWindows(_ value: String?, release: ProxmoxRelease) throws -> String? {
        var options = try Self.options(value)
        let type = options["type"] ?? "pc"
        guard ["pc", "q35", "virt"].contains(type), let installed = MachineVersion(release.qemu) else { return nil }
        options["type"] = versioned(type, installed.withHighestRevision)
        return PropertyStringFormat.machine.print(options)
    }
}

/// `9.2+pve1`: QEMU's version and Proxmox' revision of it.
struct MachineVersion: Equatable, CustomStringConvertible {
    var major: Int
    var minor: Int
    var revision = 0

    init(major: Int, minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// Reads `9.2.0`.
    init?(_ text: String) {
        guard let match = text.firstMatch(of: /^(\d{1,4})\.(\d{1,4})/), let major = Int(match.1),
            let minor = Int(match.2)
        else { return nil }
        self.init(major: major, minor: minor)
    }

    /// Reads the version in a machine's name; nil where it has none.
    init?(machine: String) {
        guard
            let match = machine.firstMatch(
                of: /^(?:pc(?:-i440fx|-q35)?|virt)-(\d{1,4})\.(\d{1,4})(?:\.\d+)?(?:\+pve(\d{1,4}))?/),
            let major = Int(match.1), let minor = Int(match.2)
        else { return nil }
        self.init(major: major, minor: minor)
        revision = match.3.flatMap { Int($0) } ?? 0
    }

    func isAtLeast(_ major: Int, _ minor: Int, _ revision: Int = 0) -> Bool {
        (self.major, self.minor, self.revision) >= (major, minor, revision)
    }

    /// Proxmox' own revisions of QEMU's machines (`Machine.pm`).
    var withHighestRevision: Self {
        var copy = self
        copy.revision = ["4.1": 2, "9.2": 1, "10.0": 1]["\(major).\(minor)"] ?? 0
        return copy
    }

    var description: String { "\(major).\(minor)" + (revision > 0 ? "+pve\(revision)" : "") }
}

/// Which Windows an `ostype` is; nil for other systems.
struct WindowsVersion: Equatable {
    /// 5 for XP and 2003, 6 for Vista and 2008, else the number in the name
    let number: Int

    init?(_ ostype: String?) {
        switch ostype {
        case "wxp", "w2k", "w2k3": number = 5
        case "w2k8", "wvista": number = 6
        case let name? where name.hasPrefix("win"):
            guard let number = Int(name.dropFirst(3)) else { return nil }
            self.number = number
        default: return nil
        }
    }
}
