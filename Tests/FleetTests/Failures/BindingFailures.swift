import TestSupport
import Testing

@testable import Fleet

extension Failure {
    private static let sound = "00:1f.3"

    /// Ids, addresses, and who binds first.
    static let bindings: [Failure] = [
        Failure(
            number: "F6", name: "the host has a device of the same id, and ids are insisted on",
            sign: .plan(.blocker, .idShared), says: ["00:1f.3", "10de:10f9"],
            wish: { $0.bind = .ids },
            happens: { node in try node.change(sound) { $0.id = PCIID(vendor: 0x10de, device: 0x10f9) } }),
        Failure(
            number: "F6", name: "the host has a device of the same id", sign: .plan(.note, .boundByAddress),
            says: ["also sits on 00:1f.3"],
            happens: { node in try node.change(sound) { $0.id = PCIID(vendor: 0x10de, device: 0x10f9) } }),
        Failure(
            number: "F8", name: "Proxmox would tell vfio-pci the twin's id at the guest's start",
            sign: .plan(.note, .twinGuarded), says: ["kept for snd_hda_intel alone"],
            happens: { node in try node.change(sound) { $0.id = PCIID(vendor: 0x10de, device: 0x10f9) } }),
        Failure(
            number: "F8", name: "the twin has no driver, and one that would get it", sign: .plan(.note, .twinGuarded),
            says: ["kept for xhci_hcd alone, which claims it"],
            happens: { node in
                try node.change(sound) {
                    $0.id = PCIID(vendor: 0x10de, device: 0x10f9)
                    $0.driver = nil
                    $0.modules = .known(["xhci_pci"])
                }
            }),
        Failure(
            number: "F8", name: "the twin has no driver, and nobody knows which it would get",
            sign: .plan(.warning, .twinUnguarded), says: ["nothing guards it"],
            happens: { node in
                try node.change(sound) {
                    $0.id = PCIID(vendor: 0x10de, device: 0x10f9)
                    $0.driver = nil
                }
            }),
        Failure(
            number: "F8", name: "vfio-pci took the twin after all", sign: .check(.driver, .fail),
            says: ["00:1f.3 shall stay with the host"],
            happens: { node in
                try node.change(sound) {
                    $0.id = PCIID(vendor: 0x10de, device: 0x10f9)
                    $0.driver = "vfio-pci"
                }
                let entry = EarlyScript.Entry(
                    .keep("snd_hda_intel"),
                    try #require(node.facts.functions.value?.first { $0.address.short == sound }))
                node.facts.files[EarlyScript.path] = .known(FileContent(bytes: EarlyScript([entry]).bytes))
            }),
        Failure(
            number: "F11", name: "the host's driver won", sign: .check(.driver, .fail),
            says: ["01:00.0 is on nouveau instead of vfio-pci"],
            happens: { node in
                try node.change("01:00.0") {
                    $0.driver = "nouveau"
                    $0.driverModule = "nouveau"
                }
            }),
        Failure(
            number: "F11", name: "nothing settles the race of drivers", sign: .risk(.driverRace),
            says: ["snd_hda_intel"],
            happens: { $0.settings.vfio.softdep = .never }),
        Failure(
            number: "F11", name: "somebody's softdep line counts instead of ours", sign: .plan(.note, .boundByAddress),
            says: ["/etc/modprobe.d/alsa.conf has the softdep line of snd_hda_intel that counts"],
            happens: { $0.file("/etc/modprobe.d/alsa.conf", "softdep snd_hda_intel pre: snd_pcm\n") }),
        Failure(
            number: "F11", name: "somebody's softdep line counts, and ids are insisted on",
            sign: .plan(.blocker, .softdepElsewhere), says: ["add “vfio-pci”"],
            wish: { $0.bind = .ids },
            happens: { $0.file("/etc/modprobe.d/alsa.conf", "softdep snd_hda_intel pre: snd_pcm\n") }),
        Failure(
            number: "F11", name: "a later file replaces our ids", sign: .plan(.note, .boundByAddress),
            says: ["/etc/modprobe.d/zz-old.conf is read after /etc/modprobe.d/vfio.conf"],
            happens: { $0.file("/etc/modprobe.d/zz-old.conf", "options vfio-pci ids=8086:1533\n") }),
        Failure(
            number: "F11", name: "the command line replaces our ids", sign: .plan(.note, .boundByAddress),
            says: ["vfio-pci.ids=8086:1533"],
            happens: { node in
                node.file("/etc/default/grub", NodeFacts.debianGrub("quiet vfio-pci.ids=8086:1533"))
            }),
        Failure(
            number: "F11", name: "the rival is compiled into the kernel", sign: .plan(.note, .boundByAddress),
            says: ["xhci_pci claims it and is compiled into the kernel"],
            happens: { $0.facts.modules.builtIn = .known(["xhci_pci"]) }),
        Failure(
            number: "F36", name: "vfio-pci holds a card that shall make mediated devices",
            sign: .plan(.warning, .mediatedOnVFIO), says: ["01:00.0"],
            wish: { $0.guests[0].devices[0].firstFunctionOptions = ["mdev=nvidia-63"] },
            happens: { node in
                try node.change("01:00.0") { $0.driver = "vfio-pci" }
            }),
        Failure(
            number: "F43", name: "a driver shall be blacklisted that the host's sound needs",
            sign: .plan(.note, .blacklistLeftOut), says: ["00:1f.3", "stays with the host"],
            happens: { $0.settings.blacklist = ["snd_hda_intel"] }),
        Failure(
            number: "F43", name: "a driver is blacklisted that the host's sound needs",
            sign: .plan(.warning, .blacklistAffectsHost), says: ["snd_hda_intel"],
            happens: { node in
                node.settings.blacklist = ["snd_hda_intel"]
                node.file("/etc/modprobe.d/blacklist.conf", "blacklist snd_hda_intel\n")
            }),
    ]
}
