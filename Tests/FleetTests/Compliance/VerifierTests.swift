import TestSupport
import Testing

@testable import Fleet

@Suite struct VerifierTests {
    private func verify(_ facts: NodeFacts?, _ settings: NodeSettings? = nil) throws -> NodeCompliance {
        Verifier.verify(
            node: try Fixtures.node(), facts: facts, settings: try settings ?? Fixtures.guide("01:00"))
    }

    private func applied(_ style: NodeSettings.FileStyle = .guide) throws -> NodeFacts {
        let facts = try Fixtures.facts("intel-z390-rtx2070")
        let settings = try Fixtures.guide("01:00", files: style)
        return facts.carryingOut(Planner.plan(node: try Fixtures.node(), facts: facts, settings: settings))
    }

    @Test(arguments: [NodeSettings.FileStyle.guide, .dropIn])
    func anAppliedNodeIsCompliant(style: NodeSettings.FileStyle) throws {
        let result = try verify(try applied(style), try Fixtures.guide("01:00", files: style))
        #expect(result.verdict == .compliant, "\(result.checks.filter { $0.status != .pass })")
        let links = Set(result.checks.map(\.id))
        #expect(links == Set(CheckID.allCases).subtracting([.guestProcess]))
        #expect(result.checks.count { $0.id == .driver } == 4)
    }

    @Test func aFreshNodeIsNotCompliant() throws {
        let result = try verify(try Fixtures.facts("intel-z390-rtx2070"))
        let failed = Set(result.checks.filter { $0.status == .fail }.map(\.id))
        #expect(failed.isSuperset(of: [.files, .kernelCommandLine, .driver, .guestConfiguration]))
        #expect(!failed.contains(.group) && !failed.contains(.iommu))
    }

    @Test func theDriverThatWonIsNamedWithWhy() throws {
        func message(_ facts: NodeFacts, _ bind: BindChoice = .auto) throws -> String {
            var settings = try Fixtures.guide("01:00")
            settings.bind = bind
            let check = try verify(facts, settings).checks.first { $0.device == "0000:01:00.2" && $0.id == .driver }
            #expect(check?.status == .fail)
            #expect(check?.evidence.first?.output == "xhci_hcd")
            return check?.message ?? ""
        }
        var facts = try Fixtures.change(try applied(), "0000:01:00.2") {
            $0.driver = "xhci_hcd"
            $0.driverModule = "xhci_pci"
        }
        #expect(try message(facts).contains("not rebooted since its module xhci_pci got its softdep"))
        facts.modules.builtIn = .known(["xhci_pci"])
        #expect(try message(facts, .ids).contains("compiled into the kernel"))
        #expect(try message(facts).contains("bound by its address"))
    }

    @Test func aDriverInTheInitramfsIsNamed() throws {
        var settings = try Fixtures.guide("01:00")
        settings.vfio.softdep = .never
        var facts = try Fixtures.facts("intel-z390-rtx2070") { $0.initramfsModules = ["snd_hda_intel"] }
        facts = facts.carryingOut(Planner.plan(node: try Fixtures.node(), facts: facts, settings: settings))
        facts = try Fixtures.change(facts, "0000:01:00.1") {
            $0.driver = "snd_hda_intel"
            $0.driverModule = "snd_hda_intel"
        }
        let check = try verify(facts, settings).checks.first { $0.device == "0000:01:00.1" && $0.id == .driver }
        #expect(check?.message.contains("is in the initramfs and has no softdep") == true)
    }

    @Test func noDriverIsGoodWhereNothingElseCanTakeIt() throws {
        let facts = try Fixtures.change(try applied(), "0000:01:00.0") { $0.driver = nil }
        #expect(try verify(facts).verdict == .compliant)
        let other = try Fixtures.change(try applied(), "0000:01:00.1") { $0.driver = nil }
        #expect(try verify(other).verdict == .noncompliant)
    }

    @Test func boundByARunningGuestIsToldApart() throws {
        var facts = try Fixtures.change(try Fixtures.facts("intel-z390-rtx2070"), "0000:01:00.0") {
            $0.driver = "vfio-pci"
        }
        facts.guests = facts.guests.map { all in
            all.map { guest in
                var guest = guest
                guest.state = .known(.running)
                guest.processArguments = .known(["-device", "vfio-pci,host=0000:01:00.0,id=hostpci0"])
                return guest
            }
        }
        let result = try verify(facts)
        let check = result.checks.first { $0.device == "0000:01:00.0" && $0.id == .driver }
        #expect(check?.message.contains("taken when VM 100 started and not by any setting") == true)
        #expect(result.verdict == .noncompliant)
        #expect(result.checks.first { $0.id == .guestProcess }?.status == .fail)
    }

    @Test func whatIsNotKnownIsUnknownAndNeverAFailure() throws {
        #expect(try verify(nil).verdict == .unknown)
        let nothing = try verify(NodeFacts())
        #expect(nothing.verdict == .unknown)
        #expect(
            nothing.checks.allSatisfy { $0.status == .unknown }, "\(nothing.checks.filter { $0.status != .unknown })")
        var facts = try applied()
        facts.initramfs = .unknown(Unknown(.missingTool, "There is no lsinitramfs."))
        #expect(try verify(facts).verdict == .unknown)
    }

    @Test func anIOMMUThatIsOnByItselfIsNoFault() throws {
        var facts = try applied()
        let grub = NodeFacts.debianGrub("quiet iommu=pt")
        facts.files["/etc/default/grub"] = .known(FileContent(bytes: Array(grub.utf8)))
        facts.kernelCommandLine = .known("BOOT_IMAGE=/vmlinuz root=/dev/x ro quiet iommu=pt")
        #expect(try verify(facts).verdict == .compliant)
        var settings = try Fixtures.guide("01:00")
        settings.kernel.intel = ["intel_iommu=on"]
        #expect(try verify(facts, settings).verdict == .noncompliant, "a playbook of its own is taken at its word")
    }

    /// What is not on the disk is in no image either, whatever else is in there.
    @Test func anInitramfsCannotHoldWhatIsNotWritten() throws {
        let facts = try Fixtures.facts("intel-z390-rtx2070")
        let fresh = try #require(try verify(facts).checks.first { $0.id == .initramfs })
        #expect(fresh.status == .fail && fresh.message.contains("can't hold /etc/modprobe.d/"), "\(fresh)")
        var edited = try applied()
        edited.files["/etc/modprobe.d/vfio.conf"] = .known(FileContent(bytes: Array("# mine\n".utf8)))
        #expect(try verify(edited).checks.first { $0.id == .initramfs }?.status == .fail)
    }

    @Test func aStaleInitramfsIsFound() throws {
        var facts = try applied()
        facts.initramfs = facts.initramfs.map { images in
            images.map { image in
                var image = image
                image.newerInputs = .known(["/etc/modprobe.d/vfio.conf"])
                return image
            }
        }
        #expect(try verify(facts).checks.first { $0.id == .initramfs }?.status == .fail)
        let plan = Planner.plan(node: try Fixtures.node(), facts: facts, settings: try Fixtures.guide("01:00"))
        #expect(plan.commands == [.updateInitramfs] && plan.reboot && plan.files.isEmpty)
    }
}
