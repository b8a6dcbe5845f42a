public struct BootFacts: Equatable, Sendable {
    /// What really booted this kernel, read from the command line it received; never from which files exist.
    public enum Loader: String, Hashable, Sendable, Codable {
        /// `BOOT_IMAGE=` on the command line.
        case grub
        /// `initrd=\EFI\proxmox\…` on the command line (Proxmox' systemd-boot entries).
        case systemdBoot = "systemd-boot"
        /// The kernel, its initramfs and its command line were one file for the firmware (`StubInfo`).
        case unifiedImage = "unified-kernel-image"
        /// Neither mark was there, or they contradict each other.
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
    /// Which entry of `/boot/grub/grub.cfg` boots; known and nil = there is no such file.
    public var grubChoice: Observed<GrubChoice?>
    /// What the boot loader told about itself through EFI variables; known and nil = the firmware is no UEFI.
    public var report: Observed<LoaderReport?>
    /// What the firmware starts; known and nil = it is no UEFI.
    public var firmwareBoot: Observed<FirmwareBoot?>
    /// Releases of the kernels in `/boot`, in the order of the directory.
    public var kernels: Observed<[String]>

    public init(
        loader: Observed<Loader>, proxmoxBootToolESPs: Observed<[String]>, grub: Observed<GrubSettings?>,
        entries: Observed<[BootEntry]>, grubChoice: Observed<GrubChoice?> = .notAsked,
        report: Observed<LoaderReport?> = .notAsked, firmwareBoot: Observed<FirmwareBoot?> = .notAsked,
        kernels: Observed<[String]> = .notAsked
    ) {
        self.loader = loader
        self.proxmoxBootToolESPs = proxmoxBootToolESPs
        self.grub = grub
        self.entries = entries
        self.grubChoice = grubChoice
        self.report = report
        self.firmwareBoot = firmwareBoot
        self.kernels = kernels
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
    /// Where it stands in GRUB's menu: the submenus it is in, and itself; empty for other loaders.
    public var steps: [MenuStep]
    /// The script of `/etc/grub.d` that wrote it; nil = not told.
    public var source: String?

    public init(
        file: String, title: String, kernel: String, release: String?, arguments: String, initrds: [String],
        isRecovery: Bool, steps: [MenuStep] = [], source: String? = nil
    ) {
        self.steps = steps
        self.source = source
        self.file = file
        self.title = title
        self.kernel = kernel
        self.release = release
        self.arguments = arguments
        self.initrds = initrds
        self.isRecovery = isRecovery
    }
}

/// One level of GRUB's menu.
public struct MenuStep: Hashable, Sendable, Codable {
    /// Counted from 0.
    public var index: Int
    public var title: String
    /// After `$menuentry_id_option`.
    public var id: String?

    public init(index: Int, title: String, id: String? = nil) {
        self.index = index
        self.title = title
        self.id = id
    }
}

/// What decides which entry of `grub.cfg` boots.
public struct GrubChoice: Hashable, Sendable, Codable {
    /// The value after `set default=`: a number, title or identifier with `>` between levels, or `${saved_entry}`.
    public var standard: String
    /// The variables of `grubenv`, such as `saved_entry` and `next_entry`.
    public var environment: [String: String]

    public init(standard: String, environment: [String: String] = [:]) {
        self.standard = standard
        self.environment = environment
    }
}

/// What a boot loader told the kernel through EFI variables (systemd's Boot Loader Interface, which newer GRUBs use too).
public struct LoaderReport: Hashable, Sendable, Codable {
    /// `LoaderInfo`: `systemd-boot 252.33-1~deb12u1`, `GRUB 2.12`.
    public var loader: String?
    /// `StubInfo`: the kernel was part of a unified image.
    public var stub: String?
    /// `LoaderDevicePartUUID`: the partition the loader itself was started from.
    public var partition: String?
    /// `LoaderEntrySelected`: `proxmox-6.8.12-4-pve.conf`.
    public var selectedEntry: String?
    /// `LoaderEntries`: every entry the loader found, though its partition is not mounted now.
    public var entries: [String]?
    /// `LoaderEntryDefault`, which goes before the loader's own settings.
    public var standardEntry: String?
    /// `LoaderEntryOneShot`: for the next boot only.
    public var nextEntry: String?

    public init(
        loader: String? = nil, stub: String? = nil, partition: String? = nil, selectedEntry: String? = nil,
        entries: [String]? = nil,
        standardEntry: String? = nil, nextEntry: String? = nil
    ) {
        self.loader = loader
        self.stub = stub
        self.partition = partition
        self.selectedEntry = selectedEntry
        self.entries = entries
        self.standardEntry = standardEntry
        self.nextEntry = nextEntry
    }
}

/// The firmware's own list of what to start, as `efibootmgr` shows it.
public struct FirmwareBoot: Hashable, Sendable, Codable {
    public struct Entry: Hashable, Sendable, Codable {
        /// Four hexadecimal digits.
        public var number: String
        public var isActive: Bool
        public var label: String
        /// The device path, such as `HD(2,GPT,…)/File(\EFI\PROXMOX\SHIMX64.EFI)`; empty where it is not shown.
        public var path: String

        public init(number: String, isActive: Bool = true, label: String, path: String = "") {
            self.number = number
            self.isActive = isActive
            self.label = label
            self.path = path
        }
    }

    /// What was started this time.
    public var current: String?
    /// What is started at the next boot, once.
    public var next: String?
    public var order: [String]
    public var entries: [Entry]

    public init(current: String? = nil, next: String? = nil, order: [String] = [], entries: [Entry] = []) {
        self.current = current
        self.next = next
        self.order = order
        self.entries = entries
    }
}

extension Observed {
    /// Nobody looked.
    public static var notAsked: Self { .unknown(Unknown(.notCollected, "The node was not asked.")) }
}
