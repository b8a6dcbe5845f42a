import Documents
import Fleet
import Testing

/// No text makes a reader trap, and each is read or refused with an error that has a place.
@Suite struct RobustnessTests {
    private static let seeds = [
        OwnInventoryTests.full, AnsibleInventoryTests.yaml, AnsibleInventoryTests.ini, PlaybookDocumentTests.full,
    ]

    private static func read(_ text: String) {
        let inventory = Result { try InventoryDocument.parse(text, file: "x") }
        if case .failure(let error) = inventory { expectPlaces(error) }
        let playbook = Result { try PlaybookDocument.parse(text, file: "x") }
        switch playbook {
        case .failure(let error): expectPlaces(error)
        case .success(let playbook):
            let again = try? PlaybookDocument.parse(PlaybookDocument.encode(playbook), file: "x")
            #expect(again == playbook)
        }
        _ = try? MachineDocument.parse(text, file: "x")
    }

    private static func expectPlaces(_ error: any Error) {
        let errors = (error as? InvalidDocument)?.errors ?? []
        let placed = errors.filter { $0.location != nil }
        #expect(!errors.isEmpty)
        #expect(placed == errors)
    }

    @Test(arguments: 0..<150)
    func damagedDocumentsAreReadOrRefused(_ seed: Int) {
        var random = SystemRandomNumberGenerator()
        var bytes = Array(Self.seeds[seed % Self.seeds.count].utf8)
        for _ in 0..<Int.random(in: 1...8, using: &random) {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes.remove(at: place)
            case 1: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
            case 2: bytes[place] = Array("{}[]:,-&*!|>'\"#%@`\n \t~".utf8).randomElement(using: &random) ?? 0
            default: bytes.removeSubrange(place..<min(bytes.count, place + 20))
            }
            if bytes.isEmpty { break }
        }
        Self.read(String(decoding: bytes, as: UTF8.self))
    }

    @Test func deepAndEndlessDocumentsAreRefused() {
        Self.read(String(repeating: "[", count: 100_000))
        Self.read(String(repeating: "{a: ", count: 900) + String(repeating: "}", count: 900))
        let levels = (1...40).map { "l\($0): &l\($0) [*l\($0 - 1), *l\($0 - 1)]" }
        let failure = #expect(throws: InvalidDocument.self) {
            try PlaybookDocument.parse("l0: &l0 x\n" + levels.joined(separator: "\n"), file: "x")
        }
        #expect(failure?.errors.first?.code == "playbook-too-large")
    }
}
