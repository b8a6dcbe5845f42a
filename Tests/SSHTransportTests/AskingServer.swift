import CLibSSH
import Foundation
import TestSupport

/// A server, made of libssh itself, that lets anybody in and, once it is given a command, asks the client for channels.
/// It ends the command with the number of those that were refused.
final class AskingServer: Sendable {
    let address = Loopback.freshAddress()
    let port: UInt16
    private static let questions = 20

    init(hostKey: String) throws {
        port = try Loopback.freePort(on: address)
        let (address, port) = (address, port)
        let bind = SendablePointer(ssh_bind_new())
        var number = CUnsignedInt(port)
        guard ssh_bind_options_set(bind.value, SSH_BIND_OPTIONS_BINDADDR, address) == 0,
            ssh_bind_options_set(bind.value, SSH_BIND_OPTIONS_BINDPORT, &number) == 0,
            ssh_bind_options_set(bind.value, SSH_BIND_OPTIONS_HOSTKEY, hostKey) == 0, ssh_bind_listen(bind.value) == 0
        else { throw TestSupportError("the server can't listen") }
        Thread.detachNewThread {
            let session = ssh_new()
            if ssh_bind_accept(bind.value, session) == 0, ssh_handle_key_exchange(session) == 0 { Self.serve(session) }
            ssh_disconnect(session)
            ssh_free(session)
            ssh_bind_free(bind.value)
        }
    }

    private static func serve(_ session: ssh_session?) {
        var channel: ssh_channel?
        while let message = ssh_message_get(session) {
            defer { ssh_message_free(message) }
            switch ssh_message_type(message) {
            case CInt(SSH_REQUEST_SERVICE.rawValue): ssh_message_service_reply_success(message)
            case CInt(SSH_REQUEST_AUTH.rawValue): ssh_message_auth_reply_success(message, 0)
            case CInt(SSH_REQUEST_CHANNEL_OPEN.rawValue):
                channel = ssh_message_channel_request_open_reply_accept(message)
            default:
                ssh_message_channel_request_reply_success(message)
                return ask(session, channel)
            }
        }
    }

    private static func ask(_ session: ssh_session?, _ channel: ssh_channel?) {
        var refused: CInt = 0
        for _ in 0..<questions {
            let asked = ssh_channel_new(session)
            if ssh_channel_open_reverse_forward(asked, "localhost", 22, "localhost", 22) == SSH_ERROR { refused += 1 }
            ssh_channel_free(asked)
        }
        ssh_channel_request_send_exit_status(channel, refused)
        ssh_channel_send_eof(channel)
        ssh_channel_close(channel)
    }
}

/// The thread that serves is the only one to use it.
private struct SendablePointer: @unchecked Sendable {
    let value: ssh_bind?
    init(_ value: ssh_bind?) { self.value = value }
}
