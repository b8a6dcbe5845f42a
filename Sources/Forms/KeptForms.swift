package import Fleet
package import Store

/// A roll-out as the state machine has it, for programs of the same version.
package struct KeptRollout: Codable, Sendable {
    package var stored: StoredRollout
    package var secondsLeft: Int?
    /// The process that drives it now; nil = none.
    package var holder: String?

    package init(_ stored: StoredRollout, secondsLeft: Int?, holder: String?) {
        self.stored = stored
        self.secondsLeft = secondsLeft
        self.holder = holder
    }
}

/// A plan with everything that is to be done, for programs of the same version.
package struct KeptPlan: Codable, Sendable {
    package var digest: ContentDigest
    package var plan: FleetPlan

    package init(_ plan: FleetPlan, _ digest: ContentDigest) {
        self.digest = digest
        self.plan = plan
    }
}
