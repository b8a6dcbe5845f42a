import TestSupport

@testable import Fleet

extension Failure {
    /// What guides, scripts and hands left on nodes.
    static let leftovers: [Failure] = [
        Failure(
            number: "F14", name: "a module is listed that no longer exists", sign: .finding(.moduleObsolete),
            says: ["vfio_virqfd", "/etc/modules:1"], happens: { $0.file("/etc/modules", "vfio_virqfd\n") }),
        Failure(
            number: "F15", name: "the GPU's driver is loaded by name", sign: .finding(.moduleLoadsDriver),
            says: ["nvidia loaded by name"], happens: { $0.file("/etc/modules", "nvidia\n") }),
        Failure(
            number: "F41", name: "the ids are a copied placeholder", sign: .finding(.idsJunk),
            says: ["“<vendor-id>”", "/etc/modprobe.d/vfio.conf:1"],
            happens: { $0.file("/etc/modprobe.d/vfio.conf", "options vfio-pci ids=<vendor-id>,<device-id>\n") }),
        Failure(
            number: "F41", name: "the ids are of a card that is gone", sign: .finding(.idsAbsent), says: ["10de:2484"],
            happens: { $0.file("/etc/modprobe.d/vfio.conf", "options vfio-pci ids=10de:2484\n") }),
        Failure(
            number: "F41", name: "the ids are of the host's network card",
            sign: .plan(.blocker, .foreignIDOnHostFunction),
            says: ["8086:15bc", "default-route"],
            happens: { $0.file("/etc/modprobe.d/vfio.conf", "options vfio-pci ids=8086:15bc\n") }),
        Failure(
            number: "F41", name: "the ids stand for every card of a make, the host's network card too",
            sign: .plan(.blocker, .foreignIDOnHostFunction), says: ["8086:ffffffff", "default-route"],
            happens: {
                $0.file(
                    "/etc/modprobe.d/vfio.conf", "options vfio-pci ids=8086:ffffffff:ffffffff:ffffffff:20000:ffff00\n")
            }),
        Failure(
            number: "F41", name: "the command line of the next boot gives the host's network card to vfio-pci",
            sign: .plan(.blocker, .hostDriverLost), says: ["8086:15bc", "default-route"],
            happens: { $0.file("/etc/default/grub", NodeFacts.debianGrub("quiet vfio-pci.ids=8086:15bc")) }),
        Failure(
            number: "F41", name: "a script binds devices on its own", sign: .finding(.deviceScript),
            says: ["/usr/local/bin/vfio.sh"],
            happens: { node in
                node.facts.deviceScripts = .known([
                    FileLine(
                        path: "/usr/local/bin/vfio.sh", line: 3,
                        text: "echo 10de 1f02 > /sys/bus/pci/drivers/vfio-pci/new_id")
                ])
            }),
        Failure(
            number: "F43", name: "a blacklist keeps a driver from the host's sound",
            sign: .finding(.blacklistTakesDriver),
            says: ["/etc/modprobe.d/quiet.conf:1", "has no other driver"],
            happens: { node in
                try node.change("00:1f.3") {
                    $0.driver = nil
                    $0.modules = .known(["snd_soc_skl"])
                }
                node.file("/etc/modprobe.d/quiet.conf", "blacklist snd_soc_skl\n")
            }),
        Failure(
            number: "F43", name: "the driver of the host's network card is blacklisted, and no boot came yet",
            sign: .plan(.blocker, .hostDriverLost), says: ["e1000e is blacklisted in /etc/modprobe.d/quiet.conf"],
            happens: { $0.file("/etc/modprobe.d/quiet.conf", "blacklist e1000e\n") }),
        Failure(
            number: "F43", name: "an argument blacklists the driver of the host's disks",
            sign: .plan(.blocker, .hostDriverLost),
            says: ["ahci is blacklisted on the kernel's command line", "the root file system"],
            happens: { $0.settings.kernel.all = ["module_blacklist=nouveau,ahci"] }),
    ]
}
