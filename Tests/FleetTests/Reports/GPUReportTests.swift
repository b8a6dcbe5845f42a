import TestSupport
import Testing

@testable import Fleet

@Suite struct GPUReportTests {
    private static func cards(_ machine: String, _ change: (inout NodeFacts) -> Void = { _ in }) throws -> [GPUReport] {
        var facts = try Fixtures.facts(machine)
        change(&facts)
        return GPUReport.cards(of: try Fixtures.node(), facts, judged: true)
    }

    /// The guide's card, before anybody did anything to it.
    private static func guide(_ change: (inout NodeFacts) -> Void = { _ in }) throws -> GPUReport {
        let cards = try cards("intel-z390-rtx2070") { facts in
            edit(&facts, "01:00") { $0.driver = "nouveau" }
            change(&facts)
        }
        return try #require(cards.first { $0.address.description == "0000:01:00.0" })
    }

    private static func edit(_ facts: inout NodeFacts, _ slot: String, _ body: (inout PCIFunction) -> Void) {
        facts.functions = facts.functions.map { functions in
            functions.map { function in
                var function = function
                if function.address.slot.short == slot { body(&function) }
                return function
            }
        }
    }

    // MARK: - Who binds it

    @Test func nobodyBindsAFreshCard() throws {
        let card = try Self.guide()
        #expect(card.binding == .none && !card.isReady && card.guests.isEmpty && card.heldBy == nil)
        #expect(card.model == "NVIDIA GeForce RTX 2070" && card.functions.count == 4)
        #expect(card.prospect?.verdict == .go && card.prospect?.risk != nil)
    }

