/// `proxmox-boot-tool` (proxmox-kernel-helper 8.1.0): kernels and loader entries on the EFI system partitions.
struct ProxmoxBoot {
    static let uuids = "/etc/kernel/proxmox-boot-uuids"

    let files: NodeFiles
    let facts: NodeFacts

    var isManaged: Bool { files.exists(Self.uuids) }

    /// Copies kernels and images and writes the entries. Gives what it prints and its exit status.
    func refresh() throws(LabError) -> CommandOutcome {
        guard isManaged else { return .failure("E: /etc/kernel/proxmox-boot-uuids does not exist.\n", 2) }
        guard let line = kernelCommandLine else {
            return .failure("E: Could not determine root= on the kernel command line.\n", 1)
        }
        var output = "Running hook script 'proxmox-auto-removal'..\nRunning hook script 'zz-proxmox-boot'..\n"
        output += "Re-executing '/etc/kernel/postinst.d/zz-proxmox-boot' in new private mount namespace..\n"
        for uuid in configuredUUIDs {
            guard files.exists("/.esp/\(uuid)") else {
                output += "WARN: /dev/disk/by-uuid/\(uuid) does not exist - clean '\(Self.uuids)'! - skipping\n"
                continue
            }
            output += "Copying and configuring kernels on /dev/disk/by-uuid/\(uuid)\n"
            if facts.loader == .grubOnESP {
                output += try installGrub("/.esp/\(uuid)")
                continue
            }
            try chooseKernel(on: "/.esp/\(uuid)")
            for release in bootedKernels(files) {
                output += "\tCopying kernel and creating boot-entry for \(release)\n"
                try install(release, on: "/.esp/\(uuid)", arguments: line)
            }
        }
        return CommandOutcome(exitCode: 0, standardOutput: Array(output.utf8))
    }

    /// Kernels beside a configuration that is made with the partition in the place of /boot.
    private func installGrub(_ partition: String) throws(LabError) -> String {
        for release in bootedKernels(files) {
            for name in ["vmlinuz-\(release)", "initrd.img-\(release)"] {
                try files.make("\(partition)/\(name)", bytes: files.bytes("/boot/\(name)") ?? [])
            }
        }
        return try GrubGenerator(files: files, setup: facts, partition: partition).run().messages
    }

    private func chooseKernel(on partition: String) throws(LabError) {
        let pinned = files.firstLine("/etc/kernel/proxmox-boot-pin").map { "proxmox-\($0).conf" }
        try files.make("\(partition)/loader/loader.conf", "timeout 3\ndefault \(pinned ?? "proxmox-*")\n")
    }

    /// `kernel pin RELEASE` and `kernel unpin`: for all loaders.
    func pin(_ release: String?) throws(LabError) -> CommandOutcome {
        let file = "/etc/default/grub.d/proxmox-kernel-pin.cfg"
        files.remove(file)
        files.remove("/etc/kernel/proxmox-boot-pin")
        if let release {
            try files.make("/etc/kernel/proxmox-boot-pin", release + "\n")
            let id = "gnulinux-advanced-\(facts.rootUUID)>gnulinux-\(release)-advanced-\(facts.rootUUID)"
            try files.make(file, "GRUB_DEFAULT=\"\(id)\"\n")
        }
        return isManaged
            ? try refresh() : .success(try GrubGenerator(files: files, setup: facts).run().messages)
    }

    private func install(_ release: String, on esp: String, arguments: String) throws(LabError) {
        let directory = "\(esp)/EFI/proxmox/\(release)"
        for name in ["vmlinuz-\(release)", "initrd.img-\(release)"] {
            try files.make("\(directory)/\(name)", bytes: files.bytes("/boot/\(name)") ?? [])
        }
        let entry = """
            title    Proxmox Virtual Environment
            version  \(release)
            options  \(arguments)
            linux    /EFI/proxmox/\(release)/vmlinuz-\(release)
            initrd   /EFI/proxmox/\(release)/initrd.img-\(release)

            """
        try files.make("\(esp)/loader/entries/proxmox-\(release).conf", entry)
    }

    /// The first line of `/etc/kernel/cmdline`, else of what is running; nil without `root=`.
    private var kernelCommandLine: String? {
        let line = files.firstLine("/etc/kernel/cmdline") ?? files.firstLine("/proc/cmdline") ?? ""
        return line.split(separator: " ").contains { $0.hasPrefix("root=") } ? line : nil
    }

    var configuredUUIDs: [String] {
        (files.text(Self.uuids) ?? "").split { $0 == "\n" || $0 == " " }.map(String.init)
    }

    /// What systemd-boot starts: the chosen entry, else the newest. Nil = there is none.
    func booted() -> (arguments: String, initrd: String)? {
        for uuid in configuredUUIDs {
            let directory = "/.esp/\(uuid)/loader/entries"
            let chosen = files.text("/.esp/\(uuid)/loader/loader.conf") ?? ""
            let present = bootedKernels(files).filter { files.exists("\(directory)/proxmox-\($0).conf") }
            guard let release = present.first(where: { chosen.contains("default proxmox-\($0).conf") }) ?? present.first
            else { continue }
            var options = ""
            for line in (files.text("\(directory)/proxmox-\(release).conf") ?? "").split(separator: "\n")
            where line.hasPrefix("options") {
                options = line.dropFirst(7).split(separator: " ").joined(separator: " ")
            }
            let initrd = "\\EFI\\proxmox\\\(release)\\initrd.img-\(release)"
            return ("initrd=\(initrd) \(options)", "/.esp/\(uuid)/EFI/proxmox/\(release)/initrd.img-\(release)")
        }
        return nil
    }
}

extension CommandOutcome {
    static func failure(_ message: String, _ status: Int32) -> CommandOutcome {
        CommandOutcome(exitCode: status, standardError: Array(message.utf8))
    }

    static func success(_ text: String) -> CommandOutcome {
        CommandOutcome(exitCode: 0, standardOutput: Array(text.utf8))
    }
}
