/// Settings that differ; nil = as before. What is given replaces the whole entry it stands for.
public struct SettingsChanges: Hashable, Sendable, Codable {
    public var devices: [DeviceRequest]?
    public var intelArguments: [KernelArgument]?
    public var amdArguments: [KernelArgument]?
    /// Arguments for every CPU.
    public var allArguments: [KernelArgument]?
    public var modules: [ModuleName]?
    public var blacklist: [ModuleName]?
    public var disableVGA: Bool?
    public var softdep: VFIOSettings.Softdep?
    public var bind: BindChoice?
    public var files: NodeSettings.FileStyle?
    public var network: NetworkGuardMode?
    public var adopt: AdoptionSettings?
    public var guests: [GuestRequest]?
    public var complianceOnly: Bool?

    public init() {}

    /// How to come from the first settings to the second.
    public init(from old: NodeSettings, to new: NodeSettings) {
        func change<Value: Equatable>(_ part: KeyPath<NodeSettings, Value>) -> Value? {
            old[keyPath: part] == new[keyPath: part] ? nil : new[keyPath: part]
        }
        devices = change(\.devices)
        intelArguments = change(\.kernel.intel) ?? nil
        amdArguments = change(\.kernel.amd) ?? nil
        allArguments = change(\.kernel.all)
        // Module names that differ in - and _ only are equal, yet written differently.
        modules = old.modules.map(\.description) == new.modules.map(\.description) ? nil : new.modules
        blacklist = old.blacklist.map(\.description) == new.blacklist.map(\.description) ? nil : new.blacklist
        disableVGA = change(\.vfio.disableVGA)
        softdep = change(\.vfio.softdep)
        bind = change(\.bind)
        files = change(\.files)
        network = change(\.network)
        adopt = change(\.adopt)
        guests = change(\.guests)
        complianceOnly = change(\.complianceOnly)
    }

    public func applied(to settings: NodeSettings) -> NodeSettings {
        var settings = settings
        func set<Value>(_ part: WritableKeyPath<NodeSettings, Value>, _ value: Value?) {
            if let value { settings[keyPath: part] = value }
        }
        set(\.devices, devices)
        settings.kernel.intel = intelArguments ?? settings.kernel.intel
        settings.kernel.amd = amdArguments ?? settings.kernel.amd
        set(\.kernel.all, allArguments)
        set(\.modules, modules)
        set(\.blacklist, blacklist)
        set(\.vfio.disableVGA, disableVGA)
        set(\.vfio.softdep, softdep)
        set(\.bind, bind)
        set(\.files, files)
        set(\.network, network)
        set(\.adopt, adopt)
        set(\.guests, guests)
        set(\.complianceOnly, complianceOnly)
        return settings
    }
}
