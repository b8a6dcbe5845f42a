import Fleet

extension FactsReader {
    /// A kernel without IOMMU support has no such directories: that is known, and off.
    mutating func readIOMMU() {
        facts.iommu = IOMMUFacts(
            units: known("iommu", whenAbsent: []) { $0.lines.map(\.text).filter { !$0.isEmpty } },
            groupCount: known("iommu-groups", whenAbsent: 0) { Int(decimalDigits: $0) },
            interruptRemapping: remembered("interrupt-remapping", of: ["irq-chips", "kernel-log"]) {
                $0.interruptRemapping()
            },
            allowsUnsafeInterrupts: known("unsafe-interrupts", whenAbsent: nil) { .some($0.trimmed.equals("Y")) },
            directRegions: directRegions())
    }

    /// `/sys/kernel/iommu_groups/7/reserved_regions:0x… 0x… direct`. The command fails with 1 where no line fits.
    private func directRegions() -> Observed<[Int: [String]]> {
        answer.received("reserved-regions").flatMap { frame in
            guard frame.status == .exited(0) || frame.status == .exited(1) else {
                return .unknown(frame.failure ?? .nonsense(frame))
            }
            var regions: [Int: [String]] = [:]
            for line in frame.content.lines {
                guard let rest = line.dropping("/sys/kernel/iommu_groups/"),
                    let (group, file) = rest.cut(at: UInt8(ascii: "/")), let group = Int(decimalDigits: group),
                    let (_, region) = file.cut(at: UInt8(ascii: ":"))
                else { continue }
                regions[group, default: []].append(region.trimmed.text)
            }
            return .known(regions)
        }
    }

    func known<Value>(_ name: String, whenAbsent none: Value, _ read: (Bytes) -> Value?) -> Observed<Value> {
        if case .known(let frame) = answer.received(name), frame.status == .absent { return .known(none) }
        return fact(name, read)
    }

    /// Interrupt chips named `IR-…` and the kernel's own word are proof that it is on. That it is off needs two silent
    /// witnesses: chips without that prefix, and a log that is whole from the first line of the boot on.
    private func interruptRemapping() -> Observed<Bool> {
        let chips = fact("irq-chips") { $0.isEmpty ? nil : Array($0.lines) }
        if let chips = chips.value, chips.contains(where: { $0.starts(with: "IR-") }) { return .known(true) }
        guard let frame = answer.frames["kernel-log"], frame.failure == nil, !frame.isContradicted else {
            return answer.told("kernel-log").map { _ in false }
        }
        var isWhole = false
        for line in frame.content.lines {
            if line.contains(text: "Enabled IRQ remapping") || line.contains(text: "Interrupt remapping enabled") {
                return .known(true)
            }
            if line.contains(text: "Linux version") { isWhole = true }
        }
        if case .unknown(let why) = chips { return .unknown(why) }
        guard isWhole, !frame.isCut else {
            return .unknown(Unknown(.truncated, "The kernel log no longer holds the beginning of this boot."))
        }
        return .known(false)
    }
}
