/// The property strings of a guest's devices (`qemu-server` 8.4: `PCI.pm`, `Machine.pm`, `CPUConfig.pm`, `Drive.pm`).
extension PropertyStringFormat {
    /// 0 to 15
    static let hostPCICount = 16

    static let hostPCI = PropertyStringFormat(keys: [
        "host": .matching { $0.split(separator: ";", omittingEmptySubsequences: false).allSatisfy(isPCIIdentifier) }
            .byDefault,
        "mapping": .text(.configID),
        "rombar": .boolean,
        "romfile": .matching { $0.wholeMatch(of: /[^,;]+/) != nil },
        "pcie": .boolean,
        "x-vga": .boolean,
        "legacy-igd": .boolean,
        "mdev": .matching { $0.wholeMatch(of: /[^\/.:]+/) != nil },
        "vendor-id": hexadecimalID, "device-id": hexadecimalID,
        "sub-vendor-id": hexadecimalID, "sub-device-id": hexadecimalID,
    ])

    private static let hexadecimalID = PropertySchema.matching { $0.wholeMatch(of: /0x[0-9a-fA-F]{4}/) != nil }

    /// Lower case only; the domain and the function may be left out.
    private static func isPCIIdentifier(_ text: Substring) -> Bool {
        text.wholeMatch(of: /([a-f0-9]{4,}:)?[a-f0-9]{2}:[a-f0-9]{2}(\.[a-f0-9])?/) != nil
    }

    static let mapping = PropertyStringFormat(keys: [
        "node": .text(.node).required,
        "id": .matching { $0.wholeMatch(of: /[0-9A-Fa-f]{4}:[0-9A-Fa-f]{4}/) != nil }.required,
        "subsystem-id": .matching { $0.wholeMatch(of: /[0-9A-Fa-f]{4}:[0-9A-Fa-f]{4}/) != nil },
        "path": .matching {
            $0.split(separator: ";", omittingEmptySubsequences: false).allSatisfy {
                $0.wholeMatch(of: /[a-f0-9]{4,}:[a-f0-9]{2}:[a-f0-9]{2}(\.[a-f0-9])?/) != nil
            }
        }.required,
        "iommugroup": .integer(),
        "description": .text().changed { $0.maximumLength = 4096 },
    ])

    static let machine = PropertyStringFormat(
        keys: [
            "type": .matching(isMachineType).byDefault.changed { $0.maximumLength = 40 },
            "viommu": .oneOf("intel", "virtio"),
            "enable-s3": .boolean,
            "enable-s4": .boolean,
        ])

    private static func isMachineType(_ text: String) -> Bool {
        text.wholeMatch(
            of: /pc|q35|(pc(-i440fx)?|pc-q35)-\d+(\.\d+)+(\+pve\d+)?(\.pxe)?|virt(-\d+(\.\d+)+)?(\+pve\d+)?/) != nil
    }

    static let memory = PropertyStringFormat(keys: ["current": .integer(16).byDefault])

    static let display = PropertyStringFormat(keys: [
        "type": .oneOf(
            "cirrus", "qxl", "qxl2", "qxl3", "qxl4", "none", "serial0", "serial1", "serial2", "serial3", "std",
            "virtio",
            "virtio-gl", "vmware"
        ).byDefault,
        "memory": .integer(4, 512),
        "clipboard": .oneOf("vnc"),
    ])

    static let agent = PropertyStringFormat(keys: [
        "enabled": .boolean.byDefault,
        "fstrim_cloned_disks": .boolean,
        "freeze-fs-on-backup": .boolean,
        "type": .oneOf("virtio", "isa"),
    ])

    static let boot = PropertyStringFormat(keys: [
        "legacy": .matching { $0.wholeMatch(of: /[acdn]{1,4}/) != nil }.byDefault,
        "order": .text(),
    ])

    static let watchdog = PropertyStringFormat(keys: [
        "model": .oneOf("i6300esb", "ib700").byDefault,
        "action": .oneOf("reset", "shutdown", "poweroff", "pause", "debug", "none"),
    ])

    static let randomSource = PropertyStringFormat(keys: [
        "source": .oneOf("/dev/urandom", "/dev/random", "/dev/hwrng").byDefault.required,
        "max_bytes": .integer(), "period": .integer(),
    ])

    static let audio = PropertyStringFormat(keys: [
        "device": .oneOf("ich9-intel-hda", "intel-hda", "AC97").required,
        "driver": .oneOf("spice", "none"),
    ])

    static let sharedMemory = PropertyStringFormat(keys: [
        "size": .integer(1).required, "name": .matching { $0.wholeMatch(of: /[a-zA-Z0-9\-]+/) != nil },
    ])

    static let usb = PropertyStringFormat(keys: [
        "host": .matching {
            $0.wholeMatch(of: /(0x)?[0-9A-Fa-f]{4}:(0x)?[0-9A-Fa-f]{4}|\d+-\d+(\.\d+)*|spice/.ignoresCase()) != nil
        }.byDefault,
        "mapping": .text(.configID), "usb3": .boolean,
    ])

    static let smbios = PropertyStringFormat(keys: [
        "uuid": .matching { $0.wholeMatch(of: /[a-fA-F0-9]{8}(-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}/) != nil },
        "version": .text(), "serial": .text(), "manufacturer": .text(), "product": .text(), "sku": .text(),
        "family": .text(), "base64": .boolean,
    ])

    static let meta = PropertyStringFormat(keys: [
        "ctime": .integer(0), "creation-qemu": .matching { $0.wholeMatch(of: /\d+(\.\d+)+/) != nil },
    ])
}
