public struct BootFacts: Equatable, Sendable {
    /// What really booted this kernel, read from the command line it received; never from which files exist.
    public enum Loader: String, Hashable, Sendable, Codable {
        /// `BOOT_IMAGE=` on the command line.
        case grub
        /// `initrd=\EFI\proxmox\…` on the command line (Proxmox' systemd-boot entries).
        case systemdBoot = "systemd-boot"
        /// Neither mark was there.
        case unrecognized
    }

    public var loader: Observed<Loader>
    /// The ESPs under `proxmox-boot-tool` (`/etc/kernel/proxmox-boot-uuids`); known and empty = unmanaged.
    public var proxmoxBootToolESPs: Observed<[String]>
    /// What `/etc/default/grub` and `/etc/default/grub.d/*.cfg` amount to, evaluated as `grub-mkconfig` does; known and
    /// nil = there is no `/etc/default/grub`.
    public var grub: Observed<GrubSettings?>
    /// The entries of the generated boot configuration: `/boot/grub/grub.cfg`, and `loader/entries/*.conf` of ESPs.
    public var entries: Observed<[BootEntry]>

    public init(
        loader: Observed<Loader>, proxmoxBootToolESPs: Observed<[String]>, grub: Observed<GrubSettings?>,
        entries: Observed<[BootEntry]>
    ) {
        self.loader = loader
        self.proxmoxBootToolESPs = proxmoxBootToolESPs
        self.grub = grub
        self.entries = entries
    }
}

/// The effective values of GRUB's settings, after quotes, continuation lines and drop-ins.
public struct GrubSettings: Hashable, Sendable, Codable {
    /// `GRUB_CMDLINE_LINUX`: goes to every entry, recovery entries too.
    public var commandLine: String
    /// `GRUB_CMDLINE_LINUX_DEFAULT`: goes to the normal entries, after `commandLine`.
    public var defaultCommandLine: String

    public init(commandLine: String, defaultCommandLine: String) {
        self.commandLine = commandLine
        self.defaultCommandLine = defaultCommandLine
    }
}

/// One kernel a boot loader can start, as its generated configuration says.
public struct BootEntry: Hashable, Sendable, Codable {
    /// The file the entry is written in.
    public var file: String
    public var title: String
    /// The kernel's path as the loader sees it: `/boot/vmlinuz-6.8.12-4-pve`.
    public var kernel: String
    /// The kernel release, from the path; nil when the path does not hold one.
    public var release: String?
    /// What follows the kernel on the `linux` or `options` line.
    public var arguments: String
    public var initrds: [String]
    /// A rescue entry, which gets no default arguments (`recovery mode` in the title or `single` as an argument).
    public var isRecovery: Bool

    public init(
        file: String, title: String, kernel: String, release: String?, arguments: String, initrds: [String],
        isRecovery: Bool
    ) {
        self.file = file
        self.title = title
        self.kernel = kernel
        self.release = release
        self.arguments = arguments
        self.initrds = initrds
        self.isRecovery = isRecovery
    }
}
