/// The guest's disks and their controllers.
extension KVMCommand {
    struct Drive {
        let name: String
        let bus: String
        let index: Int
        let options: PropertyString

        var file: String { options["file"] ?? "none" }
        var isCDROM: Bool { options["media"] == "cdrom" }
    }

    var drives: [Drive] {
        GuestOptions.driveBuses.filter { $0.prefix != "efidisk" && $0.prefix != "tpmstate" }.flatMap { bus in
            (0..<bus.count).compactMap { index in
                let name = "\(bus.prefix)\(index)"
                guard let value = options[name], let parts = try? PropertyStringFormat.drive.parse(value) else {
                    return nil
                }
                return Drive(name: name, bus: bus.prefix, index: index, options: parts)
            }
        }
    }

    /// The `bootindex` of each device that the guest may boot from.
    var bootIndices: [String: Int] {
        guard let boot = try? parsed("boot", .boot) else { return legacyBootIndices("cdn") }
        if let legacy = boot["legacy"] { return legacyBootIndices(legacy) }
        guard let order = boot["order"] else { return [:] }
        return Dictionary(zip(splitList(order), 100...)) { $1 }
    }

    /// One hundred for each letter: `c` the boot disk, `d` all CD drives, `n` all network cards.
    private func legacyBootIndices(_ letters: String) -> [String: Int] {
        var next: [Character: Int] = [:]
        for (position, letter) in letters.enumerated() { next[letter] = (position + 1) * 100 }
        var result: [String: Int] = [:]
        for drive in drives {
            let letter: Character = drive.isCDROM ? "d" : "c"
            guard let index = next[letter] else { continue }
            if drive.isCDROM || options["bootdisk"] == drive.name { result[drive.name] = index }
            next[letter] = index + 1
        }
        for index in 0..<32 where options["net\(index)"] != nil {
            guard let number = next["n"] else { break }
            result["net\(index)"] = number
            next["n"] = number + 1
        }
        return result
    }

    mutating func addDrives() throws {
        var controllers: Set<String> = []
        let bootOrder = bootIndices
        for drive in drives {
            if drive.bus == "virtio" && drive.options.isSet("iothread") {
                words += ["-object", "iothread,id=iothread-\(drive.name)"]
            }
            addController(drive, &controllers)
            devices += ["-drive", try source(drive)]
            addDevice(device(drive) + (bootOrder[drive.name].map { ",bootindex=\($0)" } ?? ""))
        }
    }

    private var scsiHardware: String { options["scsihw"] ?? "lsi" }
    private var isSingle: Bool { scsiHardware == "virtio-scsi-single" }

    private func controller(_ drive: Drive) -> (name: String, unit: Int) {
        if drive.bus == "sata" { return ("ahci\(drive.index / 6)", drive.index % 6) }
        let count = scsiHardware.hasPrefix("lsi") ? 7 : isSingle ? 1 : 256
        return ((isSingle ? "virtioscsi" : "scsihw") + "\(drive.index / count)", drive.index % count)
    }

    private mutating func addController(_ drive: Drive, _ known: inout Set<String>) {
        guard drive.bus == "scsi" || drive.bus == "sata" else { return }
        let name = controller(drive).name
        let place = address(name)
        var extra = ""
        if isSingle && drive.bus == "scsi" && drive.options.isSet("iothread") {
            extra += ",iothread=iothread-\(name)"
            words += ["-object", "iothread,id=iothread-\(name)"]
        }
        if isSingle, drive.bus == "scsi", let queues = drive.options["queues"] { extra += ",num_queues=\(queues)" }
        guard known.insert(name).inserted else { return }
        let model = drive.bus == "sata" ? "ahci" : isSingle ? "virtio-scsi-pci" : scsiHardware
        addDevice("\(model),id=\(name)\(drive.bus == "sata" ? ",multifunction=on" : "")\(place)\(extra)")
    }

    private mutating func device(_ drive: Drive) -> String {
        let kind = drive.isCDROM ? "cd" : "hd"
        let ssd = drive.options.isSet("ssd") && kind == "hd" ? ",rotation_rate=1" : ""
        let identity = ",drive=drive-\(drive.name),id=\(drive.name)"
        switch drive.bus {
        case "virtio":
            let thread = drive.options.isSet("iothread") ? ",iothread=iothread-\(drive.name)" : ""
            return "virtio-blk-pci\(identity)\(address(drive.name))\(thread)"
        case "scsi":
            let (name, unit) = controller(drive)
            let isOld = scsiHardware.hasPrefix("lsi") || scsiHardware == "pvscsi"
            let place = isOld ? "scsi-id=\(unit)" : "channel=0,scsi-id=0,lun=\(drive.index)"
            return "scsi-\(kind),bus=\(name).0,\(place)\(identity)\(ssd)"
        case "sata":
            let (name, unit) = controller(drive)
            return "ide-\(kind),bus=\(name).\(unit)\(identity)\(ssd)"
        default:
            // Q35 has one unit for each IDE controller; the odd ones come after the even ones.
            let isOdd = machine.isQ35 && drive.index % 2 == 1
            let bus = drive.index / 2 + (isOdd ? 2 : 0)
            return "ide-\(kind),bus=ide.\(bus),unit=\(isOdd ? 0 : drive.index % 2)\(identity)\(ssd)"
        }
    }

    private func source(_ drive: Drive) throws -> String {
        let isEmpty = drive.file == "none"
        var text = isEmpty ? "" : "file=\(try storages.path(drive.file)),"
        text += "if=none,id=drive-\(drive.name)"
        for option in ["media", "cache", "rerror", "werror", "aio", "discard"] {
            if let value = drive.options[option] { text += ",\(option)=\(value)" }
        }
        if let isReadOnly = drive.options["ro"] { text += ",readonly=\(isReadOnly == "1" ? "on" : "off")" }
        if let serial = drive.options["serial"] { text += ",serial=\(serial)" }
        if !isEmpty { text += ",format=\(drive.options["format"] ?? storages.format(drive.file))" }
        let isDirect = drive.options["cache"].map { ["none", "directsync"].contains($0) } ?? !drive.isCDROM
        if drive.options["cache"] == nil && isDirect { text += ",cache=none" }
        if drive.options["aio"] == nil { text += ",aio=\(storages.asynchronousIO(drive.file, isDirect: isDirect))" }
        return text + (drive.isCDROM ? "" : ",detect-zeroes=\(zeroDetection(drive))")
    }

    private func zeroDetection(_ drive: Drive) -> String {
        if drive.options["detect_zeroes"] == "0" { return "off" }
        return drive.options["discard"] == "on" ? "unmap" : "on"
    }
}
