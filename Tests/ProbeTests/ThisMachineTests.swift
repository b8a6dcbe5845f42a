import Fleet
import Foundation
import Probe
import Testing

/// The script on the machine that runs the tests: a real kernel, and no Proxmox node.
@Suite struct ThisMachineTests {
    @Test(arguments: ProbeRun.Shell.allCases)
    func tellsWhatTheMachineIs(_ shell: ProbeRun.Shell) throws {
        let facts = ProbeParser.parse(try ProbeRun.answer(shell))
        #expect(facts.formatVersion == 1)
        #expect(facts.bootID.value?.description == read("/proc/sys/kernel/random/boot_id"))
        #expect(facts.kernelRelease.value == read("/proc/sys/kernel/osrelease"))
        #expect(facts.kernelCommandLine.value == read("/proc/cmdline"))
        #expect(facts.hostName.value == read("/proc/sys/kernel/hostname"))
        #expect(facts.cpu.value != nil)
        #expect((facts.memory.value?.totalKiB ?? 0) > 1024)
        #expect((facts.memory.value?.availableKiB ?? 0) > 0)
        #expect((facts.uptime.value ?? 0) > 0)
        #expect(facts.tools["stat"] == "/usr/bin/stat")
        #expect(!facts.evidence.isEmpty)
    }

    @Test func listsThePCIFunctionsOfSysfs() throws {
        let facts = ProbeParser.parse(try ProbeRun.answer())
        let root = "/sys/bus/pci/devices"
        let names = try FileManager.default.contentsOfDirectory(atPath: root).sorted()
        let functions = try #require(facts.functions.value)
        #expect(functions.map(\.address.description).sorted() == names)
        for function in functions {
            let path = "\(root)/\(function.address)"
            #expect("0x\(function.id.description.prefix(4))" == read("\(path)/vendor"))
            #expect("0x\(function.id.description.suffix(4))" == read("\(path)/device"))
            #expect("0x\(function.class)" == read("\(path)/class"))
            let driver = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(path)/driver")
            #expect(function.driver?.description == driver?.split(separator: "/").last.map(String.init))
            #expect(function.powerState == read("\(path)/power_state"))
        }
    }

    @Test func dashAndBusyboxGiveTheSameAnswer() throws {
        let dash = ProbeParser.stableContent(of: try ProbeRun.answer(.dash, nonce: "aaaa"))
        let busybox = ProbeParser.stableContent(of: try ProbeRun.answer(.busybox, nonce: "bbbb"))
        #expect(String(decoding: dash, as: UTF8.self) == String(decoding: busybox, as: UTF8.self))
    }

    @Test func knowsTheAddressTheLoginCameInOn() throws {
        let connection = ["SSH_CONNECTION": "192.0.2.7 50022 192.0.2.2 22"]
        let facts = ProbeParser.parse(try ProbeRun.answer(environment: connection))
        #expect(facts.evidence["login"]?.output == "192.0.2.2")
    }

    @Test func isCleanShell() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "probe-\(UUID().uuidString).sh")
        try Data(ProbeScript.text).write(to: folder)
        defer { try? FileManager.default.removeItem(at: folder) }
        for words in [["dash", "-n"], ["busybox", "sh", "-n"], ["shellcheck", "-s", "sh"]] {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = words + [folder.path]
            try process.run()
            process.waitUntilExit()
            #expect(process.terminationStatus == 0, "\(words)")
        }
    }

    private func read(_ path: String) -> String? {
        (try? String(contentsOfFile: path, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
