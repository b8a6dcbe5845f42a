import Fleet

/// The keys of a playbook.
enum PlaybookKeys {
    static let name = Key("playbook", .groupName("a playbook's name"), "The playbook's name.", isRequired: true)
    static let summary = Key("summary", .text(), "What it is for, in a sentence.")
    static let nodes = Key("nodes", .selector, "The nodes it is for, as a selector; all when left out.")

    static let devices = Key(
        "devices", Format<DeviceRequest>.device.list(atMost: 256), "The PCI devices that guests shall get.")
    static let kernel = Key(
        "kernel", Format<KernelChanges>.kernel, "Arguments on the kernel's command line, by the CPU's vendor.")
    static let modules = Key(
        "modules", Format<ModuleName>.module.list(), "Modules loaded at boot (/etc/modules), in order.")
    static let blacklist = Key("blacklist", Format<ModuleName>.module.list(), "Drivers the host must not load.")
    static let vfio = Key("vfio", Format<VFIOChanges>.vfio, "How vfio-pci is set up.")
    static let bind = Key(
        "bind", Format<BindChoice>.binding,
        "auto: by id, or by address where the id would take too much. ids, address: always so.")
    static let files = Key(
        "files", Format<NodeSettings.FileStyle>.word("a style of files"),
        "guide: into the files the guide names. drop-in: into files of our own.")
    static let network = Key(
        "network", Format<NetworkGuardMode>.word("what to do about network names"),
        "pin: bind the names the host needs to their cards. check: warn. ignore: nothing.")
    static let adopt = Key(
        "adopt", Format<AdoptionSettings>.adoption,
        "What is done about what others left on the nodes: report, keep or clean, for all or by kind.")
    static let guests = Key("guests", Format<GuestRequest>.guest.list(), "Guests and what they get.")
    static let complianceOnly = Key("compliance-only", .bool, "Only report, never change anything.")

    static let settings: [any AnyKey] = [
        devices, kernel, modules, blacklist, vfio, bind, files, network, adopt, guests, complianceOnly,
    ]

    static let rollout = Key("rollout", Format<RolloutSettings>.rollout, "How the nodes are taken one after the other.")
    static let overrides = Key(
        "overrides", Format<Playbook.Override>.override.list(), "Other settings for some of the nodes.")
    static let document = Shape(
        name: "a playbook", keys: [name, summary, nodes] + settings + [rollout, overrides])

    static let overriddenNodes = Key("nodes", .selector, "The nodes that differ.", isRequired: true)
    static let override = Shape(name: "an override", keys: [overriddenNodes] + settings)
}

extension Fields {
    /// The settings that a playbook and its overrides share.
    var changes: SettingsChanges {
        var changes = SettingsChanges()
        changes.devices = self[PlaybookKeys.devices]
        let kernel = self[PlaybookKeys.kernel]
        changes.intelArguments = kernel?.intel
        changes.amdArguments = kernel?.amd
        changes.allArguments = kernel?.all
        changes.modules = self[PlaybookKeys.modules]
        changes.blacklist = self[PlaybookKeys.blacklist]
        let vfio = self[PlaybookKeys.vfio]
        changes.disableVGA = vfio?.disableVGA
        changes.softdep = vfio?.softdep
        changes.bind = self[PlaybookKeys.bind]
        changes.files = self[PlaybookKeys.files]
        changes.network = self[PlaybookKeys.network]
        changes.adopt = self[PlaybookKeys.adopt]
        changes.guests = self[PlaybookKeys.guests]
        changes.complianceOnly = self[PlaybookKeys.complianceOnly]
        return changes
    }
}

extension Format where Value == Playbook.Override {
    static var override: Format {
        .object(PlaybookKeys.override) { fields in
            let changes = fields.changes
            return fields[PlaybookKeys.overriddenNodes].map { .init(nodes: $0, changes: changes) }
        }
    }
}
