import TestSupport
import Testing

@testable import Fleet

@Suite struct UndoPlannerTests {
    private static func file(
        _ path: String, _ before: String?, _ after: String?, modes: (UInt16, UInt16) = (0o644, 0o644)
    ) -> NodeBackup.File {
        func content(_ text: String?, _ mode: UInt16) -> FileContent {
            FileContent(bytes: text.map { Array($0.utf8) }, mode: text == nil ? nil : mode)
        }
        return .init(path: path, before: content(before, modes.0), after: content(after, modes.1))
    }

    private static func backup(
        _ id: String, _ files: [NodeBackup.File], guests: [GuestChange] = []
    ) throws -> NodeBackup {
        NodeBackup(rollout: try #require(RolloutID(id)), files: files, guests: guests)
    }

    private static func plan(_ facts: NodeFacts, _ backups: [NodeBackup]) throws -> NodePlan {
        UndoPlanner.plan(node: try Fixtures.node(), facts: facts, backups: backups)
    }

    private static func facts(
        _ files: [String: (text: String?, mode: UInt16)], loader: NodeSetup.Loader = .grub
    ) throws -> NodeFacts {
        var facts = try Fixtures.facts("intel-z390-rtx2070") { $0.loader = loader }
        for (path, file) in files {
            let bytes = file.text.map { Array($0.utf8) }
            facts.files[path] = .known(FileContent(bytes: bytes, mode: bytes == nil ? nil : file.mode))
        }
        return facts
    }

    private static let grub = "/etc/default/grub"
    private static let modules = "/etc/modules"
    private static let script = "/etc/initramfs-tools/scripts/init-top/00-vfiofleet"

    // MARK: Running guests

    /// `onboot` that goes back itself is not held off meanwhile: each would undo what the other sets.
    @Test(arguments: ["onboot", "hostpci0"]) func guestsThatRunAreShutDown(option: String) throws {
        var facts = try Self.facts([Self.modules: ("a\nvfio\n", 0o644)])
        let vm = try Fixtures.vm(100)
        facts.guests = .known([
            GuestFacts(
                kind: .qemu, id: vm, configuration: .known("onboot: 1\nhostpci0: 0000:01:00\n"),
                state: .known(.running),
                processArguments: .known(nil))
        ])
        let before: String? = option == "onboot" ? "0" : nil
        let after = option == "onboot" ? "1" : "0000:01:00"
        let backups = [
            try Self.backup(
                "r1", [Self.file(Self.modules, "a\n", "a\nvfio\n")],
                guests: [GuestChange(vm: vm, options: [.init(key: option, before: before, after: after)])])
        ]
        let settings = NodeSettings(evacuation: EvacuationSettings(usual: .shutdown))
        let plan = UndoPlanner.plan(
            node: try Fixtures.node(), facts: facts, backups: backups, evacuation: settings.evacuation)
        #expect(plan.evacuation?.map(\.vm) == [vm])
        let stay = try #require(try Evacuation.stays(facts, settings, changing: plan.guests).first)
        #expect(stay.ran && stay.heldOnboot == (option == "onboot" ? nil : "1"))
        let refusing = UndoPlanner.plan(
            node: try Fixtures.node(), facts: facts, backups: backups, evacuation: EvacuationSettings(usual: .refuse))
        #expect(refusing.verdict == .blocked && refusing.reasons.contains { $0.code == "guest-forbids-reboot" })
        let plain = UndoPlanner.plan(node: try Fixtures.node(), facts: facts, backups: backups)
        #expect(plain.evacuation == nil && plain.verdict == .change)
    }

    // MARK: Files

    @Test func exactBytesWhereNobodyElseActed() throws {
        let facts = try Self.facts([Self.modules: ("a\nvfio\n", 0o600)])
        let plan = try Self.plan(facts, [Self.backup("r1", [Self.file(Self.modules, "a\n", "a\nvfio\n")])])
        #expect(
            plan.files == [FileChange(path: Self.modules, before: Array("a\nvfio\n".utf8), after: Array("a\n".utf8))])
        #expect(plan.verdict == .change && plan.commands == [.updateInitramfs] && plan.reboot)
    }

