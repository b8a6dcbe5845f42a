import Fleet
import Testing

@Suite("Where the controller runs")
struct ControllerPlaceTests {
    private static let uuid = "1f0c3a5e-2b7d-4e8f-9a10-1b2c3d4e5f60"
    private static let boot = "00000000-0000-4000-8000-000000000001"

    private func guest(
        _ kind: GuestFacts.Kind, _ text: String, _ state: GuestFacts.State = .running
    ) -> GuestFacts {
        GuestFacts(
            kind: kind, id: vm(105), configuration: .known(text), state: .known(state), processArguments: .notAsked)
    }

    private func facts(_ guests: GuestFacts..., ha: String? = nil) -> NodeFacts {
        var facts = NodeFacts()
        facts.guests = .known(guests)
        facts.bootID = BootID(Self.boot).map { .known($0) } ?? .notAsked
        if let ha { facts.files["/etc/pve/ha/resources.cfg"] = .known(FileContent(bytes: Array(ha.utf8))) }
        return facts
    }

    private let controller = ControllerIdentity(
        bootID: BootID("00000000-0000-4000-8000-000000000009"), systemUUID: uuid.uppercased(),
        hardwareAddresses: ["BC:24:11:0A:0B:0C"])

    @Test(
        arguments: [
            ("smbios1: uuid=\(uuid)\n", GuestFacts.Kind.qemu, true),
            ("smbios1: uuid=\(uuid.uppercased()),manufacturer=QQ==,base64=1\n", .qemu, true),
            ("net0: virtio=BC:24:11:0A:0B:0C,bridge=vmbr0,firewall=1\n", .qemu, true),
            ("net3: name=eth3,bridge=vmbr0,hwaddr=BC:24:11:0A:0B:0C,ip=dhcp,type=veth\n", .lxc, true),
            ("net0: virtio=BC:24:11:0A:0B:0D,bridge=vmbr0\nsmbios1: uuid=\(boot)\n", .qemu, false),
            ("description: BC:24:11:0A:0B:0C\n", .qemu, false),
            // What it was at a snapshot.
            ("memory: 512\n[before]\nsmbios1: uuid=\(uuid)\n", .qemu, false),
        ])
    func itsGuestIsKnown(text: String, kind: GuestFacts.Kind, isIt: Bool) {
        let place = controller.place(on: facts(guest(kind, text)))
        #expect(place == (isIt ? .guest(kind, vm(105)) : nil))
        #expect(controller.place(on: facts(guest(kind, text, .stopped))) == nil, "a copy of it")
        #expect(ControllerIdentity().place(on: facts(guest(kind, text))) == nil)
    }

    /// A container shares its node's kernel, and so does who runs on the node itself.
    @Test func itsNodeIsKnownByItsBoot() {
        let here = ControllerIdentity(bootID: BootID(Self.boot))
        #expect(here.place(on: facts()) == .host)
        #expect(controller.place(on: facts()) == nil)
    }

    private func plan(_ facts: NodeFacts, _ choice: EvacuationSettings.Choice?) -> NodePlan {
        var plan = change("a", guests: [])
        plan.evacuation = choice.map { [GuestDeparture(kind: .qemu, vm: vm(105), choice: $0)] }
        return plan.sparing(controller, facts)
    }

    @Test func itsNodeIsBlockedUnlessItGoesAway() {
        let facts = facts(guest(.qemu, "smbios1: uuid=\(Self.uuid)\n"))
        for choice in [nil, .shutdown, .leave] as [EvacuationSettings.Choice?] {
            let blocked = plan(facts, choice)
            #expect(blocked.verdict == .blocked && blocked.reasons.first?.code == "controller-on-node")
            #expect(blocked.files.isEmpty && !blocked.reboot && blocked.commands.isEmpty)
        }
        let moved = plan(facts, .migrate)
        #expect(moved.verdict == .change && moved.hostsController == true)
        #expect(moved.reasons.map(\.code) == ["controller-on-node"] && moved.reasons.first?.severity == .warning)
    }

    @Test func highAvailabilityMovesItsVirtualMachineToo() {
        let text = "smbios1: uuid=\(Self.uuid)\n"
        let managed = "vm: 105\n\tstate started\n"
        #expect(plan(facts(guest(.qemu, text), ha: managed), nil).verdict == .change)
        #expect(plan(facts(guest(.qemu, text + "hostpci0: 01:00.0\n"), ha: managed), nil).verdict == .blocked)
        let container = "net0: name=eth0,hwaddr=BC:24:11:0A:0B:0C\n"
        #expect(plan(facts(guest(.lxc, container), ha: "ct: 105\n\tstate started\n"), nil).verdict == .blocked)
    }

    @Test func withoutARebootNothingIsInTheWay() {
        let light = change("a", reboot: false).sparing(controller, facts(guest(.qemu, "smbios1: uuid=\(Self.uuid)\n")))
        #expect(light == change("a", reboot: false))
    }

    @Test(arguments: [RolloutSettings.Order.risk, .inventory]) func itComesLast(order: RolloutSettings.Order) throws {
        let own = plan(facts(guest(.qemu, "smbios1: uuid=\(Self.uuid)\n")), .migrate)
        let run = try RolloutFixture([own, change("b"), change("c")], RolloutSettings(order: order))
        #expect(run.rollout.nodes.map(\.node) == [name("b"), name("c"), name("a")])
    }
}
