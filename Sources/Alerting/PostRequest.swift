import Crypto
import Fleet
import Foundation
import Store

/// What is posted to an HTTP receiver.
struct PostRequest: Equatable {
    var headers: [(String, String)]
    var body: Data

    static func == (a: Self, b: Self) -> Bool {
        a.body == b.body && a.headers.elementsEqual(b.headers, by: ==)
    }

    /// - Parameters:
    ///   - secret: the signing key, or the access token.
    ///   - now: when it is sent, which is signed too, so that a recorded request is not taken twice.
    init(_ alert: StoredAlert, _ format: AlertPost.Format, secret: String?, at now: Timestamp) throws(FleetError) {
        headers = [("User-Agent", "vfiofleet")]
        switch format {
        case .webhook:
            body = try AlertPayload(alert).bytes()
            headers += [("Content-Type", "application/json")]
            headers += Self.standardWebhook(alert.uid, secret: secret, body, at: now)
        case .slack, .mattermost:
            body = try Self.chat(alert.alert, format)
            headers += [("Content-Type", "application/json")]
        case .ntfy:
            body = Data(alert.alert.lines.joined(separator: "\n").utf8.prefix(4000))
            headers += [("Content-Type", "text/plain; charset=utf-8")] + Self.ntfy(alert.alert)
            if let secret { headers.append(("Authorization", "Bearer \(secret)")) }
        }
    }

    /// Headers as https://www.standardwebhooks.com has them: HMAC-SHA256 over `ID.SECONDS.BODY`, in base64.
    private static func standardWebhook(
        _ id: String, secret: String?, _ body: Data, at now: Timestamp
    ) -> [(String, String)] {
        let seconds = "\(now.milliseconds / 1000)"
        let unsigned = [("webhook-id", id), ("webhook-timestamp", seconds)]
        guard let secret else { return unsigned }
        let content = Data("\(id).\(seconds).".utf8) + body
        let code = HMAC<SHA256>.authenticationCode(for: content, using: SymmetricKey(data: key(secret)))
        return unsigned + [("webhook-signature", "v1,\(Data(code).base64EncodedString())")]
    }

    /// A secret is `whsec_` and base64, by that specification; anything else stands for its own bytes.
    private static func key(_ secret: String) -> Data {
        let prefix = "whsec_"
        guard secret.hasPrefix(prefix), let key = Data(base64Encoded: String(secret.dropFirst(prefix.count))) else {
            return Data(secret.utf8)
        }
        return key
    }

    private static func chat(_ alert: Alert, _ format: AlertPost.Format) throws(FleetError) -> Data {
        let text = "\(alert.isGood ? "✅" : "⚠️") \(alert.title)\n" + alert.lines.joined(separator: "\n")
        let shown = format == .slack ? text.escapedForSlack : text.escapedForMarkdown
        do { return try Data.json(["text": String(shown.prefix(8000))]) } catch {
            throw FleetError("alert-refused", "The alert can't be written as JSON: \(error).")
        }
    }

    /// https://docs.ntfy.sh/publish/: priorities go from 1 to 5, tags become emojis.
    private static func ntfy(_ alert: Alert) -> [(String, String)] {
        let priority =
            switch alert.severity {
            case .low: "2"
            case .medium: "3"
            case .high: alert.isGood ? "3" : "4"
            }
        let title = String(alert.title.filter { $0.isASCII }.prefix(200))
        return [("Title", title), ("Priority", priority), ("Tags", alert.isGood ? "white_check_mark" : "warning")]
    }
}

extension String {
    /// Slack's own three: https://docs.slack.dev/messaging/formatting-message-text/
    fileprivate var escapedForSlack: String {
        replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
            .replacingOccurrences(of: ">", with: "&gt;")
    }

    /// Nothing that a node said becomes a link, an image, a mention or a heading.
    fileprivate var escapedForMarkdown: String {
        reduce(into: "") { result, character in
            if "\\`*_{}[]()#+!|<>~@".contains(character) { result.append("\\") }
            result.append(character)
        }
    }
}
