import Foundation
import Testing

@Suite struct ScriptTests {
    static let scripts = [
        "prelude", "lock", "unlock", "write", "run", "reboot", "guest-set", "backups", "arm",
        "confirm", "guests-stop", "guest-start", "guests-look", "guest-migrate", "cluster-look", "cluster-set",
        "put-back", "guard-report", "guard-head", "guard-common", "guard",
    ]

    private func path(_ script: String) -> String {
        URL(filePath: #filePath).appending(path: "../../../../Sources/Engine/Node/Scripts/\(script).sh").standardized
            .path
    }

    @Test(arguments: scripts)
    func areCleanPOSIXShell(_ script: String) throws {
        let file = path(script)
        #expect(try TestNode.run("shellcheck -s sh '\(file)'") == 0)
        #expect(try TestNode.run("dash -n '\(file)' && busybox sh -n '\(file)'") == 0)
    }

    /// Each says at its top what it does, for the admin who meets it in a process list.
    @Test(arguments: scripts)
    func sayWhatTheyDo(_ script: String) throws {
        let lines = try String(contentsOfFile: path(script), encoding: .utf8).split(separator: "\n")
        let comments = lines.prefix { $0.hasPrefix("#") }.filter { !$0.contains("shellcheck") && !$0.hasPrefix("#!") }
        #expect(!comments.isEmpty)
    }
}
