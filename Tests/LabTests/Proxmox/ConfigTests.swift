import TestSupport
import Testing

@testable import Lab

/// Reading and writing a guest's configuration file.
@Suite struct ConfigTests {
    private static let lines = [
        "memory: 2048", "hostpci0: 02:00.0,pcie=1", "hostpci0: zz", "name: a", "boot: ", "boot:   ", "onboot: yes",
        "#text: %C3%A4 100%", "description: more", "[PENDING]", "[pending]", "delete: hostpci1,!net0", "[snap1]",
        "[special:cloudinit]", "[special:fleecing]", "[1x]", "[]", "args: -cpu 'host,a'  ", "garbage", "cores: 007",
        "net0: virtio=BC:24:11:00:00:01,bridge=vmbr0\r", "scsi0: local:100/a.raw,size=1G,cache=none", "x: y", "", "  ",
    ]

    private static func random(_ count: Int, seed: UInt64, _ body: (inout SeededNumbers) -> Void) {
        var generator = SeededNumbers(seed: seed)
        for _ in 0..<count { body(&generator) }
    }

    @Test func whatWasWrittenIsReadBackUnchanged() {
        Self.random(400, seed: 1) { generator in
            let text = (0..<12).map { _ in Self.lines.randomElement(using: &generator) ?? "" }.joined(separator: "\n")
            let first = GuestConfigParser.parse(Array(text.utf8), vmid: "100").config.serialized
            let second = GuestConfigParser.parse(first, vmid: "100").config.serialized
            let third = GuestConfigParser.parse(second, vmid: "100").config.serialized
            #expect(second == third, "\(text)")
        }
    }

    @Test func randomBytesNeverTrap() {
        Self.random(300, seed: 2) { generator in
            var bytes = (0..<Int.random(in: 0..<200, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            for _ in 0..<3 {
                bytes += Array((Self.lines.randomElement(using: &generator) ?? "").utf8) + bytes.prefix(3)
            }
            let config = GuestConfigParser.parse(bytes, vmid: "100").config
            _ = GuestConfigParser.parse(config.serialized, vmid: "100")
            let text = String(decoding: bytes, as: UTF8.self)
            for (name, schema) in GuestOptions.schema.shuffled(using: &generator).prefix(20) {
                _ = schema.formatProblem(text, path: name)
            }
            _ = PCIMappings.parse(bytes)
            _ = PCIReservations.parse(text)
            _ = Storages.parse(text)
        }
    }

    @Test func theLastOfARepeatedKeyWinsAndWhatIsWrongIsReported() {
        let text = "memory: 512\nmemory: 1024\nnosuch: 1\nbad line\nonboot: maybe\n"
        let (config, warnings) = GuestConfigParser.parse(Array(text.utf8), vmid: "100")
        #expect(config.main == ["memory": "1024"])
        #expect(
            warnings == [
                "vm 100 - unable to parse value of 'nosuch' - unknown setting 'nosuch'",
                "vm 100 - unable to parse config: bad line",
                "vm 100 - unable to parse value of 'onboot' - type check ('boolean') failed - got 'maybe'",
            ])
    }

    @Test func commentsMoveToTheTopOfTheirSection() {
        let text = "memory: 512\n#one\n[snap1]\nsnaptime: 1\n#two\n"
        let config = GuestConfigParser.parse(Array(text.utf8), vmid: "100").config
        #expect(
            String(decoding: config.serialized, as: UTF8.self) == "#one\nmemory: 512\n\n[snap1]\n#two\nsnaptime: 1\n")
    }
}