    @Test func aFileOfOursGoesEvenIfTheProbeDoesNotListIt() throws {
        let path = "/etc/systemd/network/10-vfiofleet-eno9.link"
        var facts = try Self.facts([:])
        facts.files[path] = .known(FileContent(bytes: [1], mode: 0o644))
        let backups = [try Self.backup("r1", [.init(path: path, before: .init(bytes: nil), after: .init(bytes: [1]))])]
        #expect(try Self.plan(facts, backups).files == [FileChange(path: path, before: [1], after: nil)])
        facts.files[path] = nil
        #expect(try Self.plan(facts, backups).verdict == .unchanged, "it is gone already")
    }

    @Test func whatOthersAddedStays() throws {
        let facts = try Self.facts([Self.modules: ("a\nvfio\nnct6775\n", 0o644)])
        let plan = try Self.plan(facts, [Self.backup("r1", [Self.file(Self.modules, "a\n", "a\nvfio\n")])])
        #expect(plan.text(Self.modules) == "a\nnct6775\n")
        #expect(plan.codes.contains("file-merged"))
    }

    @Test func kernelArgumentsOfOthersStayOnTheLine() throws {
        func line(_ arguments: String) -> String { "GRUB_DEFAULT=0\nGRUB_CMDLINE_LINUX_DEFAULT=\"\(arguments)\"\n" }
        let note = Self.file(Self.grub, line("quiet"), line("quiet intel_iommu=on iommu=pt"))
        let facts = try Self.facts([Self.grub: (line("quiet intel_iommu=on iommu=pt nomodeset"), 0o644)])
        let plan = try Self.plan(facts, [Self.backup("r1", [note])])
        #expect(plan.text(Self.grub) == line("quiet nomodeset"))
        #expect(plan.codes.contains("file-merged"))
        let other = try Self.facts([Self.grub: (line("quiet intel_iommu=on,sm_on iommu=pt"), 0o644)])
        #expect(try Self.plan(other, [Self.backup("r1", [note])]).blockers == ["file-changed-since-apply"])
    }

    @Test func aFileOfOursKeepsWhatOthersAdded() throws {
        let path = "/etc/modprobe.d/vfio.conf"
        let facts = try Self.facts([path: ("options vfio-pci ids=1:2\noptions kvm x=1\n", 0o644)])
        let plan = try Self.plan(facts, [Self.backup("r1", [Self.file(path, nil, "options vfio-pci ids=1:2\n")])])
        #expect(plan.text(path) == "options kvm x=1\n")
    }

    @Test func contradictionsAreRefusedWithAllVersionsNamed() throws {
        let facts = try Self.facts([Self.modules: ("a\nvfio_pci\n", 0o644)])
        let plan = try Self.plan(facts, [Self.backup("r1", [Self.file(Self.modules, "a\n", "a\nvfio\n")])])
        #expect(plan.verdict == .blocked && plan.files.isEmpty)
        let reason = try #require(plan.reasons.first)
        #expect(reason.code.rawValue == "file-changed-since-apply")
        for version in ["backups/r1/before/etc/modules", "backups/r1/after/etc/modules"] {
            #expect(reason.message.contains(version), "\(reason.message)")
        }
        #expect(reason.evidence.map(\.output).joined().contains("-vfio\n+vfio_pci\n"))
    }

    @Test func somebodyElsesRemovalIsAContradiction() throws {
        let facts = try Self.facts([Self.modules: (nil, 0)])
        let plan = try Self.plan(facts, [Self.backup("r1", [Self.file(Self.modules, "a\n", "a\nvfio\n")])])
        #expect(plan.blockers == ["file-changed-since-apply"])
    }

    @Test func permissionsGoBackUnlessOthersChangedThem() throws {
        let note = Self.file(Self.script, "x", "x", modes: (0o644, 0o755))
        let plan = try Self.plan(Self.facts([Self.script: ("x", 0o755)]), [Self.backup("r1", [note])])
        #expect(plan.files.map(\.mode) == [0o644] && plan.commands == [.updateInitramfs])
        let others = try Self.plan(Self.facts([Self.script: ("x", 0o700)]), [Self.backup("r1", [note])])
        #expect(others.verdict == .unchanged)
    }

    @Test func anUndoneRolloutDoesNotComeInTheWay() throws {
        let backups = [
            try Self.backup("r1", [Self.file(Self.modules, "a\n", "a\nvfio\n")]),
            try Self.backup("undo", [Self.file(Self.modules, "a\nvfio\n", "a\n")]),
        ]
        let byHand = try Self.facts([Self.modules: ("b\n", 0o644)])
        #expect(try Self.plan(byHand, backups).verdict == .unchanged)
        let again = try Self.backup("r2", [Self.file(Self.modules, "b\n", "b\nvfio\n")])
        let facts = try Self.facts([Self.modules: ("b\nvfio\n", 0o644)])
        #expect(try Self.plan(facts, backups + [again]).text(Self.modules) == "b\n")
    }

