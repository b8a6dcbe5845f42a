import Fleet
import Testing

@Suite struct FactsOutlineTests {
    @Test func changesNameTheFactBeforeAndAfter() throws {
        let function = PCIFunction(
            address: try #require(PCIAddress("01:00.0")), id: PCIID(vendor: 0x10de, device: 0x1f02),
            class: try #require(PCIClass("030000")), driver: "nouveau", group: 1)
        var before = NodeFacts()
        before.functions = .known([function])
        before.kernelCommandLine = .known("quiet")
        var after = before
        var bound = function
        bound.driver = "vfio-pci"
        after.functions = .known([bound])
        after.files["/etc/modules"] = .known(FileContent(bytes: Array("vfio\n".utf8)))

        let changes = FactsOutline(after).changes(since: FactsOutline(before))
        #expect(
            changes == [
                FactChange(fact: "file/etc/modules", before: nil, after: "vfio\n"),
                FactChange(fact: "pci/0000:01:00.0/driver", before: "nouveau", after: "vfio-pci"),
            ])
        #expect(FactsOutline(after).changes(since: FactsOutline(after)).isEmpty)
    }

    @Test func becomingUnknownIsAChange() throws {
        var before = NodeFacts()
        before.iommu.groupCount = .known(12)
        var after = before
        after.iommu.groupCount = .unknown(Unknown(.unreadable, "no sysfs"))
        #expect(
            FactsOutline(after).changes(since: FactsOutline(before)) == [
                FactChange(fact: "iommu/groups", before: "12", after: "unknown: no sysfs")
            ])
    }

    @Test func holdersAreReadFromTheConfigurationInForce() throws {
        let id = try #require(VMID("100"))
        var facts = NodeFacts()
        facts.guests = .known([
            GuestFacts(
                kind: .qemu, id: id,
                configuration: .known(
                    "hostpci0: pcie=1,host=0000:01:00.0;01:00.1\nhostpci1: mapping=gpu0\n[PENDING]\nhostpci2: 02:00\n"),
                state: .known(.stopped), processArguments: .known(nil))
        ])
        #expect(GuestDevices.holders(in: facts) == [try #require(PCISlot("01:00")): [id]])
    }
}
