import Fleet

/// One boot: what the firmware, the boot loader, the kernel, the initramfs and the root file system make of the disk.
struct PowerOn {
    let hardware: Hardware
    let setup: NodeSetup
    let database: ModuleDatabase
    /// The node's disk.
    let files: NodeFiles
    /// Runs scripts of an initramfs against the node's sysfs as it is at that moment; gives what they wrote and loaded.
    var runScripts: ([Initramfs.Script], Initramfs, KernelState) -> EarlyChanges = { _, _, _ in EarlyChanges() }

    /// What scripts did. Their writes take effect when they are done, in this order.
    struct EarlyChanges {
        var overrides: [PCIAddress: String] = [:]
        var unbound: [PCIAddress] = []
        var modules: [ModuleName] = []
        /// Functions that the kernel was asked to find a driver for.
        var probed: [PCIAddress] = []
        /// Lines written to the kernel's log.
        var log: [String] = []
    }

    private struct Loaded {
        var release: String
        var commandLine: String
        var initrd: String
    }

    func run() -> KernelState {
        guard let loaded = load() else { return failed("the boot loader finds no entry to start") }
        var state = KernelState(release: loaded.release, commandLine: loaded.commandLine)
        guard let image = files.bytes(loaded.initrd), let archive = Archive(image) else {
            return failed("Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)", state)
        }
        start(&state)
        var model = BootModel(hardware, database: database, state: state)
        model.bindBuiltIn()
        runInitramfs(Initramfs(archive, commandLine: loaded.commandLine), &model)
        if let reason = rootFailure(model.state) { return failed(reason, model.state) }
        runRoot(&model)
        if let reason = networkFailure(model.state) { model.state.offline = reason }
        return model.state
    }

    private func failed(_ reason: String, _ state: KernelState? = nil) -> KernelState {
        var state = state ?? KernelState(release: setup.kernelRelease, commandLine: "")
        state.log.append(reason)
        state.unreachable = reason
        return state
    }

    private func load() -> Loaded? {
        switch setup.loader {
        case .grub: return loadByGrub("/boot")
        case .grubOnESP: return loadByGrub("/.esp/\(setup.espUUID)")
        case .systemdBoot:
            guard let entry = ProxmoxBoot(files: files, facts: NodeFacts(setup)).booted() else { return nil }
            return Loaded(release: release(entry.initrd), commandLine: entry.arguments, initrd: entry.initrd)
        case .unifiedImage:
            return Loaded(
                release: setup.kernelRelease, commandLine: "\(setup.rootArguments) \(setup.arguments)",
                initrd: "/boot/initrd.img-\(setup.kernelRelease)")
        }
    }

    /// - Parameter directory: where grub.cfg and the paths in it are.
    private func loadByGrub(_ directory: String) -> Loaded? {
        let grub = GrubConfiguration(
            files.text("\(directory)/grub/grub.cfg") ?? "", environment: files.text("\(directory)/grub/grubenv") ?? "")
        guard let entry = grub.booted, let initrd = entry.initrd else { return nil }
        clearNextEntry()
        let path = initrd.drop { $0 != "@" }.isEmpty ? initrd[...] : initrd.drop { $0 != "@" }.dropFirst()
        return Loaded(
            release: release(initrd), commandLine: "BOOT_IMAGE=\(entry.kernel) \(entry.arguments)",
            initrd: (directory == "/boot" ? "" : directory) + path)
    }

    private func release(_ initrd: String) -> String {
        initrd.range(of: "initrd.img-").map { String(initrd[$0...]) } ?? setup.kernelRelease
    }

    /// GRUB writes its environment block on a plain partition only: on LVM and ZFS a one-shot entry stays.
    private func clearNextEntry() {
        guard setup.root == .ext4, let text = files.text("/boot/grub/grubenv"), text.contains("next_entry=") else {
            return
        }
        let kept = text.split(separator: "\n").filter { !$0.hasPrefix("next_entry=") }.joined(separator: "\n")
        try? files.make("/boot/grub/grubenv", kept + "\n")
    }

    private func start(_ state: inout KernelState) {
        let model = IOMMUModel(hardware: hardware, setup: setup, commandLine: KernelCommandLine(state.commandLine))
        state.iommuUnits = model.units
        state.remapsInterrupts = model.remapsInterrupts
        state.log += [
            "Linux version \(state.release) (build@proxmox) (gcc (Debian 12.2.0-14+deb12u1) 12.2.0) #1 SMP PREEMPT_DYNAMIC",
            "Command line: \(state.commandLine)",
            "Kernel command line: \(state.commandLine)",
        ]
        state.log += model.log
    }

    private func runInitramfs(_ image: Initramfs, _ model: inout BootModel) {
        model.enter(image.configuration, available: image.modules)
        apply(runScripts(image.scripts.early, image, model.state), to: &model)
        model.coldplug()
        apply(runScripts(image.scripts.late, image, model.state), to: &model)
        for module in image.listed { model.load(module) }
    }

    private func apply(_ changes: EarlyChanges, to model: inout BootModel) {
        model.state.log += changes.log
        model.state.overrides.merge(changes.overrides) { $1 }
        for address in changes.unbound { model.unbind(address) }
        for module in changes.modules { model.load(module) }
        for address in changes.probed { model.probe(address) }
    }

