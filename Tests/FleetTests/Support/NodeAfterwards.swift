@testable import Fleet

extension NodeFacts {
    /// The node after a plan was carried out on it: files written, commands run, rebooted, guests set.
    func carryingOut(_ plan: NodePlan) -> NodeFacts {
        var facts = self
        for change in plan.files {
            facts.files[change.path] = .known(FileContent(bytes: change.after, mode: change.mode))
        }
        if plan.commands.contains(.updateInitramfs) { facts.rebuildInitramfs() }
        if plan.reboot { facts.rebootOntoFiles(plan.wanted) }
        for change in plan.guests { facts.set(change) }
        return facts
    }

    private mutating func rebuildInitramfs() {
        guard let images = initramfs.value else { return }
        var inside = Set(files.filter { $0.value.value?.exists == true }.keys)
        let hasScript = inside.remove(EarlyScript.path) != nil
        if hasScript { inside.insert(EarlyScript.imagePath) }
        initramfs = .known(
            images.map { image in
                var image = image
                image.configurationFiles = .known(inside)
                image.newerInputs = .known([])
                if hasScript { image.modules = image.modules.map { $0.union(["vfio_pci"]) } }
                return image
            })
    }

    private mutating func rebootOntoFiles(_ wanted: [WantedFunction]) {
        let line: String
        if boot.loader == .known(.grub) {
            let files = NodeFiles(self)
            let main = files.observed(GrubDefaults.mainPath).value?.bytes ?? []
            let all =
                [(GrubDefaults.mainPath, main)]
                + files.existing(in: GrubDefaults.directory, suffix: ".cfg").map { ($0.path, $0.bytes) }
            let grub = GrubDefaults(files: all.map { GrubDefaults.File(path: $0.0, bytes: $0.1) })
            let tokens = grub.evaluate()?.tokens.map(\.text) ?? []
            let image = kernelCommandLine.value?.kernelTokens.first ?? ""
            line = "\(image) root=/dev/mapper/pve-root ro " + tokens.joined(separator: " ")
        } else {
            line = "initrd=\\EFI\\proxmox\\x " + (files["/etc/kernel/cmdline"]?.value?.text ?? "")
        }
        kernelCommandLine = .known(line)
        switchOnIOMMU()
        let addresses = Set(wanted.map(\.address))
        let script = EarlyScript(reading: files[EarlyScript.path]?.value?.bytes ?? [])
        functions = functions.map { all in
            all.map { function in
                var function = function
                if addresses.contains(function.address) {
                    function.driver = "vfio-pci"
                    function.driverModule = "vfio_pci"
                }
                switch script.entries.first(where: { $0.address == function.address })?.order {
                case .bind: function.driverOverride = "vfio-pci"
                case .keep(let driver): function.driverOverride = driver
                case nil: break
                }
                return function
            }
        }
    }

    /// Each device a group of its own, as on a machine that separates well.
    private mutating func switchOnIOMMU() {
        guard iommu.isOn == .known(false) else { return }
        iommu.units = .known(["dmar0"])
        let slots = (functions.value ?? []).map(\.address.slot)
        iommu.groupCount = .known(Set(slots).count)
        functions = functions.map { all in
            all.map { function in
                var function = function
                function.group = slots.firstIndex(of: function.address.slot)
                return function
            }
        }
    }

    private mutating func set(_ change: GuestChange) {
        guests = guests.map { all in
            all.map { guest in
                guard guest.id == change.vm else { return guest }
                var guest = guest
                var options = GuestConfiguration(guest.configuration.value ?? "").effective
                for option in change.options { options[option.key] = option.after }
                let lines = options.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)\n" }
                guest.configuration = .known(lines.joined())
                return guest
            }
        }
    }
}
