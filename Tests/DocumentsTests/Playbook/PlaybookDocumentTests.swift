import Documents
import Fleet
import Testing

@Suite struct PlaybookDocumentTests {
    @Test func whatIsLeftOutIsTheGuides() throws {
        #expect(try PlaybookDocument.parse("playbook: bare\n", file: "p.yaml") == Playbook(name: "bare"))
    }

    static let full = """
        playbook: full
        summary: "All there is"
        nodes: "gpu,!pve03"
        devices:
          - {name: gpu, at: 01:00, functions: [0, 1], optional: yes, accept-siblings: ["00:1f.3", "00:1f.4 8086:a323"]}
          - name: nic
            match: {category: network, vendor: 8086, ids: ["8086:15bc"], count: 2, include-boot-vga: true}
        kernel: {intel: [a=1], amd: [], all: [quiet]}
        modules: [vfio-pci]
        blacklist: []
        vfio: {disable-vga: off, softdep: never}
        files: drop-in
        guests:
          - vm: 100
            nodes: pve[01-02]
            bios: ovmf
            machine: q35
            cpu: "host,hidden=1"
            options: {onboot: true, memory: 4096, name: "on"}
            devices:
              - {device: gpu, options: {x-vga: on, pcie: 1, romfile: a.rom, vendor-id: "0x10de"}, layout: all-functions}
              - nic
          - {vm: 100, nodes: pve04}
        rollout:
          {canary: 0, batch: 25%, pause: 90, return-within: 1h, confirm-within: never, windows: ["Sat,Sun 22:00-06:00 Europe/Berlin"]}
        overrides:
          - {nodes: pve04, files: guide, kernel: {amd: [x]}, guests: [], compliance-only: true}
        """

