/// The node that Proxmox' programs work on: a directory tree and what can't be read from one.
///
/// In a simulated node `root` is empty and all paths are the node's own; in a test it is a temporary directory.
public struct ProxmoxNode: Sendable {
    /// Put before every path: empty for the node itself, else without a trailing slash.
    public var root: String
    /// Proxmox' name of the node: the host name up to the first dot.
    public var name: String
    public var release: ProxmoxRelease
    /// Seconds since 1970.
    public var now: @Sendable () -> Int
    /// As many bytes as asked for, for identifiers and hardware addresses.
    public var random: @Sendable (Int) -> [UInt8]
    /// The program that stands for a running guest.
    public var guest: GuestProgram
    public var container: GuestProgram
    /// Seconds that a command waits for the lock of a configuration file.
    public var lockTimeout: Int
    /// Called for `reboot` and `shutdown` of the node through its API.
    public var power: @Sendable (_ command: String) -> Void
    /// Runs a program on another member of the cluster, as `ssh root@MEMBER` does on a real node.
    var askPeer: @Sendable (_ member: String, _ words: [String]) -> CommandOutcome = PeerRequest.run

    public init(
        root: String = "", name: String, release: ProxmoxRelease = ProxmoxRelease(),
        now: @escaping @Sendable () -> Int = currentSeconds,
        random: @escaping @Sendable (Int) -> [UInt8] = randomBytes,
        guest: GuestProgram = GuestProgram(),
        container: GuestProgram = GuestProgram(executable: "/usr/bin/lxc-start"), lockTimeout: Int = 10,
        power: @escaping @Sendable (String) -> Void = requestPowerChange
    ) {
        self.root = root
        self.name = name
        self.release = release
        self.now = now
        self.random = random
        self.guest = guest
        self.container = container
        self.lockTimeout = lockTimeout
        self.power = power
    }
}

/// The versions that a node reports and that decide how a guest's command line looks.
public struct ProxmoxRelease: Sendable {
    /// `8.4.21`
    public var manager: String
    /// The build's commit, 16 hexadecimal digits
    public var repository: String
    /// `9.2.0`
    public var qemu: String

    public init(
        manager: String = "8.4.21", repository: String = "2606ac850d46da29", qemu: String = "9.2.0"
    ) {
        self.manager = manager
        self.repository = repository
        self.qemu = qemu
    }

    /// `8.4`
    var major: String { manager.split(separator: ".").prefix(2).joined(separator: ".") }
}

/// What runs as a guest: an executable that ignores its arguments and stays until it is told to end.
///
/// The arguments are the guest's QEMU command line, so that `/proc/PID/cmdline` shows what Proxmox would have started.
public struct GuestProgram: Sendable {
    public var executable: String
    /// Arguments that the executable needs before the guest's own.
    public var prefix: [String]

    public init(executable: String = "/usr/bin/kvm", prefix: [String] = []) {
        self.executable = executable
        self.prefix = prefix
    }
}

extension ProxmoxNode {
    var files: NodeFiles { NodeFiles(root: root) }

    /// A random UUID of version 4.
    func uuid() -> String {
        var bytes = random(16)
        bytes[6] = bytes[6] & 0x0f | 0x40
        bytes[8] = bytes[8] & 0x3f | 0x80
        let digits = bytes.map(hexByte).joined()
        let parts = [8, 4, 4, 4, 12].reduce(into: (rest: digits[...], parts: [Substring]())) {
            $0.parts.append($0.rest.prefix($1))
            $0.rest = $0.rest.dropFirst($1)
        }
        return parts.parts.joined(separator: "-")
    }

    /// A hardware address with the prefix that Proxmox gives its guests.
    func macAddress() -> String {
        (["BC", "24", "11"] + random(3).map { hexByte($0).uppercased() }).joined(separator: ":")
    }
}

func hexByte(_ byte: UInt8) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16)
}
