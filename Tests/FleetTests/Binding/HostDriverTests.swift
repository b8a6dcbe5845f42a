import TestSupport
import Testing

@testable import Fleet

/// Settings for all of a node must not take from the host what it needs.
@Suite struct HostDriverTests {
    private func plan(_ facts: NodeFacts, _ change: (inout NodeSettings) -> Void = { _ in }) throws -> NodePlan {
        var settings = try Fixtures.guide("01:00")
        change(&settings)
        return Planner.plan(node: try Fixtures.node(), facts: facts, settings: settings)
    }

    @Test func aDriverThatTheHostNeedsIsNotBlacklisted() throws {
        var facts = try Fixtures.facts("intel-z390-rtx2070")
        facts.functions = facts.functions.map { all in
            all.map { function in
                var function = function
                if function.address.short == "00:02.0" {
                    function.driver = "nouveau"
                    function.driverModule = "nouveau"
                }
                if function.address.short == "01:00.0" {
                    function.driver = "nouveau"
                    function.modules = .known(["nouveau"])
                }
                return function
            }
        }
        let plan = try plan(facts)
        #expect(plan.text("/etc/modprobe.d/blacklist.conf") == "blacklist nvidia\n")
        #expect(plan.text("/etc/modprobe.d/vfio.conf")?.contains("\nsoftdep nouveau pre: vfio-pci\n") == true)
        let reason = plan.reasons.first { $0.code == "blacklist-left-out" }
        #expect(reason?.message.contains("00:02.0") == true)
    }

    @Test func modulesFollowTheKernelAndHoldNoDisplayDriver() throws {
        var facts = try Fixtures.facts("intel-z390-rtx2070")
        let change: (inout NodeSettings) -> Void = {
            $0.modules = ["vfio", "vfio_pci", "vfio_virqfd", "nvidia"]
        }
        let new = try plan(facts, change)
        #expect(new.text("/etc/modules")?.hasSuffix("\nvfio\nvfio_pci\n") == true)
        #expect(new.reasons.count { $0.code == "module-left-out" } == 2)
        facts.kernelRelease = .known("6.1.0-26-amd64")
        #expect(try plan(facts).text("/etc/modules")?.hasSuffix("\nvfio_pci\nvfio_virqfd\n") == true)
    }

    @Test(arguments: [
        ("6.8.12-4-pve", "quiet", true, "iommu=pt"), ("6.8.12-4-pve", "intel_iommu=on", true, "iommu=pt"),
        ("6.5.13-1-pve", "intel_iommu=on", true, "intel_iommu=on iommu=pt"),
        ("6.1.0-26-amd64", "quiet", true, "iommu=pt"), ("6.8.12-4-pve", "quiet", false, "intel_iommu=on iommu=pt"),
    ])
    func theSwitchIsAskedForWhereTheKernelNeedsIt(
        _ kernel: String, _ line: String, _ isOn: Bool, _ expected: String
    ) throws {
        var facts = try Fixtures.facts("intel-z390-rtx2070") { $0.arguments = line }
        facts.kernelRelease = .known(kernel)
        if !isOn { facts.iommu.units = .known([]) }
        let arguments = WantedArguments(facts, KernelSettings())
        #expect(arguments.list.map(\.description).joined(separator: " ") == expected)
        #expect(WantedArguments(facts, .guide).list == ["intel_iommu=on", "iommu=pt"])
        #expect(arguments.reasons.map(\.code.rawValue) == (expected == "iommu=pt" ? ["iommu-on-by-default"] : []))
    }

    @Test func mediatedDevicesKeepTheirDriver() throws {
        let facts = try Fixtures.facts("intel-z390-rtx2070")
        let change: (inout NodeSettings) -> Void = {
            $0.devices[0].functions = [3]
            $0.guests[0].devices[0].firstFunctionOptions = ["mdev=nvidia-47"]
        }
        let plan = try plan(facts, change)
        #expect(plan.codes.contains("driver-kept"))
        #expect(plan.text("/etc/modprobe.d/vfio.conf") == nil && plan.text(EarlyScript.path) == nil)
        var settings = try Fixtures.guide("01:00")
        change(&settings)
        let checks = Verifier.verify(node: try Fixtures.node(), facts: facts, settings: settings).checks
        #expect(checks.filter { $0.id == .driver }.map(\.status) == [.pass])
    }
}
