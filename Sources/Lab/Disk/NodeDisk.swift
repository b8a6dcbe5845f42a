import Fleet

/// The node's own disk as the installer left it: `/etc`, `/boot`, `/root` and `/var`.
struct NodeDisk {
    let setup: NodeSetup
    let files: NodeFiles
    /// A line of `authorized_keys`.
    let clientKey: String

    func write() throws(LabError) {
        try writeLayout()
        try writeAccounts()
        try writeSystem()
        try writeNetwork()
        try writeModuleSettings()
        try writeBoot()
        try writeProxmox()
        for (path, text) in setup.files { try files.make(path, text) }
    }

    private func writeLayout() throws(LabError) {
        for name in ["proc", "sys", "dev", "run", "tmp", "mnt", "usr", "opt", "srv", "home", "media"] {
            files.makeDirectories("/\(name)")
        }
        for name in ["/var/log", "/var/lib/vz", "/var/tmp", "/var/cache", "/var/lib/pve-cluster", "/root"] {
            files.makeDirectories(name)
        }
        for name in ["bin", "sbin", "lib", "lib32", "lib64"] { try files.link("/\(name)", to: "usr/\(name)") }
        try files.link("/var/run", to: "/run")
        try files.make("/root/.ssh/authorized_keys", clientKey + "\n", mode: 0o600)
    }

    private func writeAccounts() throws(LabError) {
        try files.make(
            "/etc/passwd", accounts.map { "\($0.name):x:\($0.id):\($0.group):\($0.name):\($0.rest)\n" }.joined())
        try files.make("/etc/shadow", accounts.map { "\($0.name):*:19700:0:99999:7:::\n" }.joined(), mode: 0o640)
        try files.make("/etc/group", "root:x:0:\nwww-data:x:33:\nadmin:x:1000:\nnogroup:x:65534:\n")
        try files.make("/etc/nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files\n")
        try files.make("/etc/sudoers", "root ALL=(ALL:ALL) ALL\nadmin ALL=(ALL) NOPASSWD: ALL\n", mode: 0o440)
        files.makeDirectories("/home/admin/.ssh")
        try files.make("/home/admin/.ssh/authorized_keys", clientKey + "\n", mode: 0o600)
        for path in ["/home/admin", "/home/admin/.ssh", "/home/admin/.ssh/authorized_keys"] {
            files.giveTo(1000, path)
        }
    }

    private var accounts: [(name: String, id: Int, group: Int, rest: String)] {
        [
            ("root", 0, 0, "/root:/bin/sh"), ("www-data", 33, 33, "/var/www:/usr/sbin/nologin"),
            ("sshd", 100, 65534, "/run/sshd:/usr/sbin/nologin"), ("admin", 1000, 1000, "/home/admin:/bin/sh"),
            ("nobody", 65534, 65534, "/nonexistent:/usr/sbin/nologin"),
        ]
    }

