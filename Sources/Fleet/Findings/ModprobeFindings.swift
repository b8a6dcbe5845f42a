extension FindingScope {
    private typealias File = ReadFile<ModprobeFile>
    private typealias Directive = ModprobeFile.Directive

    /// Options and commands of modprobe's files.
    var modprobeFindings: [Finding] {
        modprobe.filter(\.isForeign).flatMap { file in
            file.content.directives.compactMap { line in
                switch line.verb {
                case "options": unsafeInterrupts(line, file)
                case "install": installCommand(line, file)
                default: nil
                }
            }
        }
    }

    private func unsafeInterrupts(_ line: Directive, _ file: File) -> Finding? {
        guard line.module == "vfio_iommu_type1", let (value, word) = line.value(of: Self.unsafeOption),
            Self.isTrue(value)
        else { return nil }
        let range = line.parameters.count > 1 ? word.range : line.words[0].range
        let cleaning: Cleaning = line.parameters.count > 1 ? .token(file.path, range) : .line(file.path, range)
        let place = FileLine(file.path, file.content.bytes, at: word.range.lowerBound)
        return Finding(
            .unsafeInterrupts, "\(place.place) \(unsafeInterruptsAdvice)", at: [place],
            cleanings: needsUnsafeInterrupts ? [] : [cleaning])
    }

    private func installCommand(_ line: Directive, _ file: File) -> Finding? {
        guard let module = line.module, module.isVFIO || module == "vfio" || GPUDrivers.all.contains(module) else {
            return nil
        }
        let command = line.parameters.map(\.text).joined(separator: " ")
        guard !command.hasSuffix("/false"), !command.hasSuffix("/true") else { return nil }
        let place = FileLine(file.path, file.content.bytes, at: line.words[0].range.lowerBound)
        return Finding(
            .installCommand, "\(place.place) has “\(command)” run instead of loading \(module).", at: [place])
    }

    // MARK: Blacklists

    var blacklistFindings: [Finding] {
        modprobe.filter(\.isForeign).flatMap { file in
            let lines = file.content.directives.filter { $0.verb == "blacklist" }
            return lines.compactMap { takesDriver($0, file) } + needless(lines, file)
        }
    }

    private func takesDriver(_ line: Directive, _ file: File) -> Finding? {
        guard let module = line.module, settings?.blacklist.contains(module) != true else { return nil }
        let deprived = functions.filter { isDeprived($0, of: module) }
        guard !deprived.isEmpty else { return nil }
        let place = FileLine(file.path, file.content.bytes, at: line.words[0].range.lowerBound)
        let names = deprived.map(\.words).joined(separator: ", ")
        return Finding(
            .blacklistTakesDriver,
            "\(place.place) keeps \(module) from loading, and the host's \(names) has no other driver.",
            at: [place], evidence: deprived.map(Seen.driver), cleanings: [.line(file.path, line.words[0].range)])
    }

    /// A function of the host that has no driver and no other candidate. What belongs to a graphics card may well be
    /// meant for a guest.
    private func isDeprived(_ function: PCIFunction, of module: ModuleName) -> Bool {
        guard function.driver == nil, function.modules.value == [module],
            !wanted.contains(where: { $0.address == function.address })
        else { return false }
        return !functions.contains {
            $0.address.slot == function.address.slot
                && ($0.class.isDisplay || $0.class.isAccelerator || $0.driver?.isVFIO == true)
        }
    }

    private func needless(_ lines: [Directive], _ file: File) -> [Finding] {
        guard facts.functions.value != nil else { return [] }
        let unused = lines.filter { line in
            guard let module = line.module, settings?.blacklist.contains(module) != true else { return false }
            return GPUDrivers.vendor(of: module).map { vendor in
                !functions.contains { $0.id.vendor == vendor && $0.class.isDisplay }
            } ?? false
        }
        guard !unused.isEmpty else { return [] }
        let names = unused.compactMap { $0.module?.description }.joined(separator: ", ")
        let places = unused.map { FileLine(file.path, file.content.bytes, at: $0.words[0].range.lowerBound) }
        return [
            Finding(
                .blacklistNeedless, "\(file.path) blacklists \(names), and this node has no display of that make.",
                at: places, cleanings: unused.map { .line(file.path, $0.words[0].range) })
        ]
    }
}

extension FindingScope {
    static var unsafeOption: String { "allow_unsafe_interrupts" }

    static func isTrue(_ value: String) -> Bool { ["1", "y", "yes", "on"].contains(value.asciiLowercased) }

    var needsUnsafeInterrupts: Bool { facts.iommu.interruptRemapping.value == false }

    var unsafeInterruptsAdvice: String {
        let what = "lets vfio work without interrupt remapping: a guest with a device can send the host any interrupt."
        switch facts.iommu.interruptRemapping {
        case .known(true): return "\(what) This node has interrupt remapping, so that it is not needed."
        case .known(false): return "\(what) This node has no interrupt remapping, and vfio takes no device without it."
        case .unknown: return what
        }
    }
}

/// Drivers of graphics cards that the usual guides blacklist, by the vendor of the cards.
enum GPUDrivers {
    private static let vendors: [(vendor: UInt16, modules: Set<ModuleName>)] = [
        (
            0x10de,
            [
                "nouveau", "nvidia", "nvidiafb", "nvidia_drm", "nvidia_modeset", "nvidia_uvm", "i2c_nvidia_gpu",
                "nova_core",
            ]
        ),
        (0x1002, ["amdgpu", "radeon"]),
        (0x8086, ["i915", "xe"]),
    ]

    static let all = Set(vendors.flatMap(\.modules))

    static func vendor(of module: ModuleName) -> UInt16? { vendors.first { $0.modules.contains(module) }?.vendor }
}
