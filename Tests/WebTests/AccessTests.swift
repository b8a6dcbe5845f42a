import Fleet
import Testing

@testable import Web

@Suite struct AccessTests {
    private func at(_ seconds: Int) -> Timestamp { Timestamp(milliseconds: 0).adding(seconds: seconds) }

    @Test func aPasswordMatchesItsHashAlone() async throws {
        let hash = try await PasswordHash.make("correct horse battery")
        #expect(hash.hasPrefix("scrypt$15$8$3$"))
        #expect(try await PasswordHash.matches("correct horse battery", hash))
        #expect(try await !PasswordHash.matches("correct horse batterz", hash))
        #expect(try await PasswordHash.make("correct horse battery") != hash, "each has a salt of its own")
        for broken in ["", "scrypt$15$8$3$$", "scrypt$63$8$3$AAAA$AAAA", "plain", String(hash.dropLast(4))] {
            #expect(try await !PasswordHash.matches("correct horse battery", broken), "\(broken)")
        }
        await #expect(throws: FleetError.self) { try await PasswordHash.make("too short") }
    }

    /// RFC 7914, section 12: the third vector, N = 16384, r = 8, p = 1, its first 32 bytes.
    @Test func hashesAreScryptAsOthersMakeIt() async throws {
        let salt = "U29kaXVtQ2hsb3JpZGU="
        let hash = "cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofI="
        #expect(try await PasswordHash.matches("pleaseletmein", "scrypt$14$8$1$\(salt)$\(hash)"))
    }

    @Test func aUserIsLetInAgainAfterAWhile() async {
        let gate = LoginGate()
        for second in 1...5 { #expect(await gate.enter("anna", from: "192.0.2.1", at: at(second)) == nil) }
        #expect(await gate.enter("anna", from: "192.0.2.1", at: at(6)) == LoginGate.window - 5)
        #expect(await gate.enter("anna", from: "192.0.2.2", at: at(6)) == nil, "nobody is locked out from elsewhere")
        #expect(await gate.enter("anna", from: "192.0.2.1", at: at(LoginGate.window + 3)) == nil)
    }

    @Test func aRightPasswordForgivesTheWrongOnes() async {
        let gate = LoginGate()
        for second in 1...40 {
            #expect(await gate.enter("anna", from: "192.0.2.1", at: at(second)) == nil)
            await gate.succeed("anna", from: "192.0.2.1")
        }
    }

    @Test func oneAddressCannotTryManyUsers() async {
        let gate = LoginGate()
        for number in 1...20 { #expect(await gate.enter("user\(number)", from: "192.0.2.1", at: at(1)) == nil) }
        #expect(await gate.enter("another", from: "192.0.2.1", at: at(2)) != nil)
    }

    @Test func anIPv6NetworkCountsAsOneAddress() async {
        let gate = LoginGate()
        for number in 1...20 {
            #expect(await gate.enter("user\(number)", from: "2001:db8:0:1::\(number)", at: at(1)) == nil)
        }
        #expect(await gate.enter("another", from: "2001:0db8::1:ffff:ffff:ffff:ffff", at: at(2)) != nil)
        #expect(await gate.enter("another", from: "2001:db8:0:2::1", at: at(2)) == nil, "its neighbours do not")
        let same = ["::ffff:192.0.2.7", "192.0.2.7"].map(LoginGate.network)
        #expect(same == ["192.0.2.7", "192.0.2.7"])
        #expect(LoginGate.network(of: "fe80::1%eth0") == LoginGate.network(of: "fe80::2"))
        #expect(LoginGate.network(of: "socket") == "socket")
    }

    @Test(arguments: [
        ("/", "/"), ("/nodes/a?x=1", "/nodes/a?x=1"), ("//evil.example", "/"), ("https://evil.example", "/"), ("", "/"),
        ("/\\evil.example", "/"), ("/a b", "/"), ("/a\r\nSet-Cookie: x", "/"), ("javascript:alert(1)", "/"),
    ])
    func afterTheLoginNobodyIsSentElsewhere(_ next: String, _ path: String) {
        #expect(LoginRoutes.local(next) == path)
    }

    @Test func passwordsOfGuestsAreHidden() {
        func hide(_ text: String) -> String { String(decoding: Redaction.hide(Array(text.utf8)), as: UTF8.self) }
        #expect(hide("name: a\ncipassword: $5$ab$cd\nciuser: x") == "name: a\ncipassword: (hidden)\nciuser: x")
        #expect(hide(#"{"c":"cipassword: $5$a\nx: y"}"#) == #"{"c":"cipassword: (hidden)\nx: y"}"#)
        #expect(hide("<pre>cipassword: s</pre>") == "<pre>cipassword: (hidden)</pre>")
        #expect(hide("cipassword:a\ncipassword:b") == "cipassword: (hidden)\ncipassword: (hidden)")
        #expect(hide("nothing") == "nothing")
    }

    @Test func hostsAreReadWithoutTheirPorts() {
        #expect(HostCheck.name(in: "Fleet.Example.org:8443") == "fleet.example.org")
        #expect(HostCheck.name(in: "[::1]:80") == "[::1]")
        #expect(HostCheck.name(in: "[::1]") == "[::1]")
    }
}
