import Fleet
import Remote
import TestSupport
import Testing

@testable import SSHTransport

@Suite("ssh_config", .timeLimit(.minutes(1)))
struct ConfigurationTests {
    @Test("a node is reached by its name in ssh_config alone")
    func realHost() async throws {
        let (jump, server) = (try await SSHServer(), try await SSHServer())
        let client = try Client(trusting: jump, server)
        try jump.authorize(server.files.text("client.pub"))
        try client.files.write(
            """
            Host rack-* bastion
                IdentityFile ~/key
                User \(server.user)
            """, to: "included.conf")
        try client.files.write(
            """
            Include included*.conf
            Host !rack-1 rack-*
                HostName 192.0.2.1
            Host rack-1
                HostName "\(server.address)"
                Port=\(server.port)
                ProxyJump bastion
            Host bastion
                HostName \(jump.address)
                Port \(jump.port)
            Host *
                IdentitiesOnly yes
            """, to: "config")
        try client.files.write(server.files.text("client"), to: "key")
        #expect(try await Program("/bin/chmod").run("600", client.files.path(of: "key")).status == 0)
        let shell = try await client.connect(ConnectionSettings(address: "rack-1"))
        #expect(try await shell.run(RemoteCommand("true")).succeeded)
        #expect(try jump.log().contains("Accepted publickey"))
    }

    private func route(_ config: String, _ connection: ConnectionSettings) throws -> Route {
        let config = SSHConfig(config) { _ in [] }
        return try RouteBuilder(settings: SSHSettings(home: "/home/me", user: "me"), configurations: [config])
            .route(connection)
    }

    @Test("the inventory wins over ssh_config, and that over defaults")
    func precedence() throws {
        let config = "Host pve\nHostName %h.example.org\nUser cfg\nPort 2222\nIdentityFile %d/k-%r-%h\nPort 3333\n"
        let plain = try #require(try route(config, .init(address: "pve")).last)
        #expect(plain.host == "pve.example.org" && plain.user == "cfg" && plain.port == 2222)
        #expect(plain.identities.files == ["/home/me/k-cfg-pve.example.org"] && plain.identities.areNamed)
        #expect(plain.recordName.text == "[pve.example.org]:2222")

        let set = try #require(
            try route(config, .init(address: "pve", port: 22, user: "inv", identityFiles: ["/k"])).last)
        #expect(set.user == "inv" && set.port == 22 && set.identities.files == ["/k"])

        let other = try #require(try route(config, .init(address: "PVE2")).last)
        #expect(other.user == "me" && other.port == 22 && !other.identities.areNamed)
        #expect(other.recordName.text == "pve2")
    }

    @Test("Match, HostKeyAlias, IdentityAgent and known_hosts files")
    func furtherOptions() throws {
        let config = """
            Match host pve* !user bob
                HostKeyAlias alias
            Match exec "rm -rf /"
                HostKeyAlias never
            Match user bob
                IdentityAgent none
                UserKnownHostsFile ~/a /b
            """
        let alice = try #require(try route(config, .init(address: "pve1", user: "alice")).last)
        #expect(alice.recordName.text == "alias")
        let bob = try #require(try route(config, .init(address: "pve1", user: "bob")).last)
        #expect(bob.recordName.text == "pve1" && bob.identities.agentSocket == nil)
        #expect(bob.knownHostsFiles.prefix(3) == ["/home/me/.ssh/known_hosts", "/home/me/a", "/b"])
    }

    @Test("a ProxyCommand is refused, unless the inventory names jump hosts")
    func proxyCommand() throws {
        let config = "Host pve\nProxyCommand nc %h %p\n"
        #expect(throws: RouteBuilder.Problem.self) { try route(config, .init(address: "pve")) }
        let through = try route(config, .init(address: "pve", jumps: [.init(address: "bastion", port: 2200)]))
        #expect(through.map(\.description) == ["bastion:2200", "pve:22"])
        #expect(try route("ProxyCommand none\nProxyJump x\n", .init(address: "pve")).count == 1)
    }

    @Test("jump hosts of jump hosts, and no circles")
    func jumpChains() throws {
        let config = "Host a\nProxyJump root@b:2222,[::1]:22\nHost b\nProxyJump c\nHost loop\nProxyJump loop\n"
        #expect(try route(config, .init(address: "a")).map(\.description) == ["c:22", "b:2222", "[::1]:22", "a:22"])
        #expect(throws: RouteBuilder.Problem.self) { try route(config, .init(address: "loop")) }
        #expect(throws: RouteBuilder.Problem.self) { try route("ProxyJump b:port", .init(address: "a")) }
    }
}
