import TestSupport
import Testing

@testable import Fleet

/// Names of network interfaces: which may change, and how they are kept.
@Suite struct NetworkGuardTests {
    private static let mac = "3c:ec:ef:00:11:22"

    /// A node whose bridge sits on the card at 00:1f.6 under this name.
    private func facts(_ name: String, mac: String? = mac, files: [String: String] = [:]) throws -> NodeFacts {
        var facts = try Fixtures.facts("intel-z390-rtx2070") { $0.files = files }
        let card = try Fixtures.address("00:1f.6")
        facts.interfaces = .known([
            NetworkInterface(name: name, mac: mac, function: card),
            NetworkInterface(name: "vmbr0", mac: mac, lower: [name], kind: .bridge),
        ])
        facts.hostUses = .known(
            (facts.hostUses.value ?? []).filter { !$0.purpose.isNetwork } + [
                HostUse(purpose: .defaultRoute, subject: "vmbr0", path: ["vmbr0", name], function: card)
            ])
        let own = "/etc/systemd/network/10-vfiofleet-\(name).link"
        if facts.files[own] == nil { facts.files[own] = .known(FileContent(bytes: nil)) }
        return facts
    }

    private func plan(_ facts: NodeFacts, _ mode: NetworkGuardMode) throws -> NodePlan {
        var settings = try Fixtures.guide("01:00")
        settings.network = mode
        return Planner.plan(node: try Fixtures.node(), facts: facts, settings: settings)
    }

    @Test(arguments: [
        ("eno1", false), ("enp0s31f6", false), ("ens3", false), ("eth0", false), ("enx3cecef001122", true),
    ])
    func namesAreReadAsSystemdMakesThem(name: String, isPinned: Bool) throws {
        let interface = try #require(try plan(facts(name), .check).forecast?.interfaces.first)
        #expect(interface.fate == .stays && interface.isPinned == isPinned)
        #expect(interface.needs == [.defaultRoute])
    }

    @Test func namesInTheKernelsOrderAreUncertainAmongSeveral() throws {
        var facts = try facts("eth0")
        facts.interfaces = facts.interfaces.map { all in
            all + [NetworkInterface(name: "eth1", mac: "00:00:00:00:00:01", function: PCIAddress("0000:02:00.0"))]
        }
        let plan = try plan(facts, .check)
        #expect(plan.forecast?.interfaces.map(\.fate) == [.uncertain, .uncertain])
        #expect(plan.reasons.contains { $0.code == "network-name-at-risk" && $0.severity == .warning })
        #expect(plan.forecast?.risk.reasons.first?.code == .neededNameUncertain)
    }

    @Test func linkFilesAndRulesPin() throws {
        let link = "[Match]\nMACAddress=\(Self.mac.uppercased()) 00:00:00:00:00:09\nType=ether\n\n[Link]\nName=lan0\n"
        let pinned = try facts("lan0", files: ["/etc/systemd/network/20-lan.link": link])
        #expect(try plan(pinned, .check).forecast?.interfaces.first?.isPinned == true)

        let renamed = try facts("eno1", files: ["/etc/systemd/network/20-lan.link": link])
        let interface = try #require(try plan(renamed, .check).forecast?.interfaces.first)
        #expect(interface.fate == .renamed && interface.newName == "lan0")

        let rule = "SUBSYSTEM==\"net\", ACTION==\"add\", ATTR{address}==\"\(Self.mac)\", NAME=\"eth0\"\n"
        let ruled = try facts("eth0", files: ["/etc/udev/rules.d/70-persistent-net.rules": rule])
        #expect(try plan(ruled, .check).forecast?.interfaces.first?.isPinned == true)
    }

    @Test func theFirstFileByNameCounts() throws {
        func link(_ name: String) -> String { "[Match]\nMACAddress=\(Self.mac)\n[Link]\nName=\(name)\n" }
        let facts = try facts(
            "a0",
            files: [
                "/usr/local/lib/systemd/network/10-x.link": link("a0"), "/etc/systemd/network/20-x.link": link("b0"),
            ])
        #expect(try plan(facts, .check).forecast?.interfaces.first?.fate == .stays)
    }

    @Test func pinningWritesALinkFileAndThenHasNothingToDo() throws {
        let facts = try facts("enp0s31f6")
        let first = try plan(facts, .pin)
        let path = "/etc/systemd/network/10-vfiofleet-enp0s31f6.link"
        let text = try #require(first.text(path))
        #expect(text.contains("[Match]\nMACAddress=\(Self.mac)\nType=ether\n\n[Link]\nName=enp0s31f6\n"))
        #expect(first.commands.filter { $0 == .updateInitramfs }.count == 1)
        #expect(first.forecast?.interfaces.first?.isPinned == true)

        let second = try plan(facts.carryingOut(first), .pin)
        #expect(second.verdict == .unchanged, "\(second.reasons.map(\.message))")
    }

    @Test func aPinAloneNeedsNoReboot() throws {
        let bound = try facts("eno1")
        let ready = bound.carryingOut(try plan(bound, .ignore))
        let plan = try plan(ready, .pin)
        #expect(plan.verdict == .change && !plan.reboot && plan.files.count == 1)
        #expect(plan.commands == [.updateInitramfs])
    }