    private func writeSystem() throws(LabError) {
        try files.make("/etc/hostname", setup.hostName + "\n")
        try files.make("/etc/machine-id", randomBytes(16).map { hex($0, digits: 2) }.joined() + "\n")
        try files.make("/etc/debian_version", "12.11\n")
        try files.make("/etc/os-release", Self.release)
        try files.make("/etc/fstab", fileSystems)
        try files.make(
            "/etc/profile", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nexport PATH\n")
        for name in ["ld.so.cache", "ld.so.conf", "localtime", "login.defs"] {
            try files.copy(from: "/etc/\(name)", to: "/etc/\(name)")
        }
        // Commands such as awk are links through this directory.
        for name in NodeFiles(root: "").list("/etc/alternatives") {
            try files.copy(from: "/etc/alternatives/\(name)", to: "/etc/alternatives/\(name)")
        }
    }

    private static let release = """
        PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
        NAME="Debian GNU/Linux"
        VERSION_ID="12"
        VERSION="12 (bookworm)"
        VERSION_CODENAME=bookworm
        ID=debian
        HOME_URL="https://www.debian.org/"

        """

    private var fileSystems: String {
        let root =
            switch setup.root {
            case .lvm: "/dev/pve/root / ext4 errors=remount-ro 0 1\n/dev/pve/swap none swap sw 0 0\n"
            case .ext4: "UUID=\(setup.rootUUID) / ext4 errors=remount-ro 0 1\n"
            case .zfs: ""
            }
        let esp = setup.firmware == .uefi && setup.loader == .grub
        return "# <file system> <mount point> <type> <options> <dump> <pass>\n" + root
            + (esp ? "UUID=\(setup.espUUID) /boot/efi vfat defaults 0 1\n" : "") + "proc /proc proc defaults 0 0\n"
    }

    private func writeNetwork() throws(LabError) {
        let network = setup.network
        var text = "auto lo\niface lo inet loopback\n\n"
        for port in network.ports where port != network.uplink { text += "iface \(port) inet manual\n\n" }
        if let bond = network.bond {
            text += "auto \(bond)\niface \(bond) inet manual\n\tbond-slaves \(network.ports.joined(separator: " "))\n"
            text += "\tbond-miimon 100\n\tbond-mode active-backup\n\n"
        }
        if let uplink = network.uplink {
            text += "auto \(uplink)\niface \(uplink) inet static\n\taddress \(network.address)\n"
            text += "\tgateway \(network.gateway)\n"
        }
        if network.bridge != nil {
            text += "\tbridge-ports \(network.bridgePorts.joined(separator: " "))\n\tbridge-stp off\n\tbridge-fd 0\n"
        }
        try files.make("/etc/network/interfaces", text + "\nsource /etc/network/interfaces.d/*\n")
        let names = "\(setup.hostName).lab.test \(setup.hostName)"
        try files.make(
            "/etc/hosts", "127.0.0.1 localhost.localdomain localhost\n\(network.bareAddress) \(names)\n")
    }
}

extension NodeDisk {
    private func writeModuleSettings() throws(LabError) {
        try files.make("/etc/modules", Self.modules)
        try files.link("/etc/modules-load.d/modules.conf", to: "../modules")
        try files.make(
            "/etc/modprobe.d/pve-blacklist.conf",
            """
            # This file contains a list of modules which are not supported by Proxmox VE

            # nvidiafb see bugreport https://bugzilla.proxmox.com/show_bug.cgi?id=701
            blacklist nvidiafb

            """)
        files.makeDirectories("/etc/udev/rules.d")
        files.makeDirectories("/etc/systemd/network")
        files.makeDirectories("/etc/systemd/system")
        let tools = "/etc/initramfs-tools"
        for stage in ["init-top", "init-premount", "local-top", "init-bottom"] {
            files.makeDirectories("\(tools)/scripts/\(stage)")
        }
        files.makeDirectories("\(tools)/hooks")
        try files.make("\(tools)/modules", Self.initramfsModules)
        try files.make("\(tools)/update-initramfs.conf", "update_initramfs=yes\nbackup_initramfs=no\n")
        try files.make(
            "\(tools)/initramfs.conf",
            "MODULES=\(setup.initramfs.modules)\nBUSYBOX=auto\nKEYMAP=n\nCOMPRESS=zstd\nDEVICE=\nNFSROOT=auto\nRUNSIZE=10%\n"
        )
        if setup.initramfs.display { try files.make("\(tools)/conf.d/display", "FRAMEBUFFER=y\n") }
    }

    private static let modules = """
        # /etc/modules: kernel modules to load at boot time.
        #
        # This file contains the names of kernel modules that should be loaded
        # at boot time, one per line. Lines beginning with "#" are ignored.
        # Parameters can be specified after the module name.

        """

    private static let initramfsModules = """
        # List of modules that you want to include in your initramfs.
        # They will be loaded at boot time in the order below.
        #
        # Syntax:  module_name [args ...]
        #
        # You must run update-initramfs(8) to effect this change.

        """

    private func writeBoot() throws(LabError) {
        for release in setup.kernels {
            try files.make("/boot/vmlinuz-\(release)", "kernel \(release)\n")
            try files.make("/boot/config-\(release)", kernelConfiguration)
        }
        try files.make("/boot/grub/grubenv", "# GRUB Environment Block\n")
        try files.make(
            "/etc/default/grub", Self.grub.replacing(arguments: setup.isGrub ? setup.arguments : "quiet"))
        try files.make("/etc/default/grub.d/proxmox-ve.cfg", Self.grubDirectory)
        files.makeDirectories("/etc/grub.d")
        guard setup.isProxmoxBootTool else { return }
        let line = "\(setup.rootArguments) \(setup.arguments)".split(separator: " ").joined(separator: " ")
        try files.make("/etc/kernel/cmdline", line + "\n")
        try files.make(ProxmoxBoot.uuids, setup.espUUID + "\n")
        guard setup.loader == .systemdBoot else {
            return try files.make("/.esp/\(setup.espUUID)/EFI/proxmox/grubx64.efi", "GRUB\n")
        }
        files.makeDirectories("/.esp/\(setup.espUUID)/EFI/systemd")
        try files.make("/.esp/\(setup.espUUID)/loader/loader.conf", "timeout 3\ndefault proxmox-*\n")
    }

