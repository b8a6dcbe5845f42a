import Fleet
import TestSupport
import Testing

/// The main job on real kernels: what counts is the driver in sysfs, never that a command exited 0.
@Suite("Passthrough on VM nodes", .vmNodes, .timeLimit(.minutes(40)))
struct RolloutTests {
    @Test("the plan says which driver would win, and how it is beaten", arguments: VMNode.IOMMU.allCases)
    func plan(_ iommu: VMNode.IOMMU) async throws {
        let result = try await Walk.of(iommu).result(.plan)
        let plan = try #require(try result.document(PlanDocument.self).nodes.first)
        #expect(result.status == 2)
        #expect(plan.verdict == "change")
        #expect(plan.reboot)
        #expect(plan.added(to: "/etc/modprobe.d/vfio.conf").contains("softdep bochs pre: vfio-pci"))
        let reason = try #require(plan.messages("softdep-added").first { $0.contains("bochs") })
        #expect(reason.contains("/boot/initrd.img-"))
    }

    @Test("the CPU decides which arguments are written", arguments: VMNode.IOMMU.allCases)
    func arguments(_ iommu: VMNode.IOMMU) async throws {
        let wanted = [VMNode.IOMMU.intel: "intel_iommu=on", .amd: "amd_iommu=on"]
        let unwanted = [VMNode.IOMMU.intel: "amd_iommu=off", .amd: "intel_iommu=off"]
        let line = try #require(try await Walk.of(iommu).facts(.rolledOut).kernelCommandLine.value)
        let tokens = line.split(separator: " ").map(String.init)
        #expect(tokens.contains(try #require(wanted[iommu])))
        #expect(tokens.contains("iommu=pt"))
        // The other vendor's token is somebody else's and stays.
        #expect(tokens.contains(try #require(unwanted[iommu])))
        #expect(tokens.contains("norandmaps"))
    }

    @Test("one of two cards with the same ids is refused", arguments: VMNode.IOMMU.allCases)
    func oneOfTwins(_ iommu: VMNode.IOMMU) async throws {
        let result = try await Walk.of(iommu).result(.planOneOfTwins)
        let plan = try #require(try result.document(PlanDocument.self).nodes.first)
        #expect(plan.verdict == "blocked")
        #expect(plan.reasons.contains { $0.code.hasPrefix("id-shared") && $0.message.contains("02:00.0") })
    }

    @Test("apply brings all six functions to vfio-pci with one reboot", arguments: VMNode.IOMMU.allCases)
    func apply(_ iommu: VMNode.IOMMU) async throws {
        let walk = try await Walk.of(iommu)
        let result = try walk.result(.apply)
        #expect(result.status == 0, "\(result.transcript)")
        let view = try walk.view(.rolledOut)
        #expect(view.facts.cardDrivers == Array(repeating: "vfio-pci", count: 6))
        for address in Truth.cards { #expect(view.drivers.contains("\(address) vfio-pci\n")) }
        #expect(view.drivers.contains("\(Truth.disk) virtio-pci\n"))
        #expect(view.drivers.contains("\(Truth.networkCard) virtio-pci\n"))
    }

    @Test("the IOMMU is on afterwards, with the groups QEMU's topology gives", arguments: VMNode.IOMMU.allCases)
    func groups(_ iommu: VMNode.IOMMU) async throws {
        let facts = try await Walk.of(iommu).facts(.rolledOut)
        #expect(facts.iommu.isOn == .known(true))
        let shared = facts.groups.filter { $0.count > 1 }
        #expect(shared == Truth.sharedGroups)
        let ungrouped = (facts.functions.value ?? []).filter { $0.group == nil }.map(\.address.description)
        #expect(Set(ungrouped) == Truth.ungrouped[iommu])
    }

    @Test("a device in the group of the only network card is refused for that", arguments: VMNode.IOMMU.allCases)
    func networkCardsNeighbour(_ iommu: VMNode.IOMMU) async throws {
        let result = try await Walk.of(iommu).result(.planNetworkCardsNeighbour)
        let plan = try #require(try result.document(PlanDocument.self).nodes.first)
        #expect(plan.verdict == "blocked")
        let reasons = plan.messages("group-holds-host-function")
        #expect(reasons.count == 1, "\(result.transcript)")
        #expect(reasons.contains { $0.contains("00:02.0") && $0.contains("the default route") })
    }

    @Test("its driver stays with the host's own USB controller", arguments: VMNode.IOMMU.allCases)
    func hostController(_ iommu: VMNode.IOMMU) async throws {
        let drivers = try await Walk.of(iommu).view(.rolledOut).drivers
        #expect(drivers.contains("\(Truth.networkCardsNeighbour) xhci_hcd\n"))
    }

    @Test("vfio and its configuration are inside the initramfs", arguments: VMNode.IOMMU.allCases)
    func initramfs(_ iommu: VMNode.IOMMU) async throws {
        let facts = try await Walk.of(iommu).facts(.rolledOut)
        let image = try #require(facts.initramfs.value?.first)
        #expect(image.modules.value?.contains("vfio_pci") == true)
        #expect(image.configurationFiles.value?.contains("/etc/modprobe.d/vfio.conf") == true)
        #expect(image.newerInputs == .known([]))
        #expect(facts.modules.configuration.value?.softdepPre["bochs"] == ["vfio-pci"])
    }

    @Test("verify proves it", arguments: VMNode.IOMMU.allCases)
    func verify(_ iommu: VMNode.IOMMU) async throws {
        let result = try await Walk.of(iommu).result(.verify)
        #expect(result.status == 0, "\(result.transcript)")
        let node = try #require(try result.document(VerifyDocument.self).nodes.first)
        #expect(node.verdict == "compliant")
        let proven = node.checks.filter { $0.id == "driver" && $0.status == "pass" }.compactMap(\.device)
        #expect(proven.sorted() == Truth.cards)
    }

    @Test("a second apply changes nothing", arguments: VMNode.IOMMU.allCases)
    func applyAgain(_ iommu: VMNode.IOMMU) async throws {
        let walk = try await Walk.of(iommu)
        let result = try walk.result(.applyAgain)
        #expect(result.status == 0, "\(result.transcript)")
        let (first, second) = (try walk.view(.rolledOut), try walk.view(.rolledOutAgain))
        #expect(first.facts.bootID.value != nil)
        #expect(first.facts.bootID == second.facts.bootID)
        #expect(first.files == second.files)
    }

    @Test("undo brings back every byte and every driver", arguments: VMNode.IOMMU.allCases)
    func undo(_ iommu: VMNode.IOMMU) async throws {
        let walk = try await Walk.of(iommu)
        let result = try walk.result(.undo)
        #expect(result.status == 0, "\(result.transcript)")
        let (before, undone) = (try walk.view(.before), try walk.view(.undone))
        #expect(before.files.contains("/etc/default/grub"))
        #expect(undone.files == before.files)
        #expect(undone.drivers == before.drivers)
        #expect(undone.facts.bootID != before.facts.bootID)
        #expect(undone.facts.iommu.isOn == .known(false))
        #expect(undone.facts.kernelCommandLine == before.facts.kernelCommandLine)
    }
}

/// The guide as it is written, on a kernel whose initramfs holds a driver for the card.
@Suite("The guide as written on a VM node", .vmNodes, .timeLimit(.minutes(40)))
struct GuideAsWrittenTests {
    @Test("the driver in the initramfs keeps the display functions")
    func bochsWins() async throws {
        let drivers = try await Walk.of(.intel).facts(.asWritten).cardDrivers
        #expect(drivers == ["bochs-drm", "vfio-pci", "vfio-pci", "bochs-drm", "vfio-pci", "vfio-pci"])
    }

