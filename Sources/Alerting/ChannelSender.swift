public import Engine
public import Fleet
import Foundation
public import Store

/// Delivers alerts by HTTP, programs and e-mail. To be closed when it is not needed any more.
public struct ChannelSender: AlertSender {
    private let poster: Poster

    public init(time: any TimeSource = SystemTime()) { poster = Poster(time: time) }

    public func close() async { await poster.close() }

    public func send(_ alert: StoredAlert, to receiver: AlertReceiver) async throws(FleetError) {
        switch receiver.channel {
        case .post(let post): try await poster.send(alert, by: post)
        case .command(let arguments, let seconds):
            let program = LocalProgram(arguments: arguments, timeoutSeconds: seconds)
            try await program.run(input: try AlertPayload(alert).bytes())
        case .mail(let mail):
            let message = MailMessage(alert, mail, host: ProcessInfo.processInfo.hostName)
            let program = LocalProgram(arguments: [mail.program, "-i", "-t"], timeoutSeconds: 60)
            try await program.run(input: message.data)
        }
    }

    /// Whether what the receiver's secrets and certificate authorities are in can be read at this moment. Fails with
    /// `secret-unreadable`, `alert-ca-unreadable`, `alert-url-invalid`.
    public static func check(_ receiver: AlertReceiver) throws(FleetError) {
        guard case .post(let post) = receiver.channel else { return }
        let url = try post.url.read()
        _ = try post.secret?.read()
        _ = try post.authorities.map(Poster.trusting)
        guard let parts = URLComponents(string: url), ["http", "https"].contains(parts.scheme), parts.host != nil else {
            throw FleetError(
                "alert-url-invalid", "The address of the receiver “\(receiver.name)” is none of http or https.",
                advice: "It begins with https:// and names a host.")
        }
    }
}
