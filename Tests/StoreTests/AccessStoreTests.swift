public import Fleet
import Foundation
import Store
import Testing

@Suite("Users, tokens, sessions and requests") struct AccessStoreTests {
    private let fixture: Fixture
    private var store: Store { fixture.store }
    private static let hash = "scrypt$15$8$3$AAAA$BBBB"
    private let secret = ContentDigest.sha256(Array("a secret".utf8))

    init() async throws {
        fixture = try Fixture()
        for (name, role) in [("anna", UserRole.approver), ("ben", .operator)] as [(UserName, UserRole)] {
            try await fixture.store.addUser(name, role, password: Self.hash, at: at(1), by: "root")
        }
    }

    @Test func aUserIsAddedOnceAndOnlyWithAHash() async throws {
        await expectCode("user-exists") {
            try await store.addUser("anna", .viewer, password: Self.hash, at: at(2), by: "root")
        }
        await expectCode("store-constraint") {
            try await store.addUser("cleo", .viewer, password: "in clear", at: at(2), by: "root")
        }
        await expectCode("user-unknown") {
            try await store.setPassword(Self.hash, of: "cleo", at: at(2), by: "root")
        }
        #expect(try await store.users().map(\.role) == [.approver, .operator])
        #expect(try await store.userToCheck("anna")?.password == Self.hash)
        #expect(try await store.userToCheck("cleo") == nil)
    }

    @Test func aTokenCountsUntilItExpiresIsRevokedOrItsUserGoes() async throws {
        let id = try await store.addToken(secret, "test", of: "ben", until: at(10), at: at(2), by: "root")
        #expect(try await store.user(ofToken: secret, at: at(9))?.name == "ben")
        #expect(try await store.user(ofToken: secret, at: at(10)) == nil)
        try await store.revokeToken(id, at: at(3), by: "root")
        #expect(try await store.user(ofToken: secret, at: at(4)) == nil)
        await expectCode("token-unknown") { try await store.revokeToken(99, at: at(3), by: "root") }

        let other = ContentDigest.sha256(Array("another".utf8))
        _ = try await store.addToken(other, "test", of: "ben", until: nil, at: at(2), by: "root")
        try await store.removeUser("ben", at: at(5), by: "root")
        try await store.addUser("ben", .approver, password: Self.hash, at: at(6), by: "root")
        #expect(try await store.user(ofToken: other, at: at(7)) == nil, "a new ben is not the old one")
    }

    @Test func aSessionEndsByItselfByLogoutAndByANewPassword() async throws {
        try await store.openSession(secret, of: "anna", until: at(10), at: at(2))
        #expect(try await store.user(ofSession: secret, at: at(9))?.role == .approver)
        #expect(try await store.user(ofSession: secret, at: at(10)) == nil)
        try await store.closeSession(secret, at: at(3))
        #expect(try await store.user(ofSession: secret, at: at(4)) == nil)
        try await store.openSession(secret, of: "anna", until: at(10), at: at(4))
        try await store.setPassword(Self.hash, of: "anna", at: at(5), by: "root")
        #expect(try await store.user(ofSession: secret, at: at(6)) == nil)
        let actions = try await store.auditLog().map(\.action)
        #expect(actions == ["user-add", "user-add", "login", "logout", "login", "user-password"])
    }

    // MARK: - Four eyes

    private func planned() async throws -> (plan: ContentDigest, rollout: Rollout) {
        _ = try await store.importInventory(Inventory(nodes: [node("pve1")]), at: at(1), by: "test")
        let plan = PlanTests.plan("pve1")
        let digest = try await store.save(plan, at: at(1))
        return (digest, Rollout(id: try #require(RolloutID("r1")), of: plan, digest: digest))
    }

    @Test func whoAskedMayNotApprove() async throws {
        let (plan, rollout) = try await planned()
        let id = try await store.request(plan, at: at(2), by: "anna@web")
        await expectCode("request-exists") { _ = try await store.request(plan, at: at(2), by: "ben@web") }
        await expectCode("four-eyes") {
            try await store.approve(id, creating: rollout, overriding: [], fourEyes: true, at: at(3), by: "anna@web")
        }
        #expect(try await store.rollouts().isEmpty, "nothing of it is kept")
        try await store.approve(id, creating: rollout, overriding: [], fourEyes: true, at: at(3), by: "cleo@web")
        #expect(try await store.rollouts().map(\.createdBy) == ["cleo@web"])
        #expect(try await store.request(id).rollout?.description == "r1")
        await expectCode("request-decided") { try await store.refuse(id, at: at(4), by: "cleo@web") }
        let line = try #require(try await store.auditLog().last)
        #expect(line.action == "rollout-approve" && line.detail.contains("anna@web"))
    }

    @Test func withoutFourEyesOneIsEnoughAndARefusalIsFinal() async throws {
        let (plan, rollout) = try await planned()
        let refused = try await store.request(plan, at: at(2), by: "anna@web")
        try await store.refuse(refused, at: at(3), by: "anna@web")
        #expect(try await store.openRequests().isEmpty)
        await expectCode("request-decided") {
            try await store.approve(
                refused, creating: rollout, overriding: [], fourEyes: false, at: at(3), by: "anna@web")
        }
        let again = try await store.request(plan, at: at(4), by: "anna@web")
        try await store.approve(again, creating: rollout, overriding: [], fourEyes: false, at: at(5), by: "anna@web")
        await expectCode("plan-unknown") { _ = try await store.request(secret, at: at(6), by: "anna@web") }
    }
}

extension UserName: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) {
        guard let name = UserName(value) else { preconditionFailure("not a user's name: \(value)") }
        self = name
    }
}