    @Test func theSettingsBindItAtTheBoot() throws {
        let ids: (inout NodeFacts) -> Void = { facts in
            var configuration = ModprobeConfiguration()
            configuration.options["vfio-pci"] = [
                "ids=8086:1", "disable_vga=1 ids=10de:1f02,10DE:10f9,10de:1ada,10de:1adb",
            ]
            facts.modules.configuration = .known(configuration)
        }
        #expect(try Self.guide(ids).binding == .boot)
        #expect(
            try Self.guide { facts in
                ids(&facts)
                Self.edit(&facts, "01:00") { $0.driver = "vfio-pci" }
            }.isReady)
        // A later list replaces an earlier one, and the kernel's own arguments are another list.
        #expect(
            try Self.guide { facts in
                facts.modules.configuration = .known(
                    ModprobeConfiguration(options: ["vfio-pci": ["ids=10de:1f02", "ids=10de:10f9"]]))
            }.binding == .none)
        #expect(
            try Self.guide { facts in
                facts.kernelCommandLine = .known("quiet vfio-pci.ids=10de:1f02,10de:10f9,10de:1ada,10de:1adb")
            }.binding == .boot)
        #expect(try Self.guide { Self.edit(&$0, "01:00") { $0.driverOverride = "vfio-pci" } }.binding == .boot)
    }

    @Test func aGuestBindsItWhenItStarts() throws {
        let guest: (GuestFacts.State) throws -> GuestFacts = { state in
            GuestFacts(
                kind: .qemu, id: try Fixtures.vm(100), configuration: .known("hostpci0: 01:00,pcie=1\n"),
                state: .known(state), processArguments: .known(nil))
        }
        let (stopped, running) = (try guest(.stopped), try guest(.running))
        let waiting = try Self.guide { $0.guests = .known([stopped]) }
        #expect(waiting.binding == .guestStart && waiting.heldBy == nil && waiting.guests == [stopped.id])
        #expect(try Self.guide { $0.guests = .known([running]) }.heldBy == running.id)
        #expect(try Self.guide { Self.edit(&$0, "01:00") { $0.driver = "vfio-pci" } }.binding == .unexplained)
    }

    @Test func whoGoesAlongIsSaid() throws {
        let cards = try Self.cards("intel-z370-two-gpus-one-group")
        #expect(cards.contains { !$0.companions.isEmpty && $0.isAlone == false })
        let blocked = try #require(cards.first { $0.isAlone == false }?.prospect)
        #expect(blocked.verdict == .blocked && blocked.risk == nil)
        #expect(blocked.blockers.contains { $0.code == "group-sibling-not-accepted" })
    }

    // MARK: - Links

    private static func function(_ address: String, _ parent: String?, _ link: PCILink?) throws -> PCIFunction {
        PCIFunction(
            address: try Fixtures.address(address), id: PCIID(vendor: 0x1002, device: 1),
            class: try #require(PCIClass("030000")), parent: try parent.map(Fixtures.address), link: link)
    }

    private static func link(_ width: Int?, of maximum: Int, speed: Double = 16) -> PCILink {
        PCILink(currentSpeed: speed, maximumSpeed: 16, currentWidth: width, maximumWidth: maximum)
    }

    /// Card, and above it a switch of its own and the root port, as on AMD's cards.
    private static func path(_ card: PCILink?, _ uplink: PCILink?, _ root: PCILink?) throws -> LinkPath? {
        let functions = [
            try function("00:01.1", nil, root), try function("01:00.0", "00:01.1", uplink),
            try function("02:00.0", "01:00.0", link(16, of: 16)), try function("03:00.0", "02:00.0", card),
        ]
        let known = Dictionary(uniqueKeysWithValues: functions.map { ($0.address, $0) })
        return LinkPath(of: functions[3], among: known)
    }

    @Test func theNarrowestLinkCounts() throws {
        let whole = Self.link(16, of: 16)
        #expect(try Self.path(whole, whole, whole)?.state == .full)
        // A slot, or a connector, of eight lanes is no defect.
        let limited = try #require(try Self.path(whole, Self.link(8, of: 16), Self.link(8, of: 8)))
        #expect(limited.state == .limited && limited.width == 8 && limited.possibleWidth == 8)
        // Both ends could do sixteen, and eight came up: hidden behind the card's own whole link.
        let degraded = try #require(try Self.path(whole, Self.link(8, of: 16, speed: 2.5), whole))
        #expect(degraded.state == .degraded && degraded.width == 8 && degraded.possibleWidth == 16)
        #expect(degraded.speed == 2.5 && degraded.possibleSpeed == 16)
        #expect(try Self.path(whole, Self.link(nil, of: 16), whole)?.width == 16)
        #expect(try Self.path(nil, nil, whole) == nil)
        #expect(LinkPath(of: try Self.function("00:02.0", nil, nil), among: [:]) == nil)
    }

    @Test func aLoopOfBridgesEnds() throws {
        let functions = [
            try Self.function("01:00.0", "02:00.0", Self.link(4, of: 4)),
            try Self.function("02:00.0", "01:00.0", Self.link(4, of: 4)),
        ]
        let known = Dictionary(uniqueKeysWithValues: functions.map { ($0.address, $0) })
        #expect(LinkPath(of: functions[0], among: known)?.state == .full)
    }

    // MARK: - Changes

    @Test func whatBecameOfCardsIsTold() throws {
        let before = try Self.cards("intel-z390-rtx2070")
        func changes(_ edit: (inout [GPUReport]) throws -> Void) rethrows -> [String] {
            var after = before
            try edit(&after)
            return GPUChange.changes(from: before, to: after).map { change in
                "\(change.address.short) \(change.change.rawValue) \(change.before ?? "-") \(change.after ?? "-")"
            }
        }
        #expect(changes { _ in }.isEmpty)
        #expect(changes { $0.removeLast() } == ["01:00.0 vanished 0000:01:00.0 -"])
        #expect(
            try changes { $0[1].address = try Fixtures.address("02:00.0") } == [
                "02:00.0 moved 0000:01:00.0 0000:02:00.0"
            ])
        #expect(
            changes { $0[1].id = PCIID(vendor: 0x10de, device: 0x2204) } == [
                "01:00.0 appeared - 0000:01:00.0", "01:00.0 vanished 0000:01:00.0 -",
            ])
        #expect(
            changes { cards in for index in cards[1].functions.indices { cards[1].functions[index].driver = "vfio-pci" }
            }
            .count == 1)
        #expect(GPUChange.changes(from: [], to: before).map(\.change) == [.appeared, .appeared])
    }

    @Test func lostLanesAreAChange() throws {
        let card = try #require(try Self.cards("intel-z390-rtx2070").last)
        func linked(_ width: Int) throws -> GPUReport {
            var card = card
            card.slotLink = try Self.path(Self.link(width, of: 16), Self.link(16, of: 16), Self.link(16, of: 16))
            return card
        }
        let narrower = GPUChange.changes(from: [try linked(16)], to: [try linked(8)])
        #expect(narrower.map(\.change) == [.linkNarrower] && narrower.first?.after == "x8")
        #expect(GPUChange.changes(from: [try linked(8)], to: [try linked(16)]).map(\.change) == [.linkWider])
    }

    // MARK: - Names

    @Test func namesComeFromTheDatabase() throws {
        let text = """
            # A comment
            10de  NVIDIA Corporation
            \t1f02  TU106 [GeForce RTX 2070]
            \t\t1462 3733  Board
            1002  Advanced Micro Devices, Inc. [AMD/ATI]
            \t744c  Navi 31
            C 03  Display controller
            \t00  VGA compatible controller
            """
        let (known, other) = (PCIID(vendor: 0x10de, device: 0x1f02), PCIID(vendor: 0x10de, device: 0x9999))
        let names = PCINames([0xff, 0x0a] + Array(text.utf8), of: [known, other])
        #expect(names.name(of: known) == "NVIDIA Corporation TU106 [GeForce RTX 2070]")
        #expect(names.name(of: other) == nil)
        #expect(names.name(of: PCIID(vendor: 0x1002, device: 0x744c)) == nil, "it was not asked for")
    }

    @Test(arguments: [
        ("10de:1f02", "NVIDIA Corporation TU106 [GeForce RTX 2070]", "NVIDIA GeForce RTX 2070"),
        ("1002:164e", "Advanced Micro Devices, Inc. [AMD/ATI] Raphael", "AMD Raphael"),
        ("1a03:2000", "ASPEED Technology, Inc. ASPEED Graphics Family", "ASPEED Graphics Family"),
        ("10de:2b85", "NVIDIA Corporation Device 2b85", "NVIDIA 10de:2b85"),
        ("1e52:401e", "Tenstorrent Blackhole", "Tenstorrent Blackhole"),
        ("1234:1111", nil, "1234:1111"),
    ])
    func modelsAreWhatPeopleSay(id: String, name: String?, model: String) throws {
        var card = try Self.guide()
        card.id = try #require(PCIID(id))
        card.name = name
        #expect(card.model == model)
    }
}
