import Foundation
import Testing

@testable import Lab

/// What `qm start` does with passed-through functions.
@Suite struct StartTests {
    private func create(_ node: RecordedNode, _ vmid: String, _ hostPCI: String) {
        let outcome = node.run("qm", "create", vmid, "--memory", "1024", "--machine", "q35", "--hostpci0", hostPCI)
        #expect(outcome.exitCode == 0, "\(outcome.errorText)")
    }

    @Test func theWholeGroupGoesToVFIO() throws {
        let node = try RecordedNode()
        node.bind("0000:02:00.2", to: "xhci_hcd")
        create(node, "100", "02:00.0,pcie=1")
        let outcome = node.run("qm", "start", "100")
        #expect(outcome == CommandOutcome(exitCode: 0))
        for function in 0...3 { #expect(node.driver(of: "0000:02:00.\(function)") == "vfio-pci") }
        #expect(node.driver(of: "0000:00:01.0") == nil)
        #expect(!node.node.files.list("/sys/bus/pci/drivers/xhci_hcd").contains("0000:02:00.2"))
        #expect(node.run("qm", "status", "100").outputText == "status: running\n")
    }

    @Test func theProcessShowsTheCommandLine() throws {
        let node = try RecordedNode()
        create(node, "100", "02:00.0,pcie=1")
        node.run("qm", "start", "100")
        let process = try #require(GuestProcess(node: node.node, vmid: "100").running)
        let line = NodeFiles(root: "").bytes("/proc/\(process)/cmdline") ?? []
        let words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        #expect(words.first == "/usr/bin/kvm")
        #expect(words.contains("vfio-pci,host=0000:02:00.0,id=hostpci0,bus=ich9-pcie-port-1,addr=0x0"))
        #expect(node.text(PCIReservations.path) == "0000:02:00.0 100 pid:\(process)\n")
        #expect(node.run("qm", "stop", "100").exitCode == 0)
        #expect(GuestProcess(node: node.node, vmid: "100").running == nil)
        #expect(waitpid(process, nil, WNOHANG) == -1, "it was waited for")
        #expect(node.text(PCIReservations.path) == "")
    }

    @Test func aFunctionInUseIsRefused() throws {
        let node = try RecordedNode()
        create(node, "104", "03:00,pcie=1")
        create(node, "105", "03:00.0")
        #expect(node.run("qm", "start", "104").exitCode == 0)
        #expect(node.run("qm", "start", "104").errorText == "VM 104 already running\n")
        let refused = node.run("qm", "start", "105")
        #expect(refused.exitCode == 255)
        #expect(refused.errorText == "PCI device '0000:03:00.0' already in use by VMID '104'\n")
    }

    @Test func withoutIOMMUNothingStarts() throws {
        let node = try RecordedNode()
        create(node, "100", "02:00.0")
        #expect(node.node.files.exists("/sys/class/iommu/dmar0"))
        try node.removeIOMMU()
        let refused = node.run("qm", "start", "100")
        #expect(refused.errorText == "cannot prepare PCI pass-through, IOMMU not present\n")
        #expect(node.run("qm", "status", "100").outputText == "status: stopped\n")
    }

    @Test func anOverrideForAnotherDriverCannotBeBound() throws {
        let node = try RecordedNode()
        create(node, "100", "02:00.0")
        try node.write("/sys/bus/pci/devices/0000:02:00.1/driver_override", "snd_hda_intel\n")
        let refused = node.run("qm", "start", "100")
        #expect(refused.errorText.hasSuffix("Cannot bind 0000:02:00.1 to vfio\n"))
        #expect(refused.exitCode == 255)
    }

    @Test func anUnboundTwinIsTakenToo() throws {
        let node = try RecordedNode()
        try node.write("/sys/bus/pci/devices/0000:01:00.0/vendor", "0x10de\n")
        try node.write("/sys/bus/pci/devices/0000:01:00.0/device", "0x1e87\n")
        create(node, "100", "02:00.0")
        #expect(node.run("qm", "start", "100").exitCode == 0)
        #expect(node.driver(of: "0000:01:00.0") == "vfio-pci")
    }
}

extension StartTests {
    @Test func waitingForAStoppedGuestEndsAtOnce() throws {
        let node = try RecordedNode()
        create(node, "100", "02:00.0")
        #expect(node.run("qm", "wait", "100").exitCode == 0)
        #expect(node.run("qm", "start", "100").exitCode == 0)
        #expect(node.run("qm", "wait", "100", "--timeout", "0").errorText == "wait failed - got timeout\n")
    }
}
