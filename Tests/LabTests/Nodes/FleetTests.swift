import Documents
import Fleet
import Foundation
import TestSupport
import Testing

/// All machines at once.
@Suite(.serialized) struct LabFleetTests {
    @Test func everyMachineListsExactlyItsFunctions() async throws {
        let names = try LabFleet.allMachines()
        #expect(names.count >= 36)
        let fleet = try await LabFleet.up(names)
        for name in names {
            let machine = try MachineDocument.load("\(LabFleet.machines)/\(name).yaml")
            let listing = try await fleet.ssh(name, "lspci -Dn")
            let expected = machine.functions.sorted { $0.address < $1.address }.map { function in
                let kind = function.class.description.prefix(4)
                let revision =
                    (function.revision ?? 0) == 0
                    ? "" : " (rev \(String(function.revision ?? 0, radix: 16).leftPadded))"
                return "\(function.address) \(kind): \(function.id)\(revision)"
            }
            #expect(listing.error == "", "\(name)")
            #expect(listing.output.split(separator: "\n").map(String.init) == expected, "\(name)")
        }
        try await fleet.down()
    }

    @Test func downLeavesNothingBehind() async throws {
        let fleet = try await LabFleet.up(["intel-z390-rtx2070", "amd-b450-apu-rx580"], count: 4)
        #expect(try await fleet.status().map(\.name).sorted().last == "intel-z390-rtx2070-2")
        let mounts = try String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)
        #expect(!mounts.contains(fleet.directory))
        #expect(try await processes(fleet.directory) > 0)
        try await fleet.down()
        #expect(try await processes(fleet.directory) == 0)
        #expect(!FileManager.default.fileExists(atPath: fleet.directory))
    }

    @Test func downWorksAfterACrashOfTheSupervisor() async throws {
        let fleet = try await LabFleet.up(["intel-z390-rtx2070"])
        let record = try String(contentsOfFile: fleet.directory + "/lab", encoding: .utf8)
        let pid = try #require(record.split(separator: " ").first.flatMap { Int32($0) })
        kill(pid, SIGKILL)
        try await fleet.down()
        #expect(try await processes(fleet.directory) == 0)
        #expect(!FileManager.default.fileExists(atPath: fleet.directory))
    }

    /// How many processes name the lab's directory in their arguments, the supervisor and its parent among them.
    private func processes(_ directory: String) async throws -> Int {
        for _ in 0..<50 {
            let names = try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { Int($0) != nil }
            let lines = names.compactMap { try? String(contentsOfFile: "/proc/\($0)/cmdline", encoding: .utf8) }
            let count = lines.count {
                $0.contains("lab-supervisor\0\(directory)\0") || $0.contains("\(directory)/nodes")
            }
            if count > 0 { return count }
            if !FileManager.default.fileExists(atPath: directory) { return 0 }
            try await Task.sleep(for: .milliseconds(20))
        }
        return 0
    }
}

extension String {
    fileprivate var leftPadded: String { count < 2 ? "0" + self : self }
}
