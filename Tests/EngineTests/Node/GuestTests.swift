import Engine
import Fleet
import Foundation
import Testing

@Suite struct GuestTests {
    static let configuration = """
        #a note: bios: seabios
        bios: seabios
        boot: order=scsi0
        cpu: host
        hostpci3: 0000:09:00.0
        machine:   q35\u{20}

        [before-update]
        bios: ovmf
        cpu: kvm64

        """

    /// Takes one `qm set` as the real one does: checks the digest first, prints what it sets, keeps values verbatim.
    private static let qm = #"""
        printf '%s\n' "$@" >/etc/arguments
        [ "$1" = set ] || exit 2
        conf=/etc/pve/qemu-server/$2.conf; id=$2; shift 2; said=
        for argument; do last=$argument; done
        if [ "$(sha1sum <"$conf" | cut -d' ' -f1)" != "$last" ]; then
            echo 'checksum mismatch (file change by other user?)' >&2; exit 255
        fi
        while [ "$1" != --digest ]; do
            case $1 in
            --delete) for key in $(echo "$2" | tr , ' '); do sed -i "1,/^\[/{/^$key:/d}" "$conf"; done ;;
            *) { printf '%s: %s\n' "${1#--}" "$2"; sed "1,/^\[/{/^${1#--}:/d}" "$conf"; } >/etc/conf.new; cat /etc/conf.new >"$conf" ;;
            esac
            said="$said -${1#--} $2"; shift 2
        done
        echo "update VM $id:$said"
        """#

    private func node(_ shell: NodeShell, _ text: String = configuration) async throws -> TestNode {
        let node = try await TestNode(shell)
        try node.put("etc/pve/qemu-server/100.conf", text)
        try node.install("qm", Self.qm)
        try await node.operations().lock(try .test())
        return node
    }

    private func change(_ options: GuestChange.Option...) throws -> GuestChange {
        GuestChange(vm: try #require(VMID("100")), options: options)
    }

    @Test(arguments: NodeShell.allCases)
    func setsAllInOneCall(_ shell: NodeShell) async throws {
        let node = try await node(shell)
        let change = try change(
            .init(key: "bios", before: "seabios", after: "ovmf"), .init(key: "machine", before: "q35", after: "q35"),
            .init(key: "cpu", before: "host", after: "host,hidden=1"),
            .init(key: "hostpci3", before: "0000:09:00.0", after: nil),
            .init(key: "hostpci0", before: nil, after: "01:00.0,pcie=1,x-vga=1"),
            .init(key: "hostpci9", before: nil, after: nil))
        let evidence = try await node.operations().set(change, try .test())
        let digest = try #require(evidence.command.split(separator: " ").last)
        #expect(
            evidence.command == "qm set 100 --bios ovmf --cpu host,hidden=1 --hostpci0 01:00.0,pcie=1,x-vga=1"
                + " --delete hostpci3 --digest \(digest)")
        #expect(evidence.exitCode == 0)
        #expect(evidence.output.hasPrefix("update VM 100: -bios ovmf"))
        #expect(node.text("etc/pve/qemu-server/100.conf")?.contains("cpu: kvm64") == true)

        // The second time there is nothing to do, and the roll-out's backup stays the first one.
        try node.install("qm", "exit 9")
        let again = try await node.operations().set(change, try .test())
        #expect(again.output.contains("nothing was set"))
        let backup = try #require(try await node.operations().backups().first)
        let done = change.options.filter { $0.before != $0.after }.sorted { $0.key < $1.key }
        #expect(backup.guests == [GuestChange(vm: change.vm, options: done)])
        #expect(node.text("lib/vfiofleet/backups/rollout-a/guests/100.conf") == Self.configuration)
        #expect(!node.list("lib/vfiofleet").contains("guest"))
    }

    @Test(arguments: NodeShell.allCases)
    func valuesAreData(_ shell: NodeShell) async throws {
        let node = try await node(shell)
        let value = #"$(touch /etc/oops) `id` 'a' "b" \n * ; & ü --delete"#
        _ = try await node.operations().set(try change(.init(key: "args", before: nil, after: value)), try .test())
        #expect(node.text("etc/arguments")?.hasPrefix("set\n100\n--args\n\(value)\n--digest\n") == true)
        #expect(node.text("etc/oops") == nil)
    }

    @Test(arguments: NodeShell.allCases)
    func changedSincePlan(_ shell: NodeShell) async throws {
        let node = try await node(shell)
        let change = try change(.init(key: "cpu", before: "x86-64-v2-AES", after: "host,hidden=1"))
        let token = try FencingToken.test()
        let refused = await refusal { () throws(NodeFailure) in _ = try await node.operations().set(change, token) }
        #expect(refused?.error.code == "guest-changed-since-plan")
        #expect(refused?.error.message.contains("cpu is host, the plan saw x86-64-v2-AES") == true)
        #expect(refused?.evidence?.output == Self.configuration)
        #expect(node.text("etc/arguments") == nil)
    }

    /// A running guest: `qm set` leaves the change in the pending section, and that is as wanted.
    @Test(arguments: NodeShell.allCases)
    func pendingChangesCount(_ shell: NodeShell) async throws {
        let pending =
            "bios: seabios\nhostpci1: 01:00.1\n\n[PENDING]\nbios: ovmf\ndelete: hostpci1\n\n[snap]\nbios: seabios\n"
        let node = try await node(shell, pending)
        let wanted = try change(
            .init(key: "bios", before: "seabios", after: "ovmf"), .init(key: "hostpci1", before: "01:00.1", after: nil))
        let evidence = try await node.operations().set(wanted, try .test())
        #expect(evidence.output.contains("nothing was set"))
    }

    @Test(arguments: [
        ("VM is locked (backup)", "guest-locked"), ("can't lock file '/var/lock/x' - got timeout", "guest-busy"),
        ("checksum mismatch (file change by other user?)", "guest-changed-since-plan"),
        ("cluster not ready - no quorum?", "cluster-not-quorate"),
        ("400 Parameter verification failed.\nhostpci0: invalid format - format error", "guest-refused"),
    ])
    func whatQMSays(_ message: String, _ code: String) async throws {
        let node = try await node(.dash)
        try node.install("qm", "cat >&2 <<'END'\n\(message)\nEND\nexit 255")
        let change = try change(.init(key: "hostpci0", before: nil, after: "zz"))
        let token = try FencingToken.test()
        let refused = await refusal { () throws(NodeFailure) in _ = try await node.operations().set(change, token) }
        #expect(refused?.error.code.rawValue == code)
        #expect(refused?.evidence?.output == message)
        #expect(refused?.evidence?.exitCode == 255)
    }

    @Test func lockedOrMissingGuests() async throws {
        let node = try await node(.dash, "bios: seabios\nlock: backup\n")
        let token = try FencingToken.test()
        let locked = try change(.init(key: "bios", before: "seabios", after: "ovmf"))
        let refused = await refusal { () throws(NodeFailure) in _ = try await node.operations().set(locked, token) }
        #expect(refused?.error.code == "guest-locked")
        #expect(refused?.error.message.contains("backup") == true)
        let missing = GuestChange(vm: try #require(VMID("999")), options: locked.options)
        let gone = await refusal { () throws(NodeFailure) in _ = try await node.operations().set(missing, token) }
        #expect(gone?.error.code == "guest-missing")
    }

    @Test(arguments: ["digest", "skiplock", "Bios", "a b", "", "-x", "a\nb"])
    func otherWordsAreNoOptions(_ key: String) async throws {
        let node = try await TestNode()
        let token = try FencingToken.test()
        let change = try change(.init(key: key, before: nil, after: "1"))
        let refused = await refusal { () throws(NodeFailure) in _ = try await node.operations().set(change, token) }
        #expect(refused?.error.code == "guest-option-invalid")
    }
}
