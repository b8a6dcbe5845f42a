import TestSupport
import Testing

@testable import Fleet

/// The script, run by the shells that an initramfs may have, on files in place of the kernel's.
@Suite struct EarlyScriptTests {
    private static let shells = [["/bin/dash"], ["/bin/busybox", "sh"]]

    private func entry(_ order: EarlyScript.Entry.Order, _ address: String) throws -> EarlyScript.Entry {
        let function = PCIFunction(
            address: try Fixtures.address(address), id: PCIID(vendor: 0x10ee, device: 0xd00c),
            class: try #require(PCIClass("120000")),
            subsystem: PCIID(vendor: 0x10ee, device: 0xe))
        return EarlyScript.Entry(order, function)
    }

    /// Two cards: one as written, one that is another.
    private func node() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for (address, device) in [("0000:61:00.0", "0xd00c"), ("0000:c1:00.0", "0x5000")] {
            let directory = "sys/bus/pci/devices/\(address)"
            for (name, value) in [
                ("vendor", "0x10ee"), ("device", device), ("subsystem_vendor", "0x10ee"),
                ("subsystem_device", "0x000e"),
                ("driver_override", "(null)"), ("driver/unbind", ""),
            ] { try folder.write(value + "\n", to: "\(directory)/\(name)") }
        }
        try folder.write("", to: "sys/bus/pci/drivers_probe")
        try folder.write("#!/bin/sh\necho \"$@\" >>\(folder.path)/loaded\n", to: "bin/modprobe")
        return folder
    }

    private func run(
        _ shell: [String], _ entries: [EarlyScript.Entry], in folder: TemporaryFolder, _ arguments: String...
    )
        async throws -> Program.Result
    {
        let text = String(decoding: EarlyScript(entries).bytes, as: UTF8.self)
            .replacing("/sys/", with: folder.path + "/sys/").replacing("/dev/kmsg", with: folder.path + "/kmsg")
        try await Program("/bin/chmod").run("755", try folder.write("", to: "kmsg"), folder.path + "/bin/modprobe")
        let path = try folder.write(text, to: "script")
        let program = Program(shell[0], environment: ["PATH": folder.path + "/bin:/usr/bin:/bin"])
        return try await program.run(Array(shell.dropFirst()) + [path] + arguments)
    }

    @Test(arguments: shells) func bindsTheCardItWasWrittenFor(_ shell: [String]) async throws {
        let folder = try node()
        let result = try await run(shell, [try entry(.bind, "61:00.0"), try entry(.bind, "c1:00.0")], in: folder)
        #expect(result.status == 0 && result.error.isEmpty, "\(result.transcript)")
        let devices = "sys/bus/pci/devices"
        #expect(try folder.text("\(devices)/0000:61:00.0/driver_override") == "vfio-pci\n")
        #expect(try folder.text("\(devices)/0000:61:00.0/driver/unbind") == "0000:61:00.0\n")
        #expect(try folder.text("\(devices)/0000:c1:00.0/driver_override") == "(null)\n")
        #expect(try folder.text("\(devices)/0000:c1:00.0/driver/unbind") == "\n")
        #expect(try folder.text("loaded") == "vfio-pci\n")
        #expect(try folder.text("sys/bus/pci/drivers_probe") == "0000:61:00.0\n")
        let log = try folder.text("kmsg").split(separator: "\n").map(String.init)
        let moved = try Fixtures.address("c1:00.0")
        #expect(EarlyScript.refusal(of: moved, in: log)?.contains("is 10ee:5000:10ee:000e and not") == true, "\(log)")
        #expect(EarlyScript.refusal(of: try Fixtures.address("61:00.0"), in: log) == nil)
    }

    @Test(arguments: shells) func keepsATwinAndMissesNobody(_ shell: [String]) async throws {
        let folder = try node()
        let entries = [try entry(.keep("xocl"), "61:00.0"), try entry(.bind, "99:00.0")]
        let result = try await run(shell, entries, in: folder)
        #expect(result.status == 0 && result.error.isEmpty, "\(result.transcript)")
        #expect(try folder.text("sys/bus/pci/devices/0000:61:00.0/driver_override") == "xocl\n")
        #expect(try folder.text("sys/bus/pci/devices/0000:61:00.0/driver/unbind") == "\n")
        #expect(throws: (any Error).self) { try folder.text("loaded") }
        #expect(try folder.text("kmsg") == "vfiofleet: 0000:99:00.0 is not there\n")
    }

    /// update-initramfs runs it that way, on the running node.
    @Test(arguments: shells) func askedForItsPrerequisitesItDoesNothing(_ shell: [String]) async throws {
        let folder = try node()
        let result = try await run(shell, [try entry(.bind, "61:00.0")], in: folder, "prereqs")
        #expect(result.output == "\n" && result.status == 0)
        #expect(try folder.text("sys/bus/pci/devices/0000:61:00.0/driver_override") == "(null)\n")
    }

    @Test func shellcheckFindsNothing() async throws {
        let folder = try TemporaryFolder()
        let text = String(
            decoding: EarlyScript([try entry(.bind, "61:00.0"), try entry(.keep("x"), "c1:00.0")]).bytes, as: UTF8.self)
        let result = try await Program("/usr/bin/shellcheck").run("-s", "sh", try folder.write(text, to: "script"))
        #expect(result.status == 0, "\(result.transcript)")
    }
}
