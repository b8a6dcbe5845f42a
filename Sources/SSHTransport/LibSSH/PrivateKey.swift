import CLibSSH
import FoundationEssentials

/// Owns a private key read from a file.
///
/// `@unchecked` because libssh does not change a key after it was read: signing only reads it.
@safe final class PrivateKey: @unchecked Sendable {
    enum Problem: Error { case passphraseNeeded, passphraseWrong, unreadable }

    private let raw: ssh_key

    private init(_ raw: ssh_key) { unsafe self.raw = unsafe raw }

    deinit { unsafe ssh_key_free(raw) }

    /// Slow for an encrypted key, on purpose of its format.
    static func read(file: String, passphrase: String?) throws(Problem) -> PrivateKey {
        var key: ssh_key?
        let wasAsked = AskedForPassphrase()
        let code = withExtendedLifetime(wasAsked) {
            let asked = unsafe Unmanaged.passUnretained(wasAsked).toOpaque()
            return unsafe ssh_pki_import_privkey_file(file, passphrase, noteQuestion, asked, &key)
        }
        if code == SSH_OK, let key = unsafe key { return unsafe PrivateKey(key) }
        if passphrase != nil { throw .passphraseWrong }
        throw wasAsked.value ? .passphraseNeeded : .unreadable
    }

    /// The public half in its binary form; nil when memory is short.
    var publicKey: [UInt8]? { unsafe publicKeyBytes(raw) }

    /// The public half of the key in `file`, as far as it can be had without a passphrase: OpenSSH writes it in clear
    /// before the encrypted part, and the file may itself be a public key.
    static func publicKey(file: String) -> [UInt8]? {
        var key: ssh_key?
        guard unsafe ssh_pki_import_pubkey_file(file, &key) == SSH_OK, let key = unsafe key else { return nil }
        defer { unsafe ssh_key_free(key) }
        return unsafe publicKeyBytes(key)
    }

    /// Offers the key and signs with it.
    func authenticate(_ session: Session, user: String) -> Authentication {
        unsafe Authentication(ssh_userauth_publickey(session.raw, user, raw))
    }
}

private func publicKeyBytes(_ key: ssh_key) -> [UInt8]? {
    var encoded: UnsafeMutablePointer<CChar>?
    guard unsafe ssh_pki_export_pubkey_base64(key, &encoded) == SSH_OK, let base64 = unsafe encoded else { return nil }
    defer { unsafe ssh_string_free_char(base64) }
    return unsafe Data(base64Encoded: String(cString: base64)).map { Array($0) }
}

/// What the server answered to one offer to log in.
enum Authentication {
    case accepted, denied, partial, again, failed

    init(_ code: CInt) {
        self =
            switch code {
            case SSH_AUTH_SUCCESS.rawValue: .accepted
            case SSH_AUTH_DENIED.rawValue: .denied
            case SSH_AUTH_PARTIAL.rawValue: .partial
            case SSH_AUTH_AGAIN.rawValue: .again
            default: .failed
            }
    }
}

extension Session {
    /// One step of trying the agent's keys. Blocks while the agent thinks: for the agent's thread only.
    func authenticateByAgent(user: String) -> Authentication { unsafe Authentication(ssh_userauth_agent(raw, user)) }

    /// The open socket to the agent, which stays the caller's; -1 takes it away again.
    func setAgent(_ socket: CInt) { unsafe ssh_set_agent_socket(raw, socket) }
}

private final class AskedForPassphrase { var value = false }

/// Never answers: a passphrase is asked for by the caller, without libssh waiting for it.
private let noteQuestion: ssh_auth_callback = { _, _, _, _, _, userdata in
    if let userdata = unsafe userdata {
        unsafe Unmanaged<AskedForPassphrase>.fromOpaque(userdata).takeUnretainedValue().value = true
    }
    return -1
}
