public import Fleet
import Remote

extension NodeFailure {
    /// The failure as every other one: a code, a sentence, advice.
    public var error: FleetError {
        switch self {
        case .remote(let failure):
            FleetError(
                FleetError.Code(rawValue: failure.code.rawValue), failure.message, advice: failure.advice)
        case .refused(let error, _): error
        }
    }

    /// What the node printed, where it printed something.
    public var evidence: Evidence? {
        if case .refused(_, let evidence) = self { evidence } else { nil }
    }
}