    @Test func cardsThatLookAlikeCannotBePinned() throws {
        var facts = try facts("eth0")
        facts.interfaces = facts.interfaces.map { all in
            all + [NetworkInterface(name: "eth1", mac: Self.mac, function: PCIAddress("0000:02:00.0"))]
        }
        #expect(try plan(facts, .pin).blockers == ["network-name-not-pinnable"])
        #expect(try plan(self.facts("eno1", mac: nil), .pin).blockers == ["network-name-not-pinnable"])
    }

    /// A name that is still there may mean another card.
    @Test func cardsThatTradeNamesAreAMiss() throws {
        var facts = try facts("enp11s0")
        let other = "3c:ec:ef:00:11:33"
        facts.interfaces = facts.interfaces.map { all in
            all + [NetworkInterface(name: "enp12s0", mac: other, function: PCIAddress("0000:02:00.0"))]
        }
        let forecast = try #require(try plan(facts, .check).forecast)
        var after = facts
        after.interfaces = facts.interfaces.map { all in
            all.map { interface in
                var interface = interface
                if interface.function != nil { interface.mac = interface.mac == other ? Self.mac : other }
                return interface
            }
        }
        let misses = forecast.misses(before: nil, after: after).filter { $0.what.hasPrefix("interface") }
        #expect(misses.map(\.seen) == ["enp12s0", "enp11s0"])
    }

    /// What an argument that comes or goes makes of a name: nothing, an uncertain one, or none that the host knows.
    enum Turn: Sendable {
        case none
        case risk
        case loss
    }

    @Test(arguments: [
        ("eno1", "quiet", "net.ifnames=0", Turn.loss), ("enp0s31f6", "quiet", "net.ifnames=0", .loss),
        ("enx3cecef001122", "quiet", "net.ifnames=0", .loss), ("eth0", "quiet", "net.ifnames=0", .none),
        ("eno1", "quiet net.ifnames=0", "net.ifnames=0", .none), ("eno1", "quiet", "net.ifnames=1", .none),
        ("eth0", "quiet net.ifnames=0", "net.ifnames=1", .loss), ("eth0", "quiet", "net.ifnames=1", .none),
        ("eno1", "quiet", "biosdevname=0", .none), ("eno1", "quiet", "biosdevname=1", .risk),
        ("em1", "quiet biosdevname=1", "biosdevname=0", .risk), ("em1", "quiet", "biosdevname=0", .risk),
        ("p2p1", "quiet", "biosdevname=0", .risk),
        ("eno1", "quiet", "net.naming-scheme=v247", .risk), ("eth0", "quiet", "net.naming-scheme=v247", .none),
        ("enp0s31f6", "quiet", "pci=realloc,assign-busses", .risk), ("eno1", "quiet", "pci=assign-busses", .none),
        ("enp0s31f6", "quiet", "pci=realloc", .none),
    ])
    func argumentsGiveAndTakeNames(name: String, now: String, argument: String, turn: Turn) throws {
        var facts = try facts(name)
        facts.kernelCommandLine = .known("BOOT_IMAGE=/boot/vmlinuz-6.8.12-4-pve root=/dev/mapper/pve-root ro \(now)")
        facts.files["/etc/default/grub"] = .known(FileContent(bytes: Array(NodeFacts.debianGrub(now).utf8)))
        var settings = try Fixtures.guide("01:00")
        settings.kernel.all = [try #require(KernelArgument(argument))]
        settings.network = .check
        let checked = Planner.plan(node: try Fixtures.node(), facts: facts, settings: settings)
        switch turn {
        case .loss: #expect(checked.blockers == ["network-name-lost"])
        case .risk:
            #expect(checked.forecast?.interfaces.first?.fate == .uncertain)
            #expect(checked.forecast?.risk.reasons.first?.code == .neededNameUncertain)
        case .none: #expect(checked.forecast?.interfaces.first?.fate == .stays)
        }
        guard let mac = facts.interfaces.value?.first?.mac else { return }
        settings.network = .pin
        let pinned = Planner.plan(node: try Fixtures.node(), facts: facts, settings: settings)
        #expect(pinned.verdict == .change, "\(pinned.blockers)")
        #expect(pinned.forecast?.interfaces.first?.fate == .stays)
        if turn != .none {
            let text = try #require(pinned.text("/etc/systemd/network/10-vfiofleet-\(name).link"))
            #expect(text.contains("MACAddress=\(mac)"))
        }
    }

    /// Somebody else's argument that no boot has had yet comes into force with our reboot.
    @Test func argumentsThatWaitForABootCount() throws {
        var facts = try facts("eno1")
        let grub = NodeFacts.debianGrub("quiet net.ifnames=0")
        facts.files["/etc/default/grub"] = .known(FileContent(bytes: Array(grub.utf8)))
        #expect(try plan(facts, .check).blockers == ["network-name-lost"])
        #expect(try plan(facts, .pin).verdict == .change)
        let silent = try plan(facts, .ignore)
        #expect(silent.forecast?.risk.reasons.first?.code == .neededNameUncertain)
        #expect(silent.forecast?.risk.reasons.contains { $0.code == .pendingChanges } == true)
        // Where systemd makes no names, there are none to lose.
        facts.files["/etc/systemd/network/99-default.link"] = .known(
            FileContent(bytes: [], linkTarget: "/dev/null"))
        #expect(try plan(facts, .check).blockers.isEmpty)
    }

    @Test func ignoringSaysNothing() throws {
        let plan = try plan(facts("eno1"), .ignore)
        #expect(!plan.codes.contains("network-name-at-risk") && !plan.codes.contains("network-name-pinned"))
    }
}