    private func runRoot(_ model: inout BootModel) {
        let configuration = ModuleConfiguration(files, commandLine: model.state.commandLine)
        model.enter(configuration, available: database.modules)
        model.state.overrides.merge(UdevRules(files).overrides) { old, _ in old }
        if setup.race == .modulesFirst { loadListed(configuration, &model) }
        model.coldplug()
        if setup.race == .driversFirst { loadListed(configuration, &model) }
    }

    /// systemd-modules-load: unlike modprobe by hand it honours the blacklist.
    private func loadListed(_ configuration: ModuleConfiguration, _ model: inout BootModel) {
        for module in listedModules {
            if configuration.blacklist.contains(module) {
                model.state.journal.append("systemd-modules-load: Module '\(module)' is deny-listed")
            } else if model.load(module) {
                model.state.journal.append("systemd-modules-load: Inserted module '\(module)'")
            } else {
                model.state.journal.append("systemd-modules-load: Failed to find module '\(module)'")
                model.state.failedUnits = ["systemd-modules-load.service"]
            }
        }
    }

    private var listedModules: [ModuleName] {
        let directory = "/etc/modules-load.d"
        let texts = files.list(directory).filter { $0.hasSuffix(".conf") }.compactMap { name in
            // The link to ../modules is resolved by hand: the disk is no root directory here.
            files.text(files.link("\(directory)/\(name)") == "../modules" ? "/etc/modules" : "\(directory)/\(name)")
        }
        return texts.joined(separator: "\n").split(separator: "\n").compactMap { line in
            line.split(separator: " ").first.flatMap { $0.hasPrefix("#") ? nil : ModuleName($0) }
        }
    }

    /// Without its controller's driver after the initramfs there is no root file system.
    private func rootFailure(_ state: KernelState) -> String? {
        guard let root = state.commandLine.split(separator: " ").first(where: { $0.hasPrefix("root=") }) else {
            return "Kernel panic - not syncing: VFS: Unable to mount root fs"
        }
        let device = root.dropFirst(5)
        let isRight = setup.rootArguments.split(separator: " ").contains(root)
        // Of a mirror one leg will do.
        let controllers = hardware.functions.filter { !Set($0.diskNames).isDisjoint(with: setup.rootDisks) }
        let isServed =
            controllers.isEmpty
            || controllers.contains { state.drivers[$0.address] != nil && state.drivers[$0.address] != .vfio }
        return isRight && isServed ? nil : "ALERT!  \(device) does not exist.  Dropping to a shell!"
    }

    private func networkFailure(_ state: KernelState) -> String? {
        let cards = hardware.functions.filter { !Set($0.networkNames).isDisjoint(with: setup.network.ports) }
        guard !cards.isEmpty else { return nil }
        if let name = setup.network.ports.first(where: { isNameLost($0, state) }) {
            return "\(setup.network.uplink ?? name) waits for \(name), and no card has that name"
        }
        let isServed = cards.contains { state.drivers[$0.address] != nil && state.drivers[$0.address] != .vfio }
        return isServed
            ? nil : "the card \(setup.network.ports.joined(separator: ", ")) of the management network has no driver"
    }
}

extension PowerOn {
    /// The node's files wait for the names of its first boot. Where `net.ifnames` was turned over since, those are gone that
    /// no `.link` file binds to their card.
    private func isNameLost(_ name: String, _ state: KernelState) -> Bool {
        func isOff(_ line: String) -> Bool { KernelCommandLine(line).values("net.ifnames").last == "0" }
        let isOff = (first: isOff(setup.arguments), now: isOff(state.commandLine))
        guard isOff.first != isOff.now, name.hasPrefix("eth") == isOff.first else { return false }
        guard let card = hardware.functions.first(where: { $0.networkNames.contains(name) }) else { return false }
        let directory = "/etc/systemd/network"
        let links = files.list(directory).filter { $0.hasSuffix(".link") }.compactMap {
            files.text("\(directory)/\($0)")
        }
        let mac = macAddress(card.address, name)
        return !links.contains { $0.contains("MACAddress=\(mac)\n") && $0.contains("Name=\(name)\n") }
    }
}

extension String {
    /// The end of the first occurrence.
    func range(of text: String) -> Index? {
        var rest = self[...]
        while !rest.isEmpty {
            if rest.hasPrefix(text) { return rest.index(rest.startIndex, offsetBy: text.count) }
            rest = rest.dropFirst()
        }
        return nil
    }
}

/// Rules that write `driver_override` by address: `KERNEL=="0000:01:00.0", ATTR{driver_override}="vfio-pci"`.
struct UdevRules {
    private(set) var overrides: [PCIAddress: String] = [:]

    init(_ files: NodeFiles) {
        for name in files.list("/etc/udev/rules.d") where name.hasSuffix(".rules") {
            for line in (files.text("/etc/udev/rules.d/\(name)") ?? "").split(separator: "\n")
            where !line.hasPrefix("#") {
                read(line)
            }
        }
    }

    private mutating func read(_ line: Substring) {
        guard let address = value(line, "KERNEL==\"").flatMap({ PCIAddress($0) }),
            let driver = value(line, "ATTR{driver_override}=\"")
        else { return }
        overrides[address] = driver
    }

    private func value(_ line: Substring, _ key: String) -> String? {
        String(line).range(of: key).map { String(line[$0...].prefix { $0 != "\"" }) }
    }
}
