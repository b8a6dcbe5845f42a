import TestSupport

@testable import Fleet

extension Failure {
    private static let line = "/etc/kernel/cmdline"
    private static let esps = "/etc/kernel/proxmox-boot-uuids"

    private static func esp(_ name: String, _ uuid: String, part: String) -> BlockDevice {
        BlockDevice(
            name: name, number: "259:\(name.last.map(String.init) ?? "")", content: "vfat", uuid: uuid, isESP: true,
            partitionUUID: part)
    }

    /// Boot loaders, kernels, the initramfs.
    static let boot: [Failure] = [
        Failure(
            number: "F2", name: "systemd-boot booted, and no tool writes its entries",
            sign: .plan(.blocker, .bootLoaderNotUnderstood), says: ["proxmox-boot-tool manages no partition"],
            setup: { $0.loader = .systemdBoot },
            happens: { $0.facts.boot.proxmoxBootToolESPs = .known([]) }),
        Failure(
            number: "F2", name: "the firmware starts another loader next time",
            sign: .plan(.blocker, .bootLoaderNotUnderstood), says: ["Boot0003", "efibootmgr -v"],
            happens: { node in
                node.facts.boot.firmwareBoot = .known(
                    FirmwareBoot(
                        current: "0001", order: ["0003", "0001"],
                        entries: [
                            .init(number: "0001", label: "proxmox", path: #"\EFI\PROXMOX\SHIMX64.EFI"#),
                            .init(number: "0003", label: "Linux", path: #"\EFI\SYSTEMD\SYSTEMD-BOOTX64.EFI"#),
                        ]))
            }),
        Failure(
            number: "F2", name: "a /boot of its own looks like GRUB on the ESP",
            sign: .plan(.blocker, .bootLoaderNotUnderstood), says: ["/boot is a file system of its own"],
            setup: { $0.loader = .grubOnESP },
            happens: { try $0.use(.bootFileSystem, "00:17.0", "/boot", "sda2") }),
        Failure(
            number: "F2", name: "two GRUBs, and the one on the root file system booted",
            sign: .plan(.blocker, .bootLoaderNotUnderstood), says: ["which of the two boots next"],
            happens: { $0.facts.boot.proxmoxBootToolESPs = .known(["6D31-87F4"]) }),
        Failure(
            number: "F3", name: "the command line file has two lines", sign: .plan(.blocker, .kernelCommandLineFile),
            says: ["more than one line", "cat /etc/kernel/cmdline"],
            setup: { $0.loader = .systemdBoot },
            happens: { $0.file(line, "root=ZFS=rpool/ROOT/pve-1 boot=zfs\nintel_iommu=on\n") }),
        Failure(
            number: "F3", name: "the command line file has no root=", sign: .plan(.blocker, .kernelCommandLineFile),
            says: ["no root="],
            setup: { $0.loader = .systemdBoot }, happens: { $0.file(line, "quiet\n") }),
        Failure(
            number: "F3", name: "there is no command line file", sign: .plan(.note, .kernelCommandLineCreated),
            says: ["the file is made from that"],
            setup: { $0.loader = .systemdBoot }, happens: { $0.file(line, nil) }),
        Failure(
            number: "F4", name: "the node was not rebooted since its settings changed",
            sign: .check(.kernelCommandLine, .fail), says: ["booted without iommu=pt"],
            happens: { $0.facts.kernelCommandLine = .known("BOOT_IMAGE=/boot/vmlinuz-6.8.12-4-pve root=x ro quiet") }),
        Failure(
            number: "F5", name: "the initramfs is older than its settings", sign: .check(.initramfs, .fail),
            says: ["is older than /etc/modprobe.d/vfio.conf", "-newer"],
            happens: { node in
                node.facts.initramfs = node.facts.initramfs.map { images in
                    images.map { image in
                        var image = image
                        image.newerInputs = .known(["/etc/modprobe.d/vfio.conf"])
                        return image
                    }
                }
            }),
        Failure(
            number: "F5", name: "the initramfs lacks the settings", sign: .check(.initramfs, .fail),
            says: ["lacks /etc/modprobe.d/"],
            happens: { node in
                node.facts.initramfs = node.facts.initramfs.map { images in
                    images.map { image in
                        var image = image
                        image.configurationFiles = .known([])
                        return image
                    }
                }
            }),
        Failure(
            number: "F21", name: "a kernel is pinned that has no initramfs",
            sign: .plan(.blocker, .kernelWithoutInitramfs),
            says: ["6.5.13-6-pve"],
            setup: { $0.loader = .systemdBoot },
            happens: { $0.file("/etc/kernel/proxmox-boot-pin", "6.5.13-6-pve\n") }),
        Failure(
            number: "F21", name: "the choice of the next boot is for one boot only",
            sign: .plan(.warning, .bootChosenOnce),
            says: ["/etc/kernel/next-boot-pin"],
            setup: { $0.loader = .systemdBoot },
            happens: { $0.file("/etc/kernel/next-boot-pin", "6.8.12-4-pve\n") }),
        Failure(
            number: "-", name: "a listed ESP went with its disk", sign: .plan(.warning, .espMissing),
            says: ["AAAA-0001", "boots from one disk alone"],
            setup: { $0.loader = .grubOnESP },
            happens: { node in
                node.facts.boot.proxmoxBootToolESPs = .known(["6D31-87F4", "AAAA-0001"])
                node.facts.blockDevices = .known([esp("nvme0n1p2", "6d31-87f4", part: "aa")])
            }),
        Failure(
            number: "-", name: "every listed ESP is gone", sign: .plan(.blocker, .espMissing), says: [esps],
            setup: { $0.loader = .systemdBoot },
            happens: { $0.facts.blockDevices = .known([esp("nvme0n1p2", "ffff-0001", part: "aa")]) }),
        Failure(
            number: "-", name: "the ESP that booted is not listed", sign: .plan(.blocker, .espNotManaged),
            says: ["/dev/nvme1n1p2", "ffff-0001"],
            setup: { $0.loader = .systemdBoot },
            happens: { node in
                node.facts.blockDevices = .known([
                    esp("nvme0n1p2", "6d31-87f4", part: "aa"), esp("nvme1n1p2", "ffff-0001", part: "bb"),
                ])
                node.facts.boot.report = .known(LoaderReport(loader: "systemd-boot 257", partition: "bb"))
            }),
        Failure(
            number: "-", name: "the playbook asks for another root file system",
            sign: .plan(.blocker, .argumentDecidesBoot),
            says: ["root=/dev/sda1", "the playbook asks for", "cat /proc/cmdline"],
            happens: { $0.settings.kernel.all = ["root=/dev/sda1"] }),
        Failure(
            number: "-", name: "the playbook asks for a rescue system on a node with systemd-boot",
            sign: .plan(.blocker, .argumentDecidesBoot), says: ["systemd.unit=rescue.target"],
            setup: { $0.loader = .systemdBoot },
            happens: { $0.settings.kernel.all = ["systemd.unit=rescue.target"] }),
        Failure(
            number: "-", name: "somebody left single in the boot settings, which was never booted",
            sign: .plan(.warning, .argumentDecidesBoot), says: ["single", "the boot settings hold"],
            happens: { $0.file("/etc/default/grub", "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet single\"\n") }),
        Failure(
            number: "-", name: "a value of GRUB's settings is two lines", sign: .plan(.blocker, .grubValueNotEditable),
            says: ["GRUB_CMDLINE_LINUX has a line break", "on one line"],
            happens: { node in
                node.facts.boot.grub = .unknown(Unknown(.malformed, "two lines"))
                let text = "GRUB_CMDLINE_LINUX_DEFAULT='quiet'\nGRUB_CMDLINE_LINUX='console=tty0 \\\nconsole=ttyS0'\n"
                node.file("/etc/default/grub", text)
            }),
        Failure(
            number: "F20", name: "nothing reads /etc/modules any more", sign: .plan(.note, .modulesFileNotRead),
            says: ["/etc/modules-load.d/vfiofleet.conf"],
            happens: { $0.facts.files["/etc/modules-load.d/modules.conf"] = nil }),
    ]
}
