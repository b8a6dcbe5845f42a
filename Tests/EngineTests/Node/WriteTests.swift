import Engine
import Fleet
import Foundation
import Testing

@Suite struct WriteTests {
    @Test(arguments: NodeShell.allCases)
    func replacesCreatesAndRemoves(_ shell: NodeShell) async throws {
        let node = try await TestNode(shell)
        let token = try FencingToken.test()
        try node.put("etc/default/grub", "old\n")
        try node.put("etc/modprobe.d/gone.conf", "old\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: node.etc.path + "/default/grub")
        let changes: [FileChange] = [
            .text("/etc/default/grub", "old\n", "new\n"),
            .text("/etc/default/grub.d/deep/zz.cfg", nil, "x\n"),
            .text("/etc/modprobe.d/gone.conf", "old\n", nil),
            .text("/etc/empty", nil, ""),
        ]
        try await node.operations().lock(token)
        try await node.operations().write(changes, token)
        let once = node.list("etc")
        #expect(node.text("etc/default/grub") == "new\n")
        #expect(node.text("etc/default/grub.d/deep/zz.cfg") == "x\n")
        #expect(node.text("etc/modprobe.d/gone.conf") == nil)
        #expect(node.bytes("etc/empty") == [])
        #expect(try mode(node, "etc/default/grub") == 0o600)
        #expect(try mode(node, "etc/empty") == 0o644)

        try await node.operations().write(changes, token)
        #expect(node.list("etc") == once)
        #expect(!node.list("lib").contains { $0.contains("new") || $0.contains("staging") })
        let backups = try await node.operations().backups()
        #expect(backups.map(\.rollout) == [token.rollout])
        #expect(backups.first?.changes == changes.sorted { $0.path < $1.path })
        #expect(backups.first?.files.map(\.before.mode) == [0o600, nil, nil, 0o644])
        #expect(backups.first?.files.map(\.after.mode) == [0o600, 0o644, 0o644, nil])

        // Undo is a write the other way round; folders we made go with their last file, and metadata comes back.
        let undo = changes.map { FileChange(path: $0.path, before: $0.after, after: $0.before) }
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o640],
            ofItemAtPath: node.state.path + "/backups/rollout-a/before/etc/modprobe.d/gone.conf")
        try await node.operations().write(undo, token)
        #expect(node.text("etc/default/grub") == "old\n")
        #expect(try mode(node, "etc/modprobe.d/gone.conf") == 0o640)
        #expect(node.list("etc") == ["default", "default/grub", "modprobe.d", "modprobe.d/gone.conf"])
        // The roll-out's first backup is kept.
        #expect(node.text("lib/vfiofleet/backups/rollout-a/before/etc/default/grub") == "old\n")
    }

    @Test(arguments: NodeShell.allCases)
    func givesFilesToTheirOwners(_ shell: NodeShell) async throws {
        let node = try await TestNode(shell)
        let token = try FencingToken.test()
        try node.put("etc/modules", "vfio\n")
        let owner = FileOwner(user: 12, group: 34)
        let changes = [
            FileChange(path: "/etc/modules", before: Array("vfio\n".utf8), after: Array("vfio\n".utf8), owner: owner),
            FileChange(path: "/etc/new", before: nil, after: [10], mode: 0o640, owner: owner),
        ]
        try await node.operations().lock(token)
        for _ in 1...2 { try await node.operations().write(changes, token) }
        #expect(node.text("etc/modules") == "vfio\n" && node.bytes("etc/new") == [10])
        for path in ["etc/modules", "etc/new"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: node.root.appending(path: path).path)
            #expect((attributes[.ownerAccountID] as? NSNumber)?.intValue == 12, "\(path)")
            #expect((attributes[.groupOwnerAccountID] as? NSNumber)?.intValue == 34, "\(path)")
        }
        #expect(try mode(node, "etc/new") == 0o640)
        let notes = try #require(try await node.operations().backups().first?.files)
        #expect(notes.map(\.after.owner) == [owner, owner])
        #expect(notes.first?.before.owner == FileOwner(user: 0, group: 0))
    }

    @Test(arguments: NodeShell.allCases)
    func refusesWhatChangedSincePlan(_ shell: NodeShell) async throws {
        let node = try await TestNode(shell)
        let token = try FencingToken.test()
        try node.put("etc/default/grub", "A=1\nB=3\n")
        try node.put("etc/modules", "loop\n")
        let changes: [FileChange] = [
            .text("/etc/modules", "loop\n", "loop\nvfio\n"), .text("/etc/default/grub", "A=1\nB=2\n", "A=1\nB=4\n"),
            .text("/etc/gone", "x\n", "y\n"),
        ]
        try await node.operations().lock(token)
        let refused = await refusal { () throws(NodeFailure) in try await node.operations().write(changes, token) }
        #expect(refused?.error.code == "file-changed-since-plan")
        #expect(refused?.error.message.contains("Line 2 of /etc/default/grub is “B=3”, the plan saw “B=2”.") == true)
        #expect(refused?.error.message.contains("/etc/gone is gone.") == true)
        #expect(refused?.evidence?.output.contains("A=1\nB=3\n") == true)
        #expect(node.text("etc/modules") == "loop\n")
        #expect(node.list("lib/vfiofleet/backups").isEmpty)
    }

    @Test(arguments: NodeShell.allCases)
    func hostileNamesAndBytesArriveAsTheyAre(_ shell: NodeShell) async throws {
        let node = try await TestNode(shell)
        let token = try FencingToken.test()
        let names = [
            "-rf", "a b ", "$(touch oops)", "`id`", "it's", "\"q\"", "*", "[a]", "back\\slash", "ü€", "~", "#c", ";x",
            "-e",
        ]
        var bytes = (0...255).map { UInt8($0) }
        bytes += bytes + [0x0a, 0x0a]
        let changes = names.map { FileChange(path: "/etc/hostile/\($0)", before: nil, after: bytes) }
        try await node.operations().lock(token)
        try await node.operations().write(changes, token)
        #expect(Set(node.list("etc/hostile")) == Set(names))
        for name in names { #expect(node.bytes("etc/hostile/\(name)") == bytes) }
        #expect(try await node.operations().backups().first?.changes == changes.sorted { $0.path < $1.path })
    }

    @Test(arguments: [
        "/etc/pve/qemu-server/100.conf", "/etc/../root/x", "/root/.ssh/authorized_keys", "etc/modules", "/etc/a\nb",
        "/etc//x", "/etc/x/", "/etc",
    ])
    func otherPathsAreNoMatterForIt(_ path: String) async throws {
        let node = try await TestNode()
        let token = try FencingToken.test()
        try await node.operations().lock(token)
        let refused = await refusal { () throws(NodeFailure) in
            try await node.operations().write([.text(path, nil, "x")], token)
        }
        #expect(refused?.error.code == "path-not-allowed")
    }

    @Test(arguments: NodeShell.allCases)
    func linksAndOddFiles(_ shell: NodeShell) async throws {
        let node = try await TestNode(shell)
        let token = try FencingToken.test()
        try node.put("etc/modules", "old\n")
        try node.put("outside", "old\n")
        let files = FileManager.default
        let etc = node.etc.path
        try files.createDirectory(atPath: etc + "/folder", withIntermediateDirectories: true)
        try files.createDirectory(atPath: etc + "/pve", withIntermediateDirectories: true)
        try files.createSymbolicLink(atPath: etc + "/inside.conf", withDestinationPath: "modules")
        try files.createSymbolicLink(atPath: etc + "/out.conf", withDestinationPath: "/var/lib/x")
        try files.createSymbolicLink(atPath: etc + "/cluster", withDestinationPath: "/etc/pve")
        try node.put("lib/x", "old\n")
        try await node.operations().lock(token)
        for (path, code) in [
            ("/etc/folder", "not-a-regular-file"), ("/etc/out.conf", "path-not-allowed"),
            ("/etc/cluster/a.conf", "path-not-allowed"), ("/etc/modules/below", "not-a-regular-file"),
        ] {
            let refused = await refusal { () throws(NodeFailure) in
                try await node.operations().write([.text(path, "old\n", "new\n")], token)
            }
            #expect(refused?.error.code.rawValue == code, "\(path)")
        }
        #expect(node.text("lib/x") == "old\n")
        try await node.operations().write([.text("/etc/inside.conf", "old\n", "new\n")], token)
        #expect(node.text("etc/modules") == "new\n")
        #expect(try files.destinationOfSymbolicLink(atPath: etc + "/inside.conf") == "modules")
    }

    private func mode(_ node: TestNode, _ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: node.root.appending(path: path).path)[.posixPermissions]
            as? Int
    }
}
