import Foundation
import Store
import TestSupport
import Testing

/// Where the page listens, and how.
@Suite struct ListeningTests {
    @Test(.timeLimit(.minutes(1))) func aSocketIsItsGroupsAlone() async throws {
        let folder = try TemporaryFolder()
        let path = "/tmp/vfiofleet-\(UUID().uuidString.prefix(8)).sock"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let config = try folder.write("web: {listen: \"unix:\(path)\"}\n", to: "web.yaml")
        let program = Program.built("vfiofleet", environment: ["VFIOFLEET_DB": folder.path + "/fleet.db"])
        let server = try program.start(["serve", "--config", config])
        let curl = Program("/usr/bin/curl")
        for _ in 0..<100 where try await curl.run("-sf", "--unix-socket", path, "http://localhost/healthz").status != 0
        {
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(try await curl.run("-s", "--unix-socket", path, "http://localhost/healthz").output == "ok\n")
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o660)
        server.send(SIGTERM)
        #expect(try await server.result(within: .seconds(20)).error.contains("Nobody can log in yet"))
    }

    @Test(.timeLimit(.minutes(1))) func aRenewedCertificateIsTakenAtAReload() async throws {
        let folder = try TemporaryFolder()
        try await folder.makeCertificate("cert.pem", key: "key.pem")
        let web = try await WebFixture("  tls: {certificate: \(folder.path)/cert.pem, key: \(folder.path)/key.pem}\n")
        func shown() async throws -> String {
            let client = try await Program("/usr/bin/openssl").run("s_client", "-connect", "127.0.0.1:\(web.port)")
            let lines = client.output.split(separator: "\n")
            guard let begin = lines.firstIndex(of: "-----BEGIN CERTIFICATE-----"),
                let end = lines.firstIndex(of: "-----END CERTIFICATE-----")
            else { return client.transcript }
            return lines[begin...end].joined(separator: "\n") + "\n"
        }
        let first = try folder.text("cert.pem")
        #expect(try await shown() == first)
        // A key that does not belong to it is not taken.
        let key = try folder.text("key.pem")
        try await folder.makeCertificate("cert.pem", key: "key.pem")
        let (second, secondKey) = (try folder.text("cert.pem"), try folder.text("key.pem"))
        try folder.write(key, to: "key.pem")
        web.hangUp()
        try await Task.sleep(for: .milliseconds(500))
        #expect(try await shown() == first && second != first)
        try folder.write(secondKey, to: "key.pem")
        web.hangUp()
        for _ in 0..<100 where try await shown() != second { try await Task.sleep(for: .milliseconds(20)) }
        #expect(try await shown() == second)
        let ended = try await web.end()
        #expect(ended.error.contains("The page keeps the certificate that it has"), "\(ended.transcript)")
    }

    @Test(.timeLimit(.minutes(1))) func withACertificateCookiesAreBoundToIt() async throws {
        let folder = try TemporaryFolder()
        try await folder.makeCertificate("cert.pem", key: "key.pem")
        let tls = "  tls: {certificate: \(folder.path)/cert.pem, key: \(folder.path)/key.pem}\n"
        let web = try await WebFixture(tls)
        try await web.add("anna", "viewer")
        let answer = try await Program("/usr/bin/curl").run(
            "-sik", "https://localhost:\(web.port)/login", "-d", "user=anna&password=correct horse battery")
        let head = answer.output.lowercased()
        #expect(head.contains("set-cookie: __host-vfiofleet=vff_") && head.contains("; secure"), "\(answer.transcript)")
        #expect(head.contains("strict-transport-security: max-age="))
        let plain = try web.client.exchange("GET /login HTTP/1.1\r\nHost: localhost\r\n\r\n", seconds: 5)
        #expect(!plain.contains("200 OK"))
        let old = try await Program("/usr/bin/curl").run(
            "-sk", "--tls-max", "1.1", "https://localhost:\(web.port)/healthz")
        #expect(old.status != 0, "TLS 1.1 is refused")
    }

    @Test(.timeLimit(.minutes(1))) func aPortThatIsTakenIsSaidSo() async throws {
        let web = try await WebFixture()
        let config = try web.folder.write("web: {listen: \"127.0.0.1:\(web.port)\"}\n", to: "second.yaml")
        let other = Program.built("vfiofleet", environment: ["VFIOFLEET_DB": web.folder.path + "/other.db"])
        let second = try await other.run("serve", "--config", config, timeout: .seconds(30))
        #expect(second.status == 1 && second.error.contains("[web-cannot-listen]"), "\(second.transcript)")
        let bad = try web.folder.write(
            "web: {listen: \"0.0.0.0:1\", tls: {certificate: none.pem, key: none.pem}}\n", to: "bad.yaml")
        let refused = try await other.run("serve", "--config", bad, timeout: .seconds(30))
        #expect(refused.status == 1 && refused.error.contains("[web-certificate-unreadable]"), "\(refused.transcript)")
    }
}
