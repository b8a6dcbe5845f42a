import CLibSSH

/// What a session is told before it connects.
struct SessionOptions: Sendable {
    /// For messages only: the socket is ours.
    var host: String
    var user: String
    /// Host key algorithms in the order to ask for; empty is libssh's own.
    var hostKeyAlgorithms: [String] = []

    /// Curve25519 costs both sides least; the others are for servers without it.
    static let keyExchanges = [
        "curve25519-sha256", "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256", "ecdh-sha2-nistp384",
        "ecdh-sha2-nistp521", "diffie-hellman-group-exchange-sha256", "diffie-hellman-group16-sha512",
        "diffie-hellman-group18-sha512", "diffie-hellman-group14-sha256",
    ]
    /// AES-GCM first: one pass, and in hardware on every CPU that can do passthrough.
    static let ciphers = [
        "aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com", "aes128-ctr",
        "aes192-ctr", "aes256-ctr",
    ]
}

extension Session {
    func apply(_ options: SessionOptions) -> Bool {
        var isAccepted = setNumber(SSH_OPTIONS_FD, descriptor) && setNumber(SSH_OPTIONS_PROCESS_CONFIG, 0)
        var texts: [(ssh_options_e, String)] = [
            (SSH_OPTIONS_HOST, options.host), (SSH_OPTIONS_USER, options.user),
            (SSH_OPTIONS_KEY_EXCHANGE, SessionOptions.keyExchanges.joined(separator: ",")),
            (SSH_OPTIONS_CIPHERS_C_S, SessionOptions.ciphers.joined(separator: ",")),
            (SSH_OPTIONS_CIPHERS_S_C, SessionOptions.ciphers.joined(separator: ",")),
            // Host keys are checked by us; libssh would read the user's files for each connection.
            (SSH_OPTIONS_SSH_DIR, "/nonexistent"), (SSH_OPTIONS_KNOWNHOSTS, "/dev/null"),
            (SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null"),
        ]
        if !options.hostKeyAlgorithms.isEmpty {
            texts.append((SSH_OPTIONS_HOSTKEYS, options.hostKeyAlgorithms.joined(separator: ",")))
        }
        for (option, text) in texts where isAccepted {
            isAccepted = unsafe text.withCString { unsafe ssh_options_set(raw, option, $0) } == 0
        }
        return isAccepted
    }

    private func setNumber(_ option: ssh_options_e, _ value: CInt) -> Bool {
        unsafe withUnsafePointer(to: value) { unsafe ssh_options_set(raw, option, $0) } == 0
    }
}
