public import Fleet

/// What facts tell, reduced to what can be compared: each fact by its name, unknown or known in words.
public struct Knowledge: Equatable {
    public enum Fact: Equatable {
        case unknown
        case known(String)

        init<Value>(_ fact: Observed<Value>) {
            switch fact {
            case .known(let value): self = .known("\(value)")
            case .unknown: self = .unknown
            }
        }
    }

    public private(set) var facts: [String: Fact] = [:]

    public init(_ facts: NodeFacts) {
        addHost(facts)
        addBoot(facts)
        addFunctions(facts)
        addSoftware(facts)
    }

    /// What is known here and otherwise, or not, in `other`: lies, when this was read from a part of the other's answer.
    public func contradictions(of other: Knowledge) -> [String] {
        facts.filter { $0.value != .unknown && $0.value != other.facts[$0.key] }.keys.sorted()
    }

    private mutating func add<Value>(_ name: String, _ fact: Observed<Value>) { facts[name] = Fact(fact) }

    private mutating func addHost(_ facts: NodeFacts) {
        add("host name", facts.hostName)
        add("boot id", facts.bootID)
        add("cpu", facts.cpu)
        add("memory", facts.memory.map(\.totalKiB))
        add("kernel release", facts.kernelRelease)
        add("kernel command line", facts.kernelCommandLine)
        add("firmware", facts.firmware)
        add("secure boot", facts.secureBoot)
        add("iommu units", facts.iommu.units)
        add("iommu groups", facts.iommu.groupCount)
        add("iommu on", facts.iommu.isOn)
        add("interrupt remapping", facts.iommu.interruptRemapping)
        add("kernel log", facts.kernelLog)
        add("proxmox", facts.proxmox.version)
        add("node name", facts.proxmox.nodeName)
        add("cluster quorate", facts.cluster.map(\.quorate))
        add("interfaces", facts.interfaces.map { $0.map { "\($0.name) \($0.lower) \($0.function as Any)" } })
        add("block devices", facts.blockDevices.map { $0.map { "\($0.name) \($0.lower) \($0.functions)" } })
        // Uses that could not be traced say that the list has holes.
        add("host uses", facts.untracedUses.isEmpty ? facts.hostUses : .notAsked)
    }

    private mutating func addBoot(_ facts: NodeFacts) {
        add("bootloader's ESPs", facts.boot.proxmoxBootToolESPs)
        add("grub settings", facts.boot.grub)
        add("boot entries", facts.boot.entries)
        add(
            "grub choice",
            facts.boot.grubChoice.map { "\($0?.standard as Any) \($0?.environment.sorted { $0.key < $1.key } as Any)" })
        add("loader report", facts.boot.report)
        add("firmware boot", facts.boot.firmwareBoot)
        add("kernels", facts.boot.kernels)
    }

    private mutating func addFunctions(_ facts: NodeFacts) {
        add("functions", facts.functions.map { $0.map(\.address) })
        for function in facts.functions.value ?? [] {
            let words =
                "\(function.id) \(function.class) \(function.driver as Any) \(function.driverOverride as Any) "
                + "\(function.group as Any) \(function.parent as Any) \(function.hasSecondaryBus) \(function.bootVGA as Any)"
            self.facts["function \(function.address)"] = .known(words)
            add("modules of \(function.address)", function.modules)
        }
    }

    private mutating func addSoftware(_ facts: NodeFacts) {
        add("loaded modules", facts.modules.loaded.map { $0.sorted() })
        add("built-in modules", facts.modules.builtIn.map { $0.sorted() })
        add("blacklist", facts.modules.configuration.map { $0.blacklist.sorted() })
        add("modules built here", facts.modules.builtHere)
        add("scripts about devices", facts.deviceScripts)
        for (path, file) in facts.files { add("file \(path)", file.map(\.bytes)) }
        add("images", facts.initramfs.map { $0.map(\.path) })
        for image in facts.initramfs.value ?? [] {
            add("modules in \(image.path)", image.modules.map { $0.sorted() })
            add("files in \(image.path)", image.configurationFiles.map { $0.sorted() })
            add("newer than \(image.path)", image.newerInputs)
        }
        add("guests", facts.guests.map { $0.map(\.id) })
        for guest in facts.guests.value ?? [] {
            add("guest \(guest.id)", guest.configuration)
            add("state of \(guest.id)", guest.state)
            add("process of \(guest.id)", guest.processArguments)
        }
    }
}