    private var kernelConfiguration: String {
        """
        CONFIG_INTEL_IOMMU=y
        \(setup.iommu == .argument ? "# CONFIG_INTEL_IOMMU_DEFAULT_ON is not set" : "CONFIG_INTEL_IOMMU_DEFAULT_ON=y")
        CONFIG_AMD_IOMMU=y
        CONFIG_VFIO=m
        CONFIG_VFIO_PCI=\(setup.builtInModules.contains("vfio_pci") ? "y" : "m")
        CONFIG_VFIO_PCI_VGA=y
        CONFIG_USB_XHCI_PCI=\(setup.builtInModules.contains("xhci_pci") ? "y" : "m")

        """
    }

    private static let grub = """
        # If you change this file, run 'update-grub' afterwards to update
        # /boot/grub/grub.cfg.
        # For full documentation of the options in this file, see:
        #   info -f grub -n 'Simple configuration'

        GRUB_DEFAULT=0
        GRUB_TIMEOUT=5
        GRUB_DISTRIBUTOR=`lsb_release -i -s 2> /dev/null || echo Debian`
        GRUB_CMDLINE_LINUX_DEFAULT="quiet"
        GRUB_CMDLINE_LINUX=""

        # If your computer has multiple operating systems installed, then you
        # probably want to run os-prober. However, if your computer is a host
        # for guest OSes installed via LVM or raw disk devices, running
        # os-prober can cause damage to those guest OSes as it mounts
        # filesystems to look for things.
        #GRUB_DISABLE_OS_PROBER=false

        # Uncomment to disable graphical terminal
        #GRUB_TERMINAL=console

        """

    private static let grubDirectory = """
        # Do not edit this file: it belongs to a package.
        GRUB_DISTRIBUTOR="Proxmox VE"
        GRUB_DISABLE_OS_PROBER=true

        """

    private func writeProxmox() throws(LabError) {
        let name = setup.hostName
        let directory = "/etc/pve/nodes/\(name)"
        for kind in ["qemu-server", "lxc", "priv"] { files.makeDirectories("\(directory)/\(kind)") }
        try files.link("/etc/pve/local", to: "nodes/\(name)")
        try files.link("/etc/pve/qemu-server", to: "nodes/\(name)/qemu-server")
        try files.link("/etc/pve/lxc", to: "nodes/\(name)/lxc")
        try files.make("/etc/pve/storage.cfg", storage)
        files.makeDirectories("/etc/pve/mapping")
        files.makeDirectories("/etc/pve/priv")
        for guest in setup.guests {
            let text = guest.config.hasSuffix("\n") ? guest.config : guest.config + "\n"
            let kind = guest.kind == .lxc ? "lxc" : "qemu-server"
            try files.make("\(directory)/\(kind)/\(guest.id).conf", text, mode: 0o640)
        }
        if let cluster = setup.cluster {
            try files.make("/etc/pve/corosync.conf", corosync(cluster))
            for member in cluster.votes.keys { files.makeDirectories("/etc/pve/nodes/\(member)/qemu-server") }
        }
    }

    private var storage: String {
        let local = "dir: local\n\tpath /var/lib/vz\n\tcontent iso,vztmpl,backup\n\n"
        return setup.root == .zfs
            ? local + "zfspool: local-zfs\n\tpool rpool/data\n\tsparse\n\tcontent images,rootdir\n"
            : local + "lvmthin: local-lvm\n\tthinpool data\n\tvgname pve\n\tcontent rootdir,images\n"
    }

    private func corosync(_ cluster: NodeSetup.Cluster) -> String {
        var votes = cluster.votes
        votes[setup.hostName] = votes[setup.hostName] ?? 1
        let members = votes.sorted { $0.key < $1.key }.enumerated().map { index, member in
            """
              node {
                name: \(member.key)
                nodeid: \(index + 1)
                quorum_votes: \(member.value)
                ring0_addr: 192.0.2.\(11 + index)
              }
            """
        }
        return """
            logging {
              debug: off
              to_syslog: yes
            }

            nodelist {
            \(members.joined(separator: "\n"))
            }

            quorum {
              provider: corosync_votequorum
            }

            totem {
              cluster_name: \(cluster.name)
              config_version: \(votes.count)
              interface {
                linknumber: 0
              }
              ip_version: ipv4-6
              link_mode: passive
              secauth: on
              version: 2
            }

            """
    }
}

extension String {
    fileprivate func replacing(arguments: String) -> String {
        split(separator: "\n", omittingEmptySubsequences: false).map {
            $0.hasPrefix("GRUB_CMDLINE_LINUX_DEFAULT=") ? "GRUB_CMDLINE_LINUX_DEFAULT=\"\(arguments)\"" : String($0)
        }.joined(separator: "\n")
    }
}
