import Foundation
import TestSupport
import Testing

/// Headless Chromium, driven step by step: see browser.py.
enum Browser {
    private static let chromium = "/usr/bin/chromium"
    static let isThere = FileManager.default.isExecutableFile(atPath: chromium)
    private static let folder = APITests.checkout + "/Tests/CommandsTests/Web"
    nonisolated(unsafe) static let check: [Any] = ["file", "\(folder)/accessibility.js"]

    struct Outcome: Decodable {
        var values: [Value?]
        var complaints: [String]

        enum Value: Decodable {
            case texts([String])
            case text(String)
            case other

            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                if let texts = try? container.decode([String].self) {
                    self = .texts(texts)
                } else if let text = try? container.decode(String.self) {
                    self = .text(text)
                } else {
                    self = .other
                }
            }
        }

        var texts: [String] {
            values.compactMap { value in
                if case .text(let text) = value { text } else { nil }
            }
        }
        /// What the pages do not keep.
        var flaws: [String] {
            values.flatMap { value -> [String] in
                if case .texts(let texts) = value { texts } else { [] }
            }
        }
    }

    /// A folder to leave pictures of the pages in, for who wants to look at them: VFIOFLEET_SHOTS=/tmp/shots.
    private static let shots = ProcessInfo.processInfo.environment["VFIOFLEET_SHOTS"]

    static func shot(_ name: String) -> [[Any]] { shots == nil ? [] : [["shot", name]] }

    static func run(_ steps: [[Any]], in folder: TemporaryFolder) async throws -> Outcome {
        let input = String(decoding: try JSONSerialization.data(withJSONObject: steps), as: UTF8.self)
        let result = try await Program("/usr/bin/python3").run(
            "\(self.folder)/browser.py", chromium, shots ?? folder.path, input: input, timeout: .seconds(150))
        try #require(result.status == 0, "\(result.transcript)")
        return try JSONDecoder().decode(Outcome.self, from: Data(result.output.utf8))
    }

    static func logIn(_ web: String, _ user: String) -> [[Any]] {
        let fill = """
            document.querySelector('#user').value = '\(user)';
            document.querySelector('#password').value = '\(WebFixture.password)';
            document.querySelector('.login button').click()
            """
        return [
            ["open", web + "/login"], check, ["value", fill],
            ["wait", "location.pathname === '/' && document.readyState === 'complete'"],
        ]
    }
}
