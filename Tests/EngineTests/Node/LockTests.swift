import Engine
import Fleet
import Foundation
import Testing

@Suite struct LockTests {
    @Test(arguments: NodeShell.allCases)
    func oneHolderAtATime(_ shell: NodeShell) async throws {
        let node = try await TestNode(shell)
        let first = try FencingToken.test(7, "rollout-a")
        let second = try FencingToken.test(8, "rollout-b")
        try await node.operations().lock(first)
        try await node.operations().lock(first)
        let refused = await refusal { () throws(NodeFailure) in try await node.operations(by: "bob@other").lock(second)
        }
        #expect(refused?.error.code == "node-locked")
        #expect(refused?.error.message.contains("rollout-a by alice@controller") == true)
        #expect(refused?.error.advice?.contains("rm /var/lib/vfiofleet/lock") == true)

        try await node.operations().unlock(second)
        #expect(node.text("lib/vfiofleet/lock")?.contains("number 7") == true)
        try await node.operations().unlock(first)
        try await node.operations().unlock(first)
        #expect(node.text("lib/vfiofleet/lock") == nil)
        try await node.operations().lock(second)
        #expect(node.text("lib/vfiofleet/fence") == "8 rollout-b\n")
    }

    @Test(arguments: NodeShell.allCases)
    func lowerNumbersAreRefused(_ shell: NodeShell) async throws {
        let node = try await TestNode(shell)
        let old = try FencingToken.test(10, "rollout-a")
        let resumed = try FencingToken.test(11, "rollout-a")
        try await node.operations().lock(old)
        // The same roll-out, resumed by a controller that took over, gets the lock although the old one never gave it back.
        try await node.operations().lock(resumed)
        for refused in [
            await refusal { () throws(NodeFailure) in try await node.operations().lock(old) },
            await refusal { () throws(NodeFailure) in try await node.operations().write([], old) },
            await refusal { () throws(NodeFailure) in _ = try await node.operations().run(.updateGrub, old) },
        ] {
            #expect(refused?.error.code == "fencing-token-outdated")
        }
        // Numbers are compared as numbers, and an equal number of another roll-out is no newer one.
        let nine = try FencingToken.test(9, "rollout-b")
        let equal = try FencingToken.test(11, "rollout-b")
        for token in [nine, equal] {
            let refused = await refusal { () throws(NodeFailure) in try await node.operations().lock(token) }
            #expect(refused?.error.code == "fencing-token-outdated")
        }
    }

    @Test func twoContendersAtOnce() async throws {
        let node = try await TestNode()
        for round in 0..<5 {
            let winners = try await withThrowingTaskGroup(of: String?.self) { group in
                for name in ["rollout-a", "rollout-b"] {
                    let token = try FencingToken.test(UInt64(100 + round), name)
                    group.addTask {
                        let refused = await refusal { () throws(NodeFailure) in try await node.operations().lock(token)
                        }
                        return refused == nil ? name : nil
                    }
                }
                return try await group.reduce(into: [String]()) { if let name = $1 { $0.append(name) } }
            }
            #expect(winners.count == 1)
            let winner = try #require(winners.first)
            try await node.operations().unlock(try .test(UInt64(100 + round), winner))
        }
    }

    @Test func nothingIsChangedWithoutTheLock() async throws {
        let node = try await TestNode()
        let token = try FencingToken.test()
        let change = FileChange.text("/etc/modules", nil, "vfio\n")
        let before = await refusal { () throws(NodeFailure) in try await node.operations().write([change], token) }
        #expect(before?.error.code == "node-lock-not-held")
        try await node.operations().lock(token)
        try await node.operations().unlock(token)
        let after = await refusal { () throws(NodeFailure) in try await node.operations().write([change], token) }
        #expect(after?.error.code == "node-lock-not-held")
        #expect(node.text("etc/modules") == nil)
    }

    @Test func damagedStateIsSaid() async throws {
        let node = try await TestNode()
        let token = try FencingToken.test()
        try await node.operations().lock(token)
        try node.put("lib/vfiofleet/fence", "seven\n")
        let refused = await refusal { () throws(NodeFailure) in try await node.operations().lock(token) }
        #expect(refused?.error.code == "node-state-damaged")
    }

    @Test func theNodeExplainsItself() async throws {
        let node = try await TestNode()
        try await node.operations().lock(try .test())
        #expect(node.text("lib/vfiofleet/README")?.contains(#"find . -type f -exec cp -p {} /{} \;"#) == true)
        let attributes = try FileManager.default.attributesOfItem(atPath: node.state.path)
        #expect(attributes[.posixPermissions] as? Int == 0o700)
    }
}
