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

    @Test func ignoringSaysNothing() throws {
        let plan = try plan(facts("eno1"), .ignore)
        #expect(!plan.codes.contains("network-name-at-risk") && !plan.codes.contains("network-name-pinned"))
    }
}