    @Test("apply does not call that a success")
    func applyFails() async throws {
        let result = try await Walk.of(.intel).result(.applyAsWritten)
        #expect(result.status != 0)
        #expect((result.output + result.error).contains("bochs-drm"), "\(result.transcript)")
    }

    @Test("verify names the driver, and why it won")
    func verifyNamesIt() async throws {
        let result = try await Walk.of(.intel).result(.verifyAsWritten)
        #expect(result.status == 2, "\(result.transcript)")
        let node = try #require(try result.document(VerifyDocument.self).nodes.first)
        #expect(node.verdict == "noncompliant")
        let failed = node.checks.filter { $0.id == "driver" && $0.status == "fail" }
        #expect(failed.compactMap(\.device) == ["0000:01:00.0", "0000:02:00.0"])
        for check in failed {
            #expect(check.message.contains("bochs-drm"))
            #expect(check.message.contains("initramfs"))
        }
    }
}

/// Two identical cards of which only one is wanted: no id can tell them apart, so Debian's own initramfs-tools must run
/// a script that knows the address.
@Suite("One of two identical cards on a VM node", .vmNodes, .timeLimit(.minutes(40)))
struct OneOfTwinsTests {
    @Test("the wanted card is on vfio-pci after one reboot, its twin still on its own drivers")
    func drivers() async throws {
        let walk = try await Walk.of(.amd)
        let result = try walk.result(.applyOneOfTwins)
        #expect(result.status == 0, "\(result.transcript)")
        let facts = try walk.facts(.oneOfTwins)
        #expect(facts.cardDrivers == ["vfio-pci", "vfio-pci", "vfio-pci", "bochs-drm", "snd_hda_intel", "xhci_hcd"])
        #expect(try walk.facts(.undone).bootID != facts.bootID)
        #expect(facts.modules.configuration.value?.options["vfio-pci"]?.contains { $0.hasPrefix("ids=") } != true)
    }

    @Test("each card admits only its own driver")
    func overrides() async throws {
        let functions = try #require(try await Walk.of(.amd).facts(.oneOfTwins).functions.value)
        let overrides = Truth.cards.map { address in
            functions.first { $0.address.description == address }?.driverOverride?.description
        }
        #expect(overrides == ["vfio-pci", "vfio-pci", "vfio-pci", "bochs-drm", "snd_hda_intel", "xhci_hcd"])
    }

    @Test("verify proves it")
    func verify() async throws {
        let result = try await Walk.of(.amd).result(.verifyOneOfTwins)
        #expect(result.status == 0, "\(result.transcript)")
        let node = try #require(try result.document(VerifyDocument.self).nodes.first)
        #expect(node.verdict == "compliant")
        let proven = node.checks.filter { $0.id == "driver" && $0.status == "pass" }
        let bound = proven.filter { $0.message.contains("by its address") }.compactMap(\.device).sorted()
        #expect(bound == Array(Truth.cards[..<3]))
        let kept = proven.filter { $0.message.contains("stays with the host") }.compactMap(\.device).sorted()
        #expect(kept == Array(Truth.cards[3...]))
    }
}
