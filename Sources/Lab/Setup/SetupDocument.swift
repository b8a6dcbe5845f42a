import Fleet
import Yams

/// The set-up of a lab as YAML: `defaults` for every node, `nodes` for one each, with the same keys.
///
///     defaults: {reboot_seconds: 0.5}
///     nodes:
///       pve1: {machine: intel-z390-rtx2070, loader: systemd-boot, root: zfs}
///
/// Without `nodes` there is one node for each machine, named as it. A key under `nodes` is the node's name;
/// `machine` says which machine it is made from and may be left out where the names are the same.
public struct SetupDocument: Sendable {
    var defaults = Overrides()
    var nodes: [(name: String, overrides: Overrides)] = []

    public init() {}

    /// - Throws: `LabError` of code `invalid`, with the decoder's words for what is wrong.
    public init(yaml: String, file: String) throws(LabError) {
        do {
            let document = try YAMLDecoder().decode(Body.self, from: yaml)
            defaults = document.defaults ?? Overrides()
            nodes = (document.nodes ?? [:]).sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        } catch {
            throw LabError(.invalid, "\(file): \(error)")
        }
    }

    private struct Body: Decodable {
        var defaults: Overrides?
        var nodes: [String: Overrides]?
    }

    /// What a set-up may say; nil = as the machine decides.
    struct Overrides: Decodable, Sendable {
        var machine: String?
        var pve: String?
        var kernel: String?
        var otherKernels: [String]?
        var loader: NodeSetup.Loader?
        var otherLoader: NodeSetup.Loader?
        var root: NodeSetup.Root?
        var firmware: String?
        var secureBoot: Bool?
        var iommu: NodeSetup.IOMMU?
        var cmdline: String?
        /// `none` = there is no bridge.
        var bridge: String?
        var bond: String?
        var ports: [String]?
        var rootDisk: String?
        var mirrorDisk: String?
        var initramfs: Initramfs?
        var race: NodeSetup.Race?
        var builtin: [String]?
        var guests: [NodeSetup.Guest]?
        var cluster: NodeSetup.Cluster?
        var usb: [NodeSetup.USBDevice]?
        var attached: [NodeSetup.Attached]?
        var reserved: [PCIAddress]?
        var files: [String: String]?
        var rebootSeconds: Double?

        struct Initramfs: Decodable, Sendable {
            var modules: String?
            var display: Bool?
        }

        enum CodingKeys: String, CodingKey {
            case machine, pve, kernel, loader, root, firmware, iommu, cmdline, bridge, bond, ports, initramfs, race
            case builtin, guests, cluster, usb, attached, reserved, files
            case otherKernels = "other_kernels"
            case otherLoader = "other_loader"
            case secureBoot = "secure_boot"
            case rootDisk = "root_disk"
            case mirrorDisk = "mirror_disk"
            case rebootSeconds = "reboot_seconds"
        }
    }
}

extension NodeSetup {
    mutating func apply(_ overrides: SetupDocument.Overrides) {
        proxmoxVersion = overrides.pve ?? proxmoxVersion
        kernelRelease = overrides.kernel ?? kernelRelease
        otherKernels = overrides.otherKernels ?? otherKernels
        loader = overrides.loader ?? loader
        otherLoader = overrides.otherLoader ?? otherLoader
        root = overrides.root ?? (isProxmoxBootTool ? .zfs : root)
        firmware = overrides.firmware.flatMap { Firmware(rawValue: $0) } ?? firmware
        if loader == .systemdBoot || loader == .unifiedImage { firmware = .uefi }
        secureBoot = overrides.secureBoot ?? secureBoot
        iommu = overrides.iommu ?? iommu
        arguments = overrides.cmdline ?? arguments
        if let bridge = overrides.bridge { network.bridge = bridge == "none" ? nil : bridge }
        network.bond = overrides.bond ?? network.bond
        network.ports = overrides.ports ?? network.ports
        rootDisk = overrides.rootDisk ?? rootDisk
        mirrorDisk = overrides.mirrorDisk ?? mirrorDisk
        initramfs.modules = overrides.initramfs?.modules ?? initramfs.modules
        initramfs.display = overrides.initramfs?.display ?? initramfs.display
        race = overrides.race ?? race
        builtInModules.formUnion((overrides.builtin ?? []).compactMap { ModuleName($0) })
        guests = overrides.guests ?? guests
        cluster = overrides.cluster ?? cluster
        usb = overrides.usb ?? usb
        attached = overrides.attached ?? attached
        reserved = overrides.reserved ?? reserved
        files.merge(overrides.files ?? [:]) { $1 }
        rebootSeconds = overrides.rebootSeconds ?? rebootSeconds
    }
}
