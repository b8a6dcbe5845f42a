import Alerting
import Engine
import Fleet
import Foundation
import Store
import TestSupport
import Testing

/// Receivers that speak TLS, with certificates of an authority of the test's own.
@Suite("Delivering alerts over TLS") struct TLSTests {
    private func send(to url: String, trusting authorities: String?) async throws {
        let sender = ChannelSender()
        let post = AlertPost(.webhook, url: .plain(url), authorities: authorities)
        let receiver = AlertReceiver(route: AlertRoute("ops"), channel: .post(post))
        let result = await Task { try await sender.send(SenderTests.stored, to: receiver) }.result
        await sender.close()
        try result.get()
    }

    @Test func anOwnAuthorityIsTrustedWhereItIsNamed() async throws {
        let authority = try await TestAuthority()
        let server = try await HTTPReceiver(tls: try await authority.certificate(for: "IP:127.0.0.1"))
        try await send(to: server.url, trusting: authority.path)
        #expect(try server.requests.count == 1)
        // The machine knows nothing of it.
        let error = await #expect(throws: FleetError.self) { try await send(to: server.url, trusting: nil) }
        #expect(error?.code == "alert-not-sent")
        #expect(try server.requests.count == 1)
        withExtendedLifetime(authority) {}
    }

    @Test(arguments: [
        // Of another authority, expired, for another name, for another address.
        ("IP:127.0.0.1", 2, true, "CERTIFICATE_VERIFY_FAILED"),
        ("IP:127.0.0.1", -1, false, "CERTIFICATE_VERIFY_FAILED"),
        ("DNS:elsewhere.example", 2, false, "failedToValidateHostname"),
        ("IP:127.0.0.2", 2, false, "failedToValidateHostname"),
    ])
    func nothingIsToldToWhoeverHasAnotherCertificate(
        _ name: String, _ days: Int, _ isOther: Bool, _ words: String
    ) async throws {
        let authority = try await TestAuthority()
        let server = try await HTTPReceiver(tls: try await authority.certificate(for: name, days: days))
        let trusted = isOther ? try await TestAuthority() : authority
        let error = await #expect(throws: FleetError.self) { try await send(to: server.url, trusting: trusted.path) }
        #expect(error?.code == "alert-not-sent" && error?.message.contains(words) == true, "\(error as Any)")
        #expect(try server.requests.isEmpty)
        withExtendedLifetime((authority, trusted)) {}
    }

    @Test func authoritiesThatCannotBeReadAreSaidBeforeAnythingIsSent() async throws {
        let folder = try TemporaryFolder()
        for file in [try folder.write("no certificate\n", to: "ca.pem"), folder.path + "/missing.pem"] {
            let post = AlertPost(.webhook, url: .plain("https://127.0.0.1:1"), authorities: file)
            let receiver = AlertReceiver(route: AlertRoute("ops"), channel: .post(post))
            let error = #expect(throws: FleetError.self) { try ChannelSender.check(receiver) }
            #expect(error?.code == "alert-ca-unreadable" && error?.message.contains(file) == true)
        }
    }
}
