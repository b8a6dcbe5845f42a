import Fleet
import Foundation
import Store

/// An alert as an e-mail for `sendmail -t`: RFC 5322, with the text in quoted-printable's stead as base64.
struct MailMessage {
    var data: Data

    init(_ stored: StoredAlert, _ mail: AlertMail, host: String) {
        let alert = stored.alert
        let sender = mail.from.map { [("From", $0)] } ?? []
        let headers =
            sender + [
                ("To", mail.to.joined(separator: ", ")),
                ("Subject", Self.encoded("[vfiofleet] \(alert.title)")),
                ("Date", Self.date(alert.at.date)),
                ("Message-ID", "<\(stored.uid)@\(host)>"),
                ("Auto-Submitted", "auto-generated"),
                ("MIME-Version", "1.0"),
                ("Content-Type", "text/plain; charset=utf-8"),
                ("Content-Transfer-Encoding", "base64"),
            ]
        let text = alert.lines.joined(separator: "\n") + "\n\nvfiofleet compliance shows how every rule stands.\n"
        let body = Data(text.utf8).base64EncodedString(options: [.lineLength76Characters, .endLineWithLineFeed])
        let head = headers.map { "\($0): \(Self.oneLine($1))\n" }.joined()
        data = Data("\(head)\n\(body)\n".utf8)
    }

    /// A header ends at a line's end, so no value may hold one.
    private static func oneLine(_ text: String) -> String {
        String(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : Character($0) })
    }

    /// As RFC 2047 asks for what is not ASCII, in words of at most 75 characters.
    private static func encoded(_ text: String) -> String {
        let text = oneLine(text)
        guard !text.allSatisfy(\.isASCII) else { return String(text.prefix(900)) }
        var words: [String] = []
        var rest = text.prefix(200)[...]
        while !rest.isEmpty {
            var part = rest.prefix(40)
            while part.utf8.count > 42 { part.removeLast() }
            words.append("=?utf-8?B?\(Data(part.utf8).base64EncodedString())?=")
            rest = rest.dropFirst(part.count)
        }
        return words.joined(separator: " ")
    }

    private static func date(_ date: Date) -> String {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(secondsFromGMT: 0)
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss '+0000'"
        return format.string(from: date)
    }
}