    @Test func everyValueCanBeSet() throws {
        let playbook = try PlaybookDocument.parse(Self.full, file: "p.yaml")
        let vm = try #require(VMID(number: 100))
        let siblings = [try #require(AcceptedSibling("00:1f.3")), try #require(AcceptedSibling("00:1f.4 8086:a323"))]
        let id = try #require(PCIID("8086:15bc"))
        #expect(playbook.summary == "All there is")
        #expect(playbook.nodes == "gpu,!pve03")
        #expect(
            playbook.settings
                == NodeSettings(
                    devices: [
                        .init(
                            name: "gpu", match: .slot(try #require(PCISlot("01:00"))), functions: [0, 1],
                            optional: true,
                            acceptSiblings: siblings),
                        .init(
                            name: "nic",
                            match: .kind(
                                .init(category: .network, vendor: 0x8086, ids: [id], count: 2, includeBootVGA: true))),
                    ],
                    kernel: .init(intel: ["a=1"], amd: [], all: ["quiet"]), modules: ["vfio-pci"], blacklist: [],
                    vfio: .init(disableVGA: false, softdep: .never), files: .dropIn,
                    guests: [
                        .init(
                            vm: vm, nodes: "pve[01-02]",
                            options: [
                                "bios": "ovmf", "machine": "q35", "cpu": "host,hidden=1", "onboot": "1",
                                "memory": "4096", "name": "on",
                            ],
                            devices: [
                                .init(
                                    device: "gpu", layout: .allFunctions,
                                    firstFunctionOptions: ["x-vga=1", "pcie=1", "romfile=a.rom", "vendor-id=0x10de"]),
                                .init(device: "nic"),
                            ]), .init(vm: vm, nodes: "pve04"),
                    ]))
        #expect(
            playbook.rollout
                == .init(
                    canaries: 0, batch: .percent(25), pauseSeconds: 90, returnWithinSeconds: 3600,
                    confirmWithinSeconds: nil,
                    windows: [try #require(MaintenanceWindow("Sat,Sun 22:00-06:00 Europe/Berlin"))]))
        let override = try #require(playbook.overrides.first?.changes.applied(to: playbook.settings))
        #expect(override.files == .guide)
        #expect(override.kernel == .init(intel: ["a=1"], amd: ["x"], all: ["quiet"]))
        #expect(override.guests.isEmpty)
        #expect(override.complianceOnly)
    }

    @Test func whatIsEncodedReadsBackTheSame() throws {
        let playbook = try PlaybookDocument.parse(Self.full, file: "p.yaml")
        let encoded = PlaybookDocument.encode(playbook)
        #expect(try PlaybookDocument.parse(encoded, file: "e.yaml") == playbook, "\(encoded)")
    }

    struct Wrong: Sendable, CustomTestStringConvertible {
        var text: String
        var code: FleetError.Code
        var line: Int
        var column: Int
        var hint: String
        var testDescription: String { text }

        init(_ text: String, _ code: String, _ line: Int, _ column: Int, _ hint: String = "") {
            self.text = text
            self.code = FleetError.Code(rawValue: "playbook-\(code)")
            self.line = line
            self.column = column
            self.hint = hint
        }
    }

    @Test(arguments: [
        Wrong("", "empty", 0, 0),
        Wrong("nodes: all", "missing-key", 1, 1, "“playbook”"),
        Wrong("playbook: p\ndevises: []", "unknown-key", 2, 1, "“devices”"),
        Wrong("playbook: p\nnodes: 'a,lable:x=y'", "selector", 2, 11, "“label:”"),
        Wrong("playbook: p\nnodes: !old", "wrong-type", 2, 8, "quotes"),
        Wrong("playbook: p\ndevices: [{name: g, at: 60}]", "invalid-value", 2, 25, "at: \"01:00\""),
        Wrong("playbook: p\ndevices: [{name: g, at: 01:00.1}]", "invalid-value", 2, 25, "functions: [1]"),
        Wrong("playbook: p\ndevices: [{name: g}]", "missing-key", 2, 11, "at: \"01:00\""),
        Wrong("playbook: p\ndevices: [{name: g, at: 01:00, match: {vendor: amd}}]", "conflicting-keys", 2, 11),
        Wrong("playbook: p\ndevices: [{name: g, match: {}}]", "missing-key", 2, 28, "category"),
        Wrong("playbook: p\ndevices: [{name: g, match: {category: dispaly}}]", "invalid-value", 2, 39, "“display”"),
        Wrong("playbook: p\ndevices: [{name: g, at: 01:00}, {name: g, at: 02:00}]", "duplicate-device", 2, 33),
        Wrong("playbook: p\nkernel: {intel: [a b]}", "invalid-value", 2, 18),
        Wrong("playbook: p\nkernel: {intel: ['a;reboot']}", "invalid-value", 2, 18),
        Wrong("playbook: p\nblacklist: nouveau", "wrong-type", 2, 12),
        Wrong("playbook: p\nfiles: dropin", "invalid-value", 2, 8, "“drop-in”"),
        Wrong("playbook: p\nguests: [{vm: 99}]", "invalid-value", 2, 15, "100…"),
        Wrong("playbook: p\nguests: [{vm: 100, bios: uefi}]", "invalid-value", 2, 26, "ovmf"),
        Wrong("playbook: p\nguests: [{vm: 100, machine: p35}]", "invalid-value", 2, 29, "q35"),
        Wrong("playbook: p\ndevices: [\(String(repeating: "{}, ", count: 257))]", "invalid-value", 2, 10, "256"),
        Wrong("playbook: p\nguests: [{vm: 100, devices: [gpu]}]", "unknown-device", 2, 30),
        Wrong(
            "playbook: p\ndevices: [{name: gpu, at: 01:00}]\nguests: [{vm: 100, devices: [gpv]}]", "unknown-device", 3,
            30,
            "“gpu”"),
        Wrong("playbook: p\nguests: [{vm: 100}, {vm: 100}]", "duplicate-guest", 2, 21),
        Wrong("playbook: p\nguests: [{vm: 100, options: {hostpci0: x}}]", "invalid-value", 2, 30, "devices"),
        Wrong("playbook: p\nguests: [{vm: 100, options: {delete: net0}}]", "invalid-value", 2, 30),
        Wrong("playbook: p\nguests: [{vm: 100, bios: ovmf, options: {bios: seabios}}]", "conflicting-keys", 2, 10),
        Wrong(
            "playbook: p\ndevices: [{name: g, at: 01:00}]\nguests: [{vm: 100, devices: [{device: g, options: {pci: 1}}]}]",
            "unknown-key", 3, 52, "“pcie”"),
        Wrong("playbook: p\nrollout: {batch: 0%}", "invalid-value", 2, 18),
        Wrong("playbook: p\nrollout: {pause: 10x}", "invalid-value", 2, 18),
        Wrong("playbook: p\nrollout: {windows: Sat 22:00-6:00}", "invalid-value", 2, 20),
        Wrong(
            "playbook: p\nrollout: {windows: [daily 22:00-06:00 Europe/Brelin]}", "unknown-time-zone", 2, 21,
            "“Europe/Berlin”"),
        Wrong("playbook: p\nrollout: {windows: daily 01:00-01:30}", "window-too-short", 2, 20, "return-within"),
        Wrong("playbook: p\nrollout: {windows: daily 12:00-12:00}", "window-without-end", 2, 20, "00:00-24:00"),
        Wrong("playbook: p\noverrides: [{files: guide}]", "missing-key", 2, 13),
        Wrong("playbook: p\noverrides: [{nodes: a, rollout: {}}]", "unknown-key", 2, 24),
    ])
    func refusesWithThePlace(_ wrong: Wrong) throws {
        let failure = #expect(throws: InvalidDocument.self) { try PlaybookDocument.parse(wrong.text, file: "p.yaml") }
        let error = try #require(failure?.errors.first)
        #expect(error.code == wrong.code)
        if wrong.line > 0 {
            #expect(error.location == SourceLocation(file: "p.yaml", line: wrong.line, column: wrong.column))
        }
        #expect("\(error)".contains(wrong.hint), "\(error)")
    }
}
