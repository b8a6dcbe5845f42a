import Testing

@testable import Fleet

@Suite struct UnifiedDiffTests {
    private func diff(_ before: String?, _ after: String?) -> String {
        UnifiedDiff.render(path: "/etc/x", before: before.map { Array($0.utf8) }, after: after.map { Array($0.utf8) })
    }

    @Test func equalFilesGiveNothing() {
        #expect(diff("a\n", "a\n").isEmpty)
        #expect(diff(nil, nil).isEmpty)
    }

    @Test func showsThreeLinesOfContext() {
        let before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n"
        let hunk = "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n"
        #expect(diff(before, before.replacing("5", with: "five")) == "--- a/etc/x\n+++ b/etc/x\n" + hunk)
    }

    @Test func farChangesAreTwoHunksAndNearOnesAreOne() {
        let lines = (1...20).map { "\($0)\n" }
        func changed(_ numbers: Int...) -> String {
            lines.enumerated().map { numbers.contains($0.offset + 1) ? "x\n" : $0.element }.joined()
        }
        let hunks = { (text: String) in text.split(separator: "\n").filter { $0.hasPrefix("@@") }.map(String.init) }
        #expect(hunks(diff(lines.joined(), changed(2, 9))) == ["@@ -1,12 +1,12 @@"])
        #expect(hunks(diff(lines.joined(), changed(2, 10))) == ["@@ -1,5 +1,5 @@", "@@ -7,7 +7,7 @@"])
    }

    @Test func createsAndDeletes() {
        #expect(diff(nil, "a\nb\n") == "--- /dev/null\n+++ b/etc/x\n@@ -0,0 +1,2 @@\n+a\n+b\n")
        #expect(diff("a\n", nil) == "--- a/etc/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n")
    }

    @Test func saysWhereTheLastNewlineIsMissing() {
        let end = "\n\\ No newline at end of file\n"
        #expect(diff("a", "a\nb\n") == "--- a/etc/x\n+++ b/etc/x\n@@ -1 +1,2 @@\n-a\(end)+a\n+b\n")
    }
}