    @Test func oneOfTwoRolloutsGoesBack() throws {
        let backups = [
            try Self.backup(
                "r1", [Self.file(Self.modules, "a\n", "a\nvfio\n")], guests: [Self.bios("seabios", "ovmf")]),
            try Self.backup("r2", [Self.file(Self.modules, "a\nvfio\n", "a\nvfio\nkvm\n")]),
        ]
        var facts = try Self.guest("bios: ovmf\n")
        facts.files[Self.modules] = .known(FileContent(bytes: Array("a\nvfio\nkvm\n".utf8), mode: 0o644))
        func plan(_ rollout: String?) throws -> NodePlan {
            UndoPlanner.plan(
                node: try Fixtures.node(), facts: facts, backups: backups, of: rollout.flatMap { RolloutID($0) })
        }
        #expect(try plan("r1").text(Self.modules) == "a\nkvm\n")
        #expect(try plan("r2").text(Self.modules) == "a\nvfio\n")
        #expect(try plan(nil).text(Self.modules) == "a\n")
        #expect(try plan("r1").guests.count == 1 && plan("r2").guests.isEmpty)
        #expect(try plan("r3").verdict == .unchanged)
    }

    private static func bios(_ before: String, _ after: String) throws -> GuestChange {
        GuestChange(vm: try Fixtures.vm(100), options: [.init(key: "bios", before: before, after: after)])
    }

    @Test func anUnreadableFileBlocks() throws {
        var facts = try Self.facts([:])
        facts.files[Self.modules] = .unknown(Unknown(.notCollected, "EIO"))
        let plan = try Self.plan(facts, [Self.backup("r1", [Self.file(Self.modules, "a\n", "b\n")])])
        #expect(plan.blockers == ["facts-incomplete"])
    }

    // MARK: What is built anew

    @Test(arguments: [
        (NodeSetup.Loader.grub, grub, NodeCommand.updateGrub),
        (.grub, "/etc/default/grub.d/zz-vfiofleet.cfg", .updateGrub),
        (.grubOnESP, grub, .refreshBootTool),
        (.systemdBoot, "/etc/kernel/cmdline", .refreshBootTool),
    ])
    func theLoaderThatBootedDecides(loader: NodeSetup.Loader, path: String, command: NodeCommand) throws {
        let files: [String: (text: String?, mode: UInt16)] = [
            path: ("A=1 iommu=pt\n", 0o644), Self.script: ("x", 0o755),
        ]
        let notes = [Self.file(path, "A=1\n", "A=1 iommu=pt\n"), Self.file(Self.script, nil, "x")]
        let plan = try Self.plan(Self.facts(files, loader: loader), [Self.backup("r1", notes)])
        #expect(Set(plan.commands) == [command, .updateInitramfs])
        #expect(plan.commands.last == (command == .updateGrub ? .updateInitramfs : .refreshBootTool))
    }

    @Test func anUnknownLoaderBlocks() throws {
        var facts = try Self.facts([Self.grub: ("A=2\n", 0o644)])
        facts.boot.loader = .unknown(Unknown(.notCollected, "No /proc/cmdline."))
        let plan = try Self.plan(facts, [Self.backup("r1", [Self.file(Self.grub, "A=1\n", "A=2\n")])])
        #expect(plan.blockers == ["facts-incomplete"])
    }

    /// The files went back, and then the rebuild failed.
    @Test func whatAnUndoLeftUnfinishedIsFinished() throws {
        let old = NodeFacts.debianGrub("quiet")
        let new = NodeFacts.debianGrub("quiet intel_iommu=on")
        var facts = try Self.facts([Self.grub: (old, 0o644)])
        facts.tellEntries("ro quiet intel_iommu=on")
        let notes = [Self.file(Self.grub, old, new), Self.file(Self.script, nil, "x")]
        let backups = [try Self.backup("r1", notes)]
        var plan = try Self.plan(facts, backups)
        #expect(plan.commands == [.updateGrub] && plan.reboot && plan.files.isEmpty)
        #expect(plan.codes.contains("undo-unfinished"))

        facts.tellEntries("ro quiet")
        #expect(try Self.plan(facts, backups).verdict == .unchanged)
        facts.initramfs = facts.initramfs.map { images in
            images.map { image in
                var image = image
                image.configurationFiles = .known(["/scripts/init-top/00-vfiofleet"])
                return image
            }
        }
        plan = try Self.plan(facts, backups)
        #expect(plan.commands == [.updateInitramfs] && plan.reboot)
    }

