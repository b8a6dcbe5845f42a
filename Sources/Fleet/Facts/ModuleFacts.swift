public struct ModuleFacts: Equatable, Sendable {
    /// `/proc/modules`
    public var loaded: Observed<Set<ModuleName>>
    /// Modules compiled into the running kernel (`modules.builtin`), as far as they matter to passthrough.
    public var builtIn: Observed<Set<ModuleName>>
    /// The effective modprobe configuration (`modprobe --showconfig`): blacklist, softdep, options and install lines.
    public var configuration: Observed<ModprobeConfiguration>
    /// Modules that DKMS builds on the node, by the names of their packages (`vendor-reset`).
    public var builtHere: Observed<[String]>

    public init(
        loaded: Observed<Set<ModuleName>>, builtIn: Observed<Set<ModuleName>>,
        configuration: Observed<ModprobeConfiguration>, builtHere: Observed<[String]> = .notAsked
    ) {
        self.builtHere = builtHere
        self.loaded = loaded
        self.builtIn = builtIn
        self.configuration = configuration
    }
}

public struct ModprobeConfiguration: Hashable, Sendable, Codable {
    public var blacklist: Set<ModuleName>
    /// `softdep MODULE pre: …`: the modules to load before each module.
    public var softdepPre: [ModuleName: [ModuleName]]
    /// `options MODULE …`: the raw parameters of each module, in order.
    public var options: [ModuleName: [String]]
    /// `install MODULE …`: the command run instead of loading each module; `/bin/false` keeps it out for good.
    public var install: [ModuleName: String]

    public init(
        blacklist: Set<ModuleName> = [], softdepPre: [ModuleName: [ModuleName]] = [:],
        options: [ModuleName: [String]] = [:], install: [ModuleName: String] = [:]
    ) {
        self.blacklist = blacklist
        self.softdepPre = softdepPre
        self.options = options
        self.install = install
    }
}

/// One `/boot/initrd.img-*`.
public struct InitramfsImage: Hashable, Sendable {
    /// The kernel release it belongs to.
    public var kernel: String
    public var path: String
    /// Kernel modules inside, by name: vfio's, and every candidate or bound driver of a PCI function; others are left
    /// out of the answer.
    public var modules: Observed<Set<ModuleName>>
    /// Absolute paths of configuration files inside (`/etc/modprobe.d/vfio.conf`, …).
    public var configurationFiles: Observed<Set<String>>
    /// Inputs (modprobe.d, modules, initramfs-tools, udev rules) that are newer than the image.
    public var newerInputs: Observed<[String]>

    public init(
        kernel: String, path: String, modules: Observed<Set<ModuleName>>,
        configurationFiles: Observed<Set<String>>, newerInputs: Observed<[String]>
    ) {
        self.kernel = kernel
        self.path = path
        self.modules = modules
        self.configurationFiles = configurationFiles
        self.newerInputs = newerInputs
    }
}

extension InitramfsImage: Encodable {
    private enum Key: String, CodingKey {
        case kernel, path, modules, configurationFiles, newerInputs
    }

    /// Sets in order, so that equal images give equal documents.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(kernel, forKey: .kernel)
        try container.encode(path, forKey: .path)
        try container.encode(modules.map { $0.sorted() }, forKey: .modules)
        try container.encode(configurationFiles.map { $0.sorted() }, forKey: .configurationFiles)
        try container.encode(newerInputs, forKey: .newerInputs)
    }
}
