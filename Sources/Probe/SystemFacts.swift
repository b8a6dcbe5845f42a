import Fleet

extension FactsReader {
    mutating func readSystem() {
        facts.hostName = fact("hostname", Self.word)
        facts.kernelRelease = fact("release", Self.word)
        facts.bootID = fact("boot-id") { BootID($0.trimmed.text) }
        facts.kernelCommandLine = fact("cmdline") { $0.trimmed.text }
        facts.cpu = remembered("cpu", of: ["cpu"]) { $0.fact("cpu", Self.cpu) }
        facts.uptime = fact("~uptime") { UInt64(decimalDigits: $0.prefix { $0 != UInt8(ascii: ".") }) }
        readMemory()
        readFirmware()
        facts.lockdown = known("lockdown", whenAbsent: .none, Self.lockdown)
        facts.framebuffers = fact("framebuffers", Self.framebuffers)
        facts.kernelLog = remembered("kernel-log", of: ["kernel-log"]) { $0.kernelLog() }
    }

    /// `none [integrity] confidentiality`: the one in force stands in brackets.
    private static func lockdown(_ content: Bytes) -> Lockdown? {
        content.words.first { $0.first == UInt8(ascii: "[") }
            .flatMap { Lockdown(rawValue: $0.dropFirst().dropLast().text) }
    }

    /// `0000:01:00.0 BOOTFB`; a function's outermost resource comes first.
    private static func framebuffers(_ content: Bytes) -> [PCIAddress: String]? {
        var found: [PCIAddress: String] = [:]
        for line in content.lines {
            guard let (at, name) = line.cut(at: UInt8(ascii: " ")), let address = PCIAddress(ascii: at),
                found[address] == nil
            else { continue }
            found[address] = name.text
        }
        return found
    }

    private static func word(_ content: Bytes) -> String? {
        let word = content.trimmed
        return word.isEmpty || word.contains(UInt8(ascii: "\n")) ? nil : word.text
    }

    private mutating func readMemory() {
        let total = fact("memory") { UInt64(decimalDigits: $0.trimmed) }
        let available = fact("~memory") { UInt64(decimalDigits: $0.trimmed) }.value
        facts.memory = total.map { Memory(totalKiB: $0, availableKiB: available) }
    }

    /// A BIOS node has no Secure Boot; its frame shows the missing directory by exit code 2, which is no failure.
    private mutating func readFirmware() {
        switch answer.received("firmware") {
        case .unknown(let why):
            facts.firmware = .unknown(why)
            facts.secureBoot = .unknown(why)
        case .known(let frame) where frame.content.equals("uefi"):
            facts.firmware = .known(.uefi)
            // Four bytes of attributes, then the value (UEFI specification, GetVariable; kernel efivarfs).
            facts.secureBoot = fact("secure-boot") { $0.count == 5 ? $0.last.map { $0 == 1 } : nil }
        case .known(let frame) where frame.content.equals("bios"):
            facts.firmware = .known(.bios)
            facts.secureBoot = .known(false)
        case .known(let frame):
            let why = frame.failure ?? .nonsense(frame)
            facts.firmware = .unknown(why)
            facts.secureBoot = .unknown(why)
        }
    }

    /// The first processor's entry of `/proc/cpuinfo`: x86 names a vendor and a model, ARM only numbers.
    private static func cpu(_ content: Bytes) -> CPU? {
        var vendor: CPU.Vendor?
        var model = ""
        var bits: (physical: Int?, virtual: Int?)
        for line in content.lines {
            guard let (name, value) = line.cut(at: UInt8(ascii: ":")) else { continue }
            let key = name.trimmed
            if key.equals("vendor_id") {
                vendor = Self.vendor(value.trimmed)
            } else if key.equals("model name") {
                model = value.trimmed.text
            } else if key.equals("address sizes") {
                bits = addressBits(value)
            } else if key.equals("CPU implementer") {
                vendor = .other("arm:\(value.trimmed.text)")
            } else if key.equals("CPU part"), model.isEmpty {
                model = "part \(value.trimmed.text)"
            }
        }
        return vendor.map {
            CPU(vendor: $0, model: model, physicalAddressBits: bits.physical, virtualAddressBits: bits.virtual)
        }
    }

    private static func vendor(_ name: Bytes) -> CPU.Vendor? {
        if name.equals("GenuineIntel") { return .intel }
        if name.equals("AuthenticAMD") { return .amd }
        return name.isEmpty ? nil : .other(name.text)
    }

    /// `48 bits physical, 48 bits virtual`
    private static func addressBits(_ value: Bytes) -> (Int?, Int?) {
        let words = value.words
        guard words.count == 6 else { return (nil, nil) }
        let bits = [words[0], words[3]].map { Int(decimalDigits: $0).flatMap { (1...128).contains($0) ? $0 : nil } }
        return (bits[0], bits[1])
    }

    /// The log is bounded on purpose: its beginning is what matters, and a cut one is said so.
    private mutating func kernelLog() -> Observed<[String]> {
        guard let frame = answer.frames["kernel-log"], !frame.isContradicted else {
            return answer.told("kernel-log").map { _ in [] }
        }
        if let why = frame.failure { return .unknown(why) }
        var lines = frame.content.lines.map(\.text).filter { !$0.isEmpty }
        if frame.isCut {
            diagnose(.truncated, "Only the first lines of the kernel log are here.", in: frame.name)
            lines = lines.dropLast()
        }
        return .known(lines)
    }
}
