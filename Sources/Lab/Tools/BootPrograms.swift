import Fleet

/// The programs that carry settings from `/etc` to where a boot reads them.
struct BootPrograms {
    let node: NodeContext

    init(_ node: NodeContext) { self.node = node }

    func updateGrub(_ name: String, _ arguments: [String]) throws(LabError) -> CommandOutcome {
        if name == "grub-mkconfig", arguments != ["-o", "/boot/grub/grub.cfg"] {
            return .failure("grub-mkconfig: only -o /boot/grub/grub.cfg is known here\n", 1)
        }
        let result = try GrubGenerator(files: node.files, setup: node.facts).run()
        return .failure(result.messages, result.status)
    }

    /// initramfs-tools 0.142: `-u` or `-c` with `-k RELEASE`, `-k all`, or the newest kernel.
    func updateInitramfs(_ arguments: [String]) throws(LabError) -> CommandOutcome {
        let request = InitramfsRequest(arguments)
        if let refusal = request.refusal { return refusal }
        if node.has("update-initramfs-fails") {
            return .failure("update-initramfs: failed for /boot/initrd.img-\(node.facts.release) with 1.\n", 1)
        }
        var output = ""
        for release in try releases(request) {
            output += "update-initramfs: Generating /boot/initrd.img-\(release)\n"
            if node.has("update-initramfs-lies") { continue }
            let image = InitramfsBuilder(node.files, node.facts, release: release).build().bytes
            do throws(LabError) {
                try node.files.make("/boot/initrd.img-\(release).new", bytes: image)
            } catch {
                node.files.remove("/boot/initrd.img-\(release).new")
                let message =
                    "E: mkinitramfs failure cpio 141 zstd -q -9 -T0 1\ncat: write error: \(lastReason(error))\n"
                let failed = "update-initramfs: failed for /boot/initrd.img-\(release) with 1.\n"
                return CommandOutcome(
                    exitCode: 1, standardOutput: Array(output.utf8), standardError: Array((message + failed).utf8))
            }
            node.files.move("/boot/initrd.img-\(release).new", to: "/boot/initrd.img-\(release)")
        }
        return try .success(output + refreshed())
    }

    private func releases(_ request: InitramfsRequest) throws(LabError) -> [String] {
        let present = bootedKernels(node.files).filter {
            node.files.exists("/boot/initrd.img-\($0)") || request.creates
        }
        switch request.kernel {
        case "all": return present
        case nil: return Array(present.prefix(1))
        case .some(let release):
            guard node.files.exists("/lib/modules/\(release)") else {
                throw LabError(.invalid, "\(release) is not a valid kernel version.")
            }
            return [release]
        }
    }

    /// The hook `/etc/initramfs/post-update.d/proxmox-boot-sync`.
    private func refreshed() throws(LabError) -> String {
        let boot = ProxmoxBoot(files: node.files, facts: node.facts)
        guard boot.isManaged else { return "" }
        return try boot.refresh().outputText
    }

    func listInitramfs(_ arguments: [String]) throws(LabError) -> CommandOutcome {
        let paths = arguments.filter { !$0.hasPrefix("-") }
        guard let path = paths.first else { return .failure("Usage: lsinitramfs [-l] initramfs-file\n", 1) }
        guard let bytes = node.files.bytes(path) else {
            return .failure("W: lsinitramfs: \(path) does not exist.\n", 1)
        }
        guard let archive = Archive(bytes) else { return .failure("cpio: premature end of archive\n", 1) }
        return .success(".\n" + archive.entries.map { $0.path + "\n" }.joined())
    }

    func proxmoxBootTool(_ arguments: [String]) throws(LabError) -> CommandOutcome {
        let boot = ProxmoxBoot(files: node.files, facts: node.facts)
        switch arguments.first {
        case "refresh" where arguments.count == 1: return try boot.refresh()
        case "status": return status(boot, isQuiet: arguments.contains("--quiet"))
        case "kernel" where arguments.dropFirst() == ["list"]: return kernelList(boot)
        case "kernel" where arguments.dropFirst() == ["unpin"]: return try boot.pin(nil)
        case "kernel" where arguments.count == 3 && arguments[1] == "pin": return try boot.pin(arguments[2])
        case nil: return .failure(Self.usage, 1)
        default: return .failure("E: Unknown or unsupported command: \(arguments.joined(separator: " "))\n", 1)
        }
    }

    private static let usage = "USAGE: proxmox-boot-tool <commands> [ARGS]\n"

    private func status(_ boot: ProxmoxBoot, isQuiet: Bool) -> CommandOutcome {
        guard boot.isManaged else {
            return .failure(isQuiet ? "" : "E: /etc/kernel/proxmox-boot-uuids does not exist.\n", 2)
        }
        if isQuiet { return .success("") }
        var text = "System currently booted with \(node.facts.isUEFI ? "uefi" : "legacy bios")\n"
        for uuid in boot.configuredUUIDs {
            guard node.files.exists("/.esp/\(uuid)") else {
                text += "WARN: /dev/disk/by-uuid/\(uuid) does not exist - clean '\(ProxmoxBoot.uuids)'! - skipping\n"
                continue
            }
            let versions = node.files.list("/.esp/\(uuid)/EFI/proxmox").joined(separator: ", ")
            text += "\(uuid) is configured with: uefi (versions: \(versions))\n"
        }
        return .success("Re-executing '/usr/sbin/proxmox-boot-tool' in new private mount namespace..\n" + text)
    }

    private func kernelList(_ boot: ProxmoxBoot) -> CommandOutcome {
        let automatic = bootedKernels(node.files).joined(separator: "\n")
        return .success("Manually selected kernels:\nNone.\n\nAutomatically selected kernels:\n\(automatic)\n")
    }
}

/// The arguments of `update-initramfs`.
private struct InitramfsRequest {
    var kernel: String?
    var creates = false
    var refusal: CommandOutcome?

    init(_ arguments: [String]) {
        var modes = 0
        var rest = arguments[...]
        while let word = rest.popFirst() {
            switch word {
            case "-u": modes += 1
            case "-c":
                modes += 1
                creates = true
            case "-k": kernel = rest.popFirst()
            case "-v": break
            case "-uk", "-u-k":
                modes += 1
                kernel = rest.popFirst()
            default:
                refusal = .failure("update-initramfs: unrecognized option '\(word)'\n", 1)
                return
            }
        }
        if modes != 1 {
            refusal = .failure("You must specify at least one of -c, -u, or -d.\n", 1)
        }
    }
}
