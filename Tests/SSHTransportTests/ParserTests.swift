import Fleet
import TestSupport
import Testing

@testable import SSHTransport

@Suite("known_hosts and ssh_config from anywhere")
struct ParserTests {
    @Test("random bytes never trap, whatever they look like")
    func randomText() {
        var random = SeededNumbers(seed: 7)
        let pieces = [
            "|1|", "|", "@revoked ", "@", "[", "]:", "*", "!", ",", " ", "\t", "\n", "\r\n", "\u{0}", "é", "\u{301}",
            "\"", "=",
            "ssh-ed25519", "AAAA", "Host", "Match", "Include x", "ProxyJump a,b:99999,[::1]:2", "%", "%h", "#", "all",
            "65536",
        ]
        for _ in 0..<3000 {
            let text = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                Bool.random(using: &random)
                    ? pieces.randomElement(using: &random) ?? ""
                    : String(UnicodeScalar(UInt8.random(in: 0...255, using: &random)))
            }.joined()
            let known = KnownHosts(files: [("f", text)])
            let key = HostKey(type: "ssh-ed25519", base64: "AAAA")
            _ = known.verdict(on: key, from: KnownHostName(host: text, port: 22))
            let config = SSHConfig(text) { $0.count > 1 ? [String($0.dropFirst())] : [] }
            let options = config.options(for: .init(host: "pve-01", user: nil, localUser: "me"))
            var connection = RouteBuilder(settings: SSHSettings(home: "/h", user: "u"), configurations: [config])
            connection.configurations.append(config)
            _ = try? connection.route(.init(address: text))
            _ = try? RouteBuilder.jumpHost(Substring(text))
            _ = options.completed(by: options)
        }
    }

    @Test(
        "patterns",
        arguments: [
            ("*", "x", true), ("a?c", "abc", true), ("a?c", "ac", false), ("*.example.org", "a.b.example.org", true),
            ("*a*b*c*", "xaxbxcx", true), ("*a*b*c*", "xaxcxbx", false), ("", "", true), ("PVE*", "pve-01", true),
        ])
    func patterns(pattern: String, name: String, matches: Bool) {
        #expect(HostPattern.list([HostPattern(pattern)], matches: name) == matches)
        #expect(!HostPattern.list([HostPattern(pattern), HostPattern("!\(name)")], matches: name))
    }

    @Test("a line that OpenSSH would not understand is passed over")
    func brokenLines() {
        let text = """
            host
            host ssh-ed25519
            host ssh-ed25519 not*base64
            |1|short|AAAA ssh-ed25519 AAAA
            |2|AAAA|AAAA ssh-ed25519 AAAA
            @cert-authority * ssh-ed25519 AAAA
            # host ssh-ed25519 AAAA
              host ssh-ed25519 AAAA comment
            """
        #expect(KnownHosts(files: [("f", text)]).lines.map(\.number) == [8])
    }

    @Test(
        "words of a line",
        arguments: [
            ("HostName = a", ["HostName", "a"]), ("HostName=a", ["HostName", "a"]), ("\tPort  22 # x", ["Port", "22"]),
            ("IdentityFile \"a b\" c", ["IdentityFile", "a b", "c"]), ("# x", []), ("User =", ["User"]),
        ])
    func words(line: String, words: [String]) {
        #expect(SSHConfig.words(Substring(line)) == words)
    }
}
