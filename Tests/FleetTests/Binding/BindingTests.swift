import TestSupport
import Testing

@testable import Fleet

/// How wanted functions get to vfio-pci, and what stays with the host.
@Suite struct BindingTests {
    private static let vfio = "/etc/modprobe.d/vfio.conf"
    private static let alveo = "epyc-two-identical-alveo"

    private func plan(_ facts: NodeFacts, _ settings: NodeSettings) throws -> NodePlan {
        Planner.plan(node: try Fixtures.node(), facts: facts, settings: settings)
    }

    private func wanting(_ slots: String..., bind: BindChoice = .auto) throws -> NodeSettings {
        let devices = try slots.map { DeviceRequest(name: "d\($0)", match: .slot(try Fixtures.slot($0))) }
        return NodeSettings(devices: devices, bind: bind)
    }

    /// Applying it leaves nothing to do and proves it.
    private func expectItHolds(_ facts: NodeFacts, _ settings: NodeSettings) throws -> NodeFacts {
        let after = facts.carryingOut(try plan(facts, settings))
        let again = try plan(after, settings)
        #expect(again.verdict == .unchanged, "\(again.files.map(UnifiedDiff.render)) \(again.reasons)")
        let result = Verifier.verify(node: try Fixtures.node(), facts: after, settings: settings)
        #expect(result.verdict == .compliant, "\(result.checks.filter { $0.status != .pass })")
        return after
    }

    @Test func oneOfTwoTwinsIsBoundByItsAddress() throws {
        let facts = try Fixtures.facts(Self.alveo)
        let settings = try wanting("61:00")
        let plan = try plan(facts, settings)
        #expect(plan.verdict == .change, "\(plan.reasons)")
        let script = try #require(plan.files.first { $0.path == EarlyScript.path })
        #expect(script.mode == 0o755)
        #expect(plan.text(EarlyScript.path)?.contains("\nbind 0000:61:00.0 10ee:d00c 10ee:000e\n") == true)
        #expect(plan.text("/etc/initramfs-tools/modules")?.hasSuffix("\nvfio-pci\n") == true)
        #expect(plan.text(Self.vfio) == "options vfio-pci disable_vga=1\n")
        #expect(plan.commands.contains(.updateInitramfs))
        #expect(plan.codes.isSuperset(of: ["bound-by-address", "twin-without-driver"]))
        _ = try expectItHolds(facts, settings)
    }

    /// modprobe reads the kernel command line after every file.
    @Test func idsOnTheCommandLineThatHideTheFilesAreLeftAlone() throws {
        let all = "vfio-pci.ids=10de:1f02,10de:10f9,10de:1ada,10de:1adb"
        var settings = try Fixtures.guide("01:00")
        func facts(_ token: String) throws -> NodeFacts {
            try Fixtures.facts("intel-z390-rtx2070") { $0.arguments = "quiet \(token)" }
        }
        for token in ["vfio-pci.ids=10de:1f02", "vfio_pci.ids=8086:ffff"] {
            settings.bind = .ids
            #expect(try plan(facts(token), settings).blockers == ["vfio-ids-overridden"])
            settings.bind = .auto
            let byAddress = try plan(facts(token), settings)
            #expect(byAddress.verdict == .change && byAddress.codes.contains("bound-by-address"))
            _ = try expectItHolds(facts(token), settings)
        }
        #expect(try plan(facts(all), settings).verdict == .change)
        settings.adopt = AdoptionSettings(choices: [.idsOnCommandLine: .clean])
        let cleaned = try plan(facts("vfio-pci.ids=10de:1f02"), settings)
        #expect(cleaned.verdict == .change, "\(cleaned.blockers)")
        #expect(cleaned.text("/etc/default/grub")?.contains("vfio-pci.ids") == false)
    }

    @Test func aTwinWithADriverIsKeptForIt() throws {
        let facts = try Fixtures.change(try Fixtures.facts(Self.alveo), "c1:00.0") { $0.driver = "xocl" }
        let settings = try wanting("61:00")
        let plan = try plan(facts, settings)
        let text = try #require(plan.text(EarlyScript.path))
        #expect(text.contains("\nkeep 0000:c1:00.0 10ee:d00c 10ee:000e xocl\nbind 0000:61:00.0 "))
        let after = try expectItHolds(facts, settings)
        // Taken all the same: the script still says that it should not be.
        let stray = try Fixtures.change(after, "c1:00.0") { $0.driver = "vfio-pci" }
        let checks = Verifier.verify(node: try Fixtures.node(), facts: stray, settings: settings).checks
        #expect(checks.contains { $0.device == "0000:c1:00.0" && $0.status == .fail })
    }

    @Test func bothTwinsAreBoundByTheirId() throws {
        let plan = try plan(try Fixtures.facts(Self.alveo), try wanting("61:00", "c1:00"))
        #expect(plan.text(Self.vfio) == "options vfio-pci ids=10ee:d00c disable_vga=1\n")
        #expect(plan.text(EarlyScript.path) == nil)
    }

