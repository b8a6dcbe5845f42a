import Documents
import Fleet
import Testing

@Suite struct MachineFilesTests {
    @Test func aMissingDirectoryIsSaidSo() {
        let failure = #expect(throws: InvalidDocument.self) { try MachineDocument.load(directory: "/nowhere/at/all") }
        #expect(failure?.errors.map(\.code) == ["machine-unreadable"])
    }
}
