import Documents
import Fleet
import Testing

@Suite struct AdoptionDocumentTests {
    private static func settings(_ adopt: String) throws -> AdoptionSettings {
        try PlaybookDocument.parse("playbook: p\nadopt: \(adopt)\n", file: "p.yaml").settings.adopt
    }

    @Test func aWordOrAMapping() throws {
        #expect(try Self.settings("clean") == AdoptionSettings(usual: .clean))
        #expect(try Self.settings("clean").choice(for: .idsJunk) == .clean)
        #expect(try Self.settings("clean").choice(for: .deviceScript) == .report, "only a person can take it out")
        let mixed = try Self.settings("{all: keep, vfio-ids-junk: clean, device-script: report}")
        #expect(mixed.choice(for: .acsOverride) == .keep)
        #expect(mixed.choice(for: .idsJunk) == .clean)
        #expect(mixed.choice(for: .deviceScript) == .report)
    }

    @Test func encodedAndReadAgain() throws {
        for code in FindingCode.allCases {
            for choice in AdoptionSettings.Choice.allCases where choice != .clean || code.isCleanable {
                var settings = NodeSettings()
                settings.adopt = AdoptionSettings(usual: choice, choices: [code: .keep])
                let playbook = Playbook(name: "p", settings: settings)
                #expect(try PlaybookDocument.parse(PlaybookDocument.encode(playbook), file: "p") == playbook)
            }
        }
    }

    @Test(arguments: [
        ("cleen", "Did you mean “clean”?"), ("{vfio-id-junk: clean}", "Did you mean “vfio-ids-junk”?"),
        ("{device-script: clean}", "remove it by hand"), ("[clean]", "a word, or a mapping"),
    ])
    func mistakesAreTold(text: String, words: String) {
        do {
            _ = try Self.settings(text)
            Issue.record("\(text) was accepted")
        } catch let error as InvalidDocument {
            let told = error.errors.map { "\($0.message) \($0.advice ?? "")" }.joined()
            #expect(told.lowercased().contains(words.lowercased()), "\(told)")
        } catch {
            Issue.record("\(error)")
        }
    }
}