    @Test func theChoiceIsThePlaybooks() throws {
        let facts = try Fixtures.facts(Self.alveo)
        #expect(
            try plan(facts, try wanting("61:00", bind: .ids)).blockers.contains("id-shared-with-unwanted-function"))
        let both = try plan(facts, try wanting("61:00", "c1:00", bind: .address))
        #expect(EarlyScript(reading: Array((both.text(EarlyScript.path) ?? "").utf8)).entries.count == 2)
        var settings = try wanting("61:00", "c1:00")
        settings.devices[1].bind = .address
        let one = try plan(facts, settings)
        #expect(one.text(EarlyScript.path)?.contains("\nbind 0000:c1:00.0 ") == true)
        #expect(one.text(Self.vfio) == "options vfio-pci ids=10ee:d00c disable_vga=1\n")
    }

    @Test func anOldIdsLineThatTakesTheTwinBlocks() throws {
        let facts = try Fixtures.facts(Self.alveo) { $0.files[Self.vfio] = "options vfio-pci ids=10ee:d00c\n" }
        #expect(try plan(facts, try wanting("61:00")).blockers.contains("id-shared-with-unwanted-function"))
    }

    @Test func anotherCardAtTheAddressIsNotCompliant() throws {
        let settings = try wanting("61:00")
        let facts = try Fixtures.facts(Self.alveo)
        var after = try Fixtures.change(facts.carryingOut(try plan(facts, settings)), "61:00.0") {
            $0.driver = nil
            $0.driverOverride = nil
        }
        after.kernelLog = .known([
            "[    1.5] vfiofleet: 0000:61:00.0 is 10ee:5000:10ee:000e and not 10ee:d00c:10ee:000e, so it is left alone"
        ])
        let check = Verifier.verify(node: try Fixtures.node(), facts: after, settings: settings).checks
            .first { $0.id == .driver && $0.device == "0000:61:00.0" }
        #expect(check?.status == .fail)
        #expect(check?.message.contains("10ee:5000:10ee:000e and not 10ee:d00c") == true)
    }

    @Test func aDriverInTheKernelIsBeatenByAddress() throws {
        var facts = try Fixtures.facts("intel-z390-rtx2070")
        facts.modules.builtIn = .known(["xhci_pci"])
        let settings = try Fixtures.guide("01:00")
        let plan = try plan(facts, settings)
        #expect(plan.text(EarlyScript.path)?.contains("\nbind 0000:01:00.2 10de:1ada ") == true)
        #expect(plan.text(Self.vfio)?.contains("ids=10de:1f02,10de:10f9,10de:1adb disable_vga=1") == true)
        #expect(plan.text(Self.vfio)?.contains("softdep xhci_pci") == false)
        let reason = plan.reasons.first { $0.code == "bound-by-address" }
        #expect(reason?.message.contains("xhci_pci claims it and is compiled into the kernel") == true)
        _ = try expectItHolds(facts, settings)
    }

    @Test func aVFIOInTheKernelIsToldOnItsCommandLine() throws {
        var facts = try Fixtures.facts("intel-z390-rtx2070")
        facts.modules.builtIn = .known(["vfio-pci"])
        let settings = try Fixtures.guide("01:00")
        let plan = try plan(facts, settings)
        #expect(plan.text(Self.vfio)?.contains("options") != true)
        let ids = "vfio-pci.ids=10de:1f02,10de:10f9,10de:1ada,10de:1adb vfio-pci.disable_vga=1"
        #expect(plan.text("/etc/default/grub")?.contains("iommu=pt \(ids)\"") == true)
        _ = try expectItHolds(facts, settings)
    }

    @Test func theScriptIsForOtherPlaybooksToo() throws {
        let facts = try Fixtures.change(try Fixtures.facts(Self.alveo), "c1:00.0") { $0.driver = "xocl" }
        let first = facts.carryingOut(try plan(facts, try wanting("61:00")))
        let text = try #require(try plan(first, try wanting("64:00", bind: .address)).text(EarlyScript.path))
        #expect(text.contains("bind 0000:61:00.0") && text.contains("keep 0000:c1:00.0"))
        #expect(text.contains("bind 0000:64:00.0"))
        // A function given to ids leaves it, and the last one takes the script with it.
        let none = try plan(first, try wanting("61:00", "c1:00", bind: .ids))
        #expect(none.files.contains { $0.path == EarlyScript.path && $0.after == nil })
    }

    @Test func readingAScriptGivesWhatWasWritten() throws {
        let functions = try #require(try Fixtures.facts(Self.alveo).functions.value)
        let entries = functions.enumerated().map { index, function in
            EarlyScript.Entry(index % 3 == 0 ? .keep(function.driver ?? "none") : .bind, function)
        }
        #expect(EarlyScript(reading: EarlyScript(entries).bytes).entries == entries)
    }
}
