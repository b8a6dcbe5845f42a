/// What one node shall be.
public struct NodeSettings: Hashable, Sendable, Codable {
    public var devices: [DeviceRequest]
    public var kernel: KernelSettings
    /// `/etc/modules`, in order.
    public var modules: [ModuleName]
    public var blacklist: [ModuleName]
    public var vfio: VFIOSettings
    /// How wanted functions get to vfio-pci, where a device does not say otherwise.
    public var bind: BindChoice
    public var files: FileStyle
    public var network: NetworkGuardMode
    /// What is done about what others left on the node.
    public var adopt: AdoptionSettings
    public var guests: [GuestRequest]
    /// Only observe and report: `apply` changes nothing with such a playbook.
    public var complianceOnly: Bool
    /// Blockers that the operator lets pass on this node, in order; nil = none. No playbook can say so.
    public var overridden: [OverridableReason]?
    /// What becomes of running guests at the reboot; nil = they are left to it. Comes from the roll-out's settings.
    public var evacuation: EvacuationSettings?

    /// Where settings are written.
    public enum FileStyle: String, Hashable, Sendable, Codable, CaseIterable {
        /// Token-wise into the files the guide names.
        case guide
        /// Into files of our own, for undo by deletion.
        case dropIn = "drop-in"
    }

    public init(
        devices: [DeviceRequest] = [], kernel: KernelSettings = .init(),
        modules: [ModuleName] = ["vfio", "vfio_iommu_type1", "vfio_pci"],
        blacklist: [ModuleName] = ["nouveau", "nvidia"], vfio: VFIOSettings = .init(), bind: BindChoice = .auto,
        files: FileStyle = .guide, network: NetworkGuardMode = .check, adopt: AdoptionSettings = .init(),
        guests: [GuestRequest] = [],
        complianceOnly: Bool = false, evacuation: EvacuationSettings? = nil
    ) {
        self.devices = devices
        self.kernel = kernel
        self.modules = modules
        self.blacklist = blacklist
        self.vfio = vfio
        self.bind = bind
        self.files = files
        self.network = network
        self.adopt = adopt
        self.guests = guests
        self.complianceOnly = complianceOnly
        self.evacuation = evacuation
    }
}

/// What to do about names of network interfaces that the host needs and that are not bound to a MAC address.
public enum NetworkGuardMode: String, Hashable, Sendable, Codable, CaseIterable {
    /// Bind them to their present names before the first reboot.
    case pin
    /// Say so.
    case check
    case ignore
}

public struct VFIOSettings: Hashable, Sendable, Codable {
    /// `disable_vga=1` on the options line.
    public var disableVGA: Bool
    /// `softdep DRIVER pre: vfio-pci` where another driver would bind first.
    public var softdep: Softdep

    public enum Softdep: String, Hashable, Sendable, Codable, CaseIterable {
        /// Where the facts show a driver that would win.
        case auto
        case never
    }

    public init(disableVGA: Bool = true, softdep: Softdep = .auto) {
        self.disableVGA = disableVGA
        self.softdep = softdep
    }
}
