internal import Fleet
internal import Foundation
internal import HTTPTypes
internal import Hummingbird

/// A failure with the HTTP status that tells of it.
struct WebFailure: Error {
    var status: HTTPResponse.Status
    var error: FleetError
    /// Seconds.
    var retryAfter: Int?
    /// The methods that are done at this address.
    var allowed: String?
    /// What else went wrong.
    var others: [FleetError] = []

    init(_ status: HTTPResponse.Status, _ code: FleetError.Code, _ message: String, advice: String? = nil) {
        self.status = status
        error = FleetError(code, message, advice: advice)
    }

    /// Any error as a client is told of it.
    init(_ error: any Error) {
        switch error {
        case let failure as WebFailure: self = failure
        case let error as FleetError:
            self.init(Self.status(of: error.code.rawValue), error.code, error.message, advice: error.advice)
            self.error.location = error.location
        case let failures as Failures:
            self.init(failures.errors.first ?? FleetError("internal", "The request could not be answered."))
            others = Array(failures.errors.dropFirst())
        case let error as any HTTPResponseError:
            let message = (error as? HTTPError)?.body ?? error.status.reasonPhrase
            self.init(error.status, .init(rawValue: "http-\(error.status.code)"), message)
        default:
            self.init(.internalServerError, "internal", "The request could not be answered.")
        }
    }

    /// The same for who may be anybody: what went wrong with the database tells where it is, and that is in the log.
    var withoutPlaces: WebFailure {
        guard error.code.rawValue.hasPrefix("store-") else { return self }
        var failure = WebFailure(
            status, error.code, "The database can't be used at this moment.",
            advice: "Try again in a moment; the controller's log says what is wrong with it.")
        failure.retryAfter = retryAfter
        return failure
    }

    private static func status(of code: String) -> HTTPResponse.Status {
        switch code {
        case "node-not-seen", "node-unknown", "plan-unknown", "rollout-unknown", "request-unknown",
            "proposal-unknown":
            .notFound
        case "four-eyes": .forbidden
        case "rollout-ended", "rollout-overlaps", "rollout-idle", "lease-held", "request-decided", "request-exists",
            "window-too-short", "rollout-exists", "order-refused", "plan-idle", "plan-carried-out", "compliance-only",
            "proposal-not-open", "inventory-empty":
            .conflict
        case "login-busy", "store-locked", "service-closing", "looks-busy": .serviceUnavailable
        case let code where ["selector-", "plan-", "playbook-", "override-"].contains { code.hasPrefix($0) }:
            .badRequest
        default: .internalServerError
        }
    }
}

/// RFC 9457.
struct Problem: Encodable {
    var type: String
    var title: String
    var status: Int
    var detail: String
    /// As in the JSON of commands.
    var code: String
    var advice: String?
    /// All that went wrong, where that is more than one thing, or has a place in a file.
    var errors: [FleetError]?

    init(_ failure: WebFailure) {
        type = "urn:vfiofleet:error:\(failure.error.code)"
        title = failure.status.reasonPhrase
        status = failure.status.code
        detail = failure.error.message
        code = failure.error.code.rawValue
        advice = failure.error.advice
        if !failure.others.isEmpty || failure.error.location != nil { errors = [failure.error] + failure.others }
    }

    var response: Response {
        let data = (try? JSONAnswer.encoder().encode(self)) ?? Data()
        return Response(
            status: .init(code: status), headers: [.contentType: "application/problem+json"],
            body: .init(byteBuffer: .init(bytes: data)))
    }
}