    /// What fails although every command exited 0.
    @Test func theProofLooksInsideImagesAndEntries() throws {
        let old = NodeFacts.debianGrub("quiet pcie_acs_override=downstream")
        let new = NodeFacts.debianGrub("quiet intel_iommu=on")
        var facts = try Self.facts([Self.grub: (old, 0o644)])
        let change = FileChange(path: Self.grub, before: Array(new.utf8), after: Array(old.utf8))
        let plan = NodePlan(node: try Fixtures.node(), verdict: .change, files: [change], commands: [.updateGrub])
        facts.tellEntries("ro quiet intel_iommu=on")
        #expect(UndoProof.disk(plan, facts).map(\.id) == [.bootConfiguration])
        facts.tellEntries("ro quiet")
        #expect(UndoProof.disk(plan, facts).first?.message.contains("lacks pcie_acs_override=downstream") == true)
        facts.tellEntries("ro quiet pcie_acs_override=downstream")
        #expect(UndoProof.disk(plan, facts).isEmpty)
        #expect(UndoProof.boot(plan, facts).map(\.id) == [.kernelCommandLine])
        facts.kernelCommandLine = .known("BOOT_IMAGE=/vmlinuz ro quiet pcie_acs_override=downstream")
        #expect(UndoProof.boot(plan, facts).isEmpty)
    }

    // MARK: Guests

    private static func guest(_ text: String) throws -> NodeFacts {
        try Fixtures.facts("intel-z390-rtx2070") { $0.guests = [100: text] }
    }

    private static func set(_ before: String, _ noted: String) throws -> NodeBackup {
        let change = GuestChange(vm: try Fixtures.vm(100), configuration: before, noted: noted)
        return try backup("r1", [], guests: [change])
    }

    @Test func guestsGoBackOptionByOption() throws {
        let note = try Self.set(
            "bios: seabios\ncpu: host\nhostpci3: 01:00.3\n",
            "bios: ovmf\nmachine: q35\ncpu: host,hidden=1\ndelete: hostpci3\nmachine: pc-q35-9.2+pve1\n")
        let now = "bios: ovmf\nmachine: pc-q35-9.2+pve1\ncpu: x86-64-v3\nname: new\nhostpci4: 02:00\n"
        let plan = try Self.plan(Self.guest(now), [note])
        let options = try #require(plan.guests.first?.options)
        #expect(
            options == [
                .init(key: "bios", before: "ovmf", after: "seabios"),
                .init(key: "machine", before: "pc-q35-9.2+pve1", after: nil),
                .init(key: "hostpci3", before: nil, after: "01:00.3"),
            ])
        #expect(plan.codes.contains("guest-option-changed-since"), "the processor is somebody else's choice now")
        #expect(!plan.reboot && plan.commands.isEmpty)
    }

    @Test func aRunningGuestsPendingChangesCount() throws {
        let note = try Self.set("bios: seabios\n", "bios: ovmf\n")
        let plan = try Self.plan(Self.guest("bios: seabios\n\n[PENDING]\nbios: ovmf\n"), [note])
        #expect(plan.guests.first?.options == [.init(key: "bios", before: "ovmf", after: "seabios")])
    }

    @Test func aGuestThatLeftIsSaid() throws {
        let note = try Self.set("", "bios: ovmf\n")
        var facts = try Self.guest("")
        facts.guests = .known([])
        let plan = try Self.plan(facts, [note])
        #expect(plan.verdict == .unchanged && plan.codes.contains("guest-absent"))
    }
}

extension NodeFacts {
    /// One entry of GRUB's menu with these arguments.
    fileprivate mutating func tellEntries(_ arguments: String) {
        boot.entries = .known([
            BootEntry(
                file: "/boot/grub/grub.cfg", title: "Debian", kernel: "/boot/vmlinuz-6.8.12-4-pve",
                release: "6.8.12-4-pve", arguments: arguments, initrds: [], isRecovery: false)
        ])
    }
}
