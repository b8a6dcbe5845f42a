import Engine
import Fleet
import Foundation
import Testing

/// Asking where guests may go and sending them there, with the real scripts and what Proxmox prints.
@Suite("Migrating guests, with the scripts") struct GuestMigrationTests {
    private static let answers: [String: String] = [
        "nodes/pve1/qemu/100/migrate": #"{"running":1,"local_disks":[],"local_resources":[],"mapped-resources":[]}"#,
        "nodes/pve1/qemu/101/migrate": #"""
        {"running":1,"allowed_nodes":["pve2"],"not_allowed_nodes":{"pve3":{"unavailable_storages":["ssd"]}},
        "local_disks":[{"cdrom":0,"is_unused":0,"size":1,"volid":"local-lvm:vm-101-disk-0"}],
        "local_resources":["hostpci0"],"mapped-resources":["gpu"]}
        """#,
        "cluster/status": #"""
        [{"type":"cluster","id":"cluster","name":"lab","quorate":1},{"type":"node","name":"pve1","online":1,"local":1},
        {"type":"node","name":"pve2","online":1},{"type":"node","name":"pve3","online":0},
        {"type":"node","name":"pve4","online":1}]
        """#,
        "nodes/pve2/status": #"{"memory":{"total":8589934592,"used":1073741824,"free":7516192768}}"#,
        "nodes/pve3/status": #"{"memory":{"total":8589934592,"used":0,"free":8589934592}}"#,
        "nodes/pve1/qemu/100/status/current": #"{"status":"running","vmid":100}"#,
        "nodes/pve2/qemu/102/status/current": #"{"status":"stopped","vmid":102}"#,
    ]

    /// What `qm` and `pvesh` are told is in `told`; a migration moves the file unless `fails` says what goes wrong.
    private static let move = #"""
        echo "$(basename "$0") $*" >>/etc/told
        if [ -e /etc/fails ]; then cat /etc/fails >&2; exit 255; fi
        mv "/etc/pve/nodes/$from/qemu-server/$id.conf" "/etc/pve/nodes/$to/qemu-server/$id.conf"
        """#

    private func node(_ shell: NodeShell) async throws -> TestNode {
        let node = try await TestNode(shell)
        try node.install("uname", "echo pve1.example.net")
        try node.install("qm", "id=$2 from=pve1 to=$3\n" + Self.move)
        let pvesh = #"""
            if [ "$1" = get ]; then cat "/etc/answers$2" || exit 2; exit 0; fi
            from=$(echo "$2" | cut -d/ -f3) id=$(echo "$2" | cut -d/ -f5) to=$4

            """#
        try node.install("pvesh", pvesh + Self.move)
        for (path, text) in Self.answers { try node.put("etc/answers/\(path)", text) }
        for (host, guest) in [("pve1", "100"), ("pve1", "101"), ("pve2", "102"), ("pve3", "x"), ("pve4", "x")] {
            try node.put("etc/pve/nodes/\(host)/qemu-server/\(guest).conf", "memory: 512\n")
        }
        try await node.operations().lock(try .test())
        return node
    }

    private func code(_ body: () async throws -> Void) async throws -> FleetError.Code? {
        do { try await body() } catch let failure as NodeFailure { return failure.error.code }
        return nil
    }

    private func vm(_ number: UInt32) throws -> VMID { try #require(VMID(number: number)) }

    @Test(arguments: NodeShell.allCases) func whereTheyMayGo(_ shell: NodeShell) async throws {
        let node = try await node(shell)
        let look = try await node.operations().migrationLook([try vm(100), try vm(101)])
        // pve3 is offline, and pve4 does not answer.
        #expect(look.members == [.init(name: "pve2", freeMemory: 7 << 30)])
        #expect(
            look.guests == [
                .init(vm: try vm(100)),
                .init(
                    vm: try vm(101), allowedNodes: ["pve2"], refusedNodes: ["pve3"],
                    localDisks: ["local-lvm:vm-101-disk-0"], localResources: ["hostpci0", "gpu"]),
            ])
        // The cluster's file system knows that pve2 is away: nobody waits for it.
        try node.put(
            "etc/pve/.members", "{\n\"pve1\": { \"id\": 1, \"online\": 1},\n\"pve2\": { \"id\": 2, \"online\": 0 }\n}")
        #expect(try await node.operations().migrationLook([]).members.isEmpty)
        let unknown = try vm(105)
        #expect(try await code { _ = try await node.operations().migrationLook([unknown]) } == "migration-unknown")
    }

    @Test(arguments: NodeShell.allCases) func whereTheyAre(_ shell: NodeShell) async throws {
        let node = try await node(shell)
        let places = try await node.operations().places(of: [try vm(100), try vm(102), try vm(103)])
        #expect(
            places == [
                GuestPlace(vm: try vm(100), host: "pve1", runs: true),
                GuestPlace(vm: try vm(102), host: "pve2", runs: false),
                GuestPlace(vm: try vm(103), host: nil, runs: false),
            ])
        // One about which its member says nothing is nowhere to be counted on.
        let silent = try vm(101)
        #expect(try await code { _ = try await node.operations().places(of: [silent]) } == "guest-place-unknown")
    }

    @Test(arguments: NodeShell.allCases) func thereAndBack(_ shell: NodeShell) async throws {
        let node = try await node(shell)
        let (away, home) = (
            GuestJourney(vm: try vm(100), from: "pve1", to: "pve2", isOnline: true),
            GuestJourney(vm: try vm(100), from: "pve2", to: nil, isOnline: true)
        )
        for journey in [away, away, home, home] { try await node.operations().migrate(journey, .test()) }
        #expect(
            node.text("etc/told")
                == "qm migrate 100 pve2 --online\npvesh create /nodes/pve2/qemu/100/migrate --target pve1 --online 1\n")
        let asleep = GuestJourney(vm: try vm(102), from: "pve2", to: nil, isOnline: false)
        try await node.operations().migrate(asleep, .test())
        #expect(node.text("etc/told")?.hasSuffix("/102/migrate --target pve1\n") == true)
    }

    @Test(arguments: NodeShell.allCases) func whatGoesWrongIsTold(_ shell: NodeShell) async throws {
        let node = try await node(shell)
        let journey = GuestJourney(vm: try vm(100), from: "pve1", to: "pve2", isOnline: true)
        for (words, expected) in [
            ("ERROR: migration aborted (duration 00:00:01): no\nmigration aborted", "guest-not-migrated"),
            ("VM is locked (backup)", "guest-locked"), ("cluster not ready - no quorum?", "cluster-not-quorate"),
        ] as [(String, FleetError.Code)] {
            try node.put("etc/fails", words + "\n")
            #expect(try await code { try await node.operations().migrate(journey, .test()) } == expected)
        }
        let absent = GuestJourney(vm: try vm(105), from: "pve1", to: "pve2", isOnline: true)
        #expect(try await code { try await node.operations().migrate(absent, .test()) } == "guest-missing")
        let other = FencingToken(number: 9, rollout: try #require(RolloutID("other")))
        #expect(try await code { try await node.operations().migrate(journey, other) } == "node-locked")
    }
}
