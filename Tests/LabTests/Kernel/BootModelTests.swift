import Fleet
import Testing

@testable import Lab

/// The truths measured on a Debian kernel in a virtual machine, replayed on the model.
@Suite struct BootModelTests {
    static let gpu = ["01:00.0", "01:00.1", "01:00.2"].map { PCIAddress($0) }
    static let ids = "options vfio-pci ids=10de:1f02,10de:10f9,10de:1ada disable_vga=1"
    static let soft = "softdep nouveau pre: vfio-pci"

    /// Functions, then who has each after the boot.
    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var root: [String]
        /// Nil = the image holds what the root file system does.
        var image: [String]?
        var listed = ["vfio", "vfio_iommu_type1", "vfio_pci"]
        var race = NodeSetup.Race.modulesFirst
        var commandLine = "root=/dev/mapper/pve-root intel_iommu=on"
        var expected: [String]
    }

    static let cases = [
        Case(
            testDescription: "nothing configured", root: [], listed: [],
            expected: ["nouveau", "snd_hda_intel", "xhci_hcd"]),
        Case(
            testDescription: "the guide: the initramfs' display driver keeps function 0", root: [ids],
            expected: ["nouveau", "vfio-pci", "vfio-pci"]),
        Case(
            testDescription: "the guide, drivers first", root: [ids], race: .driversFirst,
            expected: ["nouveau", "snd_hda_intel", "xhci_hcd"]),
        Case(
            testDescription: "blacklist without update-initramfs", root: [ids, "blacklist nouveau"], image: [],
            expected: ["nouveau", "vfio-pci", "vfio-pci"]),
        Case(
            testDescription: "softdep without update-initramfs", root: [ids, soft], image: [],
            expected: ["nouveau", "vfio-pci", "vfio-pci"]),
        Case(
            testDescription: "blacklist in the initramfs", root: [ids, "blacklist nouveau"],
            expected: ["vfio-pci", "vfio-pci", "vfio-pci"]),
        Case(
            testDescription: "softdep in the initramfs", root: [ids, soft], race: .driversFirst,
            expected: ["vfio-pci", "vfio-pci", "vfio-pci"]),
        Case(
            testDescription: "softdep without ids holds nothing", root: [soft], race: .driversFirst,
            expected: ["nouveau", "snd_hda_intel", "xhci_hcd"]),
        Case(
            testDescription: "without an IOMMU vfio-pci refuses", root: [ids, soft],
            commandLine: "root=/dev/mapper/pve-root intel_iommu=off",
            expected: ["nouveau", "snd_hda_intel", "xhci_hcd"]),
        Case(
            testDescription: "module_blacklist on the command line", root: [ids],
            commandLine: "root=/dev/mapper/pve-root module_blacklist=nouveau",
            expected: ["vfio-pci", "vfio-pci", "vfio-pci"]),
    ]

    @Test(arguments: cases) func bindsDrivers(_ test: Case) {
        let state = boot(test)
        #expect(Self.gpu.map { $0.flatMap { state.drivers[$0]?.name } } == test.expected)
    }

    private func boot(_ test: Case) -> KernelState {
        let machine = Self.machine
        let hardware = Hardware(machine)
        let database = ModuleDatabase(hardware)
        let model = IOMMUModel(
            hardware: hardware, setup: NodeSetup(hostName: "n", machine: machine, hardware: hardware),
            commandLine: KernelCommandLine(test.commandLine))
        let start = KernelState(release: "6.8", commandLine: test.commandLine, iommuUnits: model.units)
        var boot = BootModel(hardware, database: database, state: start)
        boot.bindBuiltIn()
        let inside = ModuleConfiguration(files: test.image ?? test.root, commandLine: test.commandLine)
        let image: Set<ModuleName> = ["nouveau", "drm", "drm_kms_helper", "ttm"]
        let hasSoft = (test.image ?? test.root).contains(Self.soft)
        boot.enter(
            inside, available: hasSoft ? image.union(["vfio_pci"]).union(database.chain(for: "vfio_pci")) : image)
        boot.coldplug()
        boot.enter(
            ModuleConfiguration(files: test.root, commandLine: test.commandLine), available: database.modules)
        let listed = test.listed.compactMap { ModuleName($0) }
        if test.race == .modulesFirst { for module in listed { boot.load(module) } }
        boot.coldplug()
        for module in listed { boot.load(module) }
        return boot.state
    }

    private static var machine: MachineDescription {
        func function(_ at: PCIAddress?, _ kind: String, _ id: String, _ module: ModuleName)
            -> MachineDescription.Function?
        {
            guard let at, let kind = PCIClass(kind), let id = PCIID(id) else { return nil }
            return .init(address: at, class: kind, id: id, group: 1, modules: [module])
        }
        let functions = [
            function(gpu[0], "030000", "10de:1f02", "nouveau"),
            function(gpu[1], "040300", "10de:10f9", "snd_hda_intel"),
            function(gpu[2], "0c0330", "10de:1ada", "xhci_pci"),
        ]
        return MachineDescription(
            name: "m", cpuVendor: "GenuineIntel", iommu: .on, functions: functions.compactMap(\.self))
    }
}
