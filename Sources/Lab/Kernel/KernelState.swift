import Fleet

/// What a boot came to: everything the running kernel would tell.
struct KernelState: Sendable {
    var release: String
    /// `/proc/cmdline` without its newline.
    var commandLine: String
    /// The units in `/sys/class/iommu`; empty = off.
    var iommuUnits: [String] = []
    var remapsInterrupts = false
    /// The driver of each bound function.
    var drivers: [PCIAddress: Driver] = [:]
    /// `driver_override` where something wrote it.
    var overrides: [PCIAddress: String] = [:]
    /// Loaded modules in the order of their loading, with the options they got.
    var modules: [LoadedModule] = []
    /// Kernel log, without time stamps.
    var log: [String] = []
    /// Lines of the services' journal, as `unit: text`.
    var journal: [String] = []
    /// Units that failed, such as `systemd-modules-load.service`.
    var failedUnits: [String] = []
    /// Why the node does not come up although it is powered on; nil = it does.
    var unreachable: String?
    /// Why it comes up and can't be reached: its services run, and no network leads to them. Nil = it can.
    var offline: String?

    struct LoadedModule: Hashable, Sendable {
        var name: ModuleName
        var options: [String]
    }

    var isIOMMUOn: Bool { !iommuUnits.isEmpty }
    func isLoaded(_ module: ModuleName) -> Bool { modules.contains { $0.name == module } }
}
