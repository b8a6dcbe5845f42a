import Remote

// MARK: Reaching

extension Site {
    func nameNotResolved(_ reason: String) -> RemoteFailure {
        failure(
            .nameNotResolved, "The name \(endpoint.host) of \(place) could not be resolved: \(reason).",
            advice: "Correct the node's address in the inventory, or make the name known to DNS or /etc/hosts.")
    }

    func connectionRefused() -> RemoteFailure {
        failure(
            .connectionRefused, "\(place) refused the connection: nothing listens on that port.",
            advice: "Check that sshd runs there and that the port is right.")
    }

    func unreachable(_ reason: String) -> RemoteFailure {
        failure(
            .unreachable, "\(place) can't be reached: \(reason).",
            advice: "Check that the node is up and that its network is reachable from here.")
    }

    func connectTimedOut(_ limit: Duration) -> RemoteFailure {
        failure(
            .connectTimedOut, "\(place) did not answer the connection within \(limit.text).",
            advice: "Check that the node is up and that no firewall drops the packets.")
    }

    func cancelled() -> RemoteFailure {
        failure(.cancelled, "The work on \(place) was cancelled.", advice: "Start it again if it is still wanted.")
    }
}

// MARK: Handshake

extension Site {
    /// `line`: what it said instead; nil = nothing.
    func notSSH(saying line: String?) -> RemoteFailure {
        let isText = line.map { !$0.isEmpty && $0.utf8.allSatisfy { (0x20..<0x7f).contains($0) } } ?? false
        let what =
            isText ? "it said “\(line?.prefix(80) ?? "")”" : line == nil ? "it said nothing" : "it said something else"
        return failure(
            .notSSH, "\(place) does not speak SSH: \(what).",
            advice:
                "Check that the port is sshd's; 'ssh-keyscan -p \(endpoint.port) \(endpoint.host)' shows what answers.")
    }

    /// What sshd says in place of its greeting where it takes no connection from here just now (`drop_connection` in OpenSSH's
    /// sshd.c; since 9.8 the second sentence for both); nil for any other words.
    func turnedAway(saying line: String?) -> RemoteFailure? {
        switch line {
        case "Exceeded MaxStartups":
            turnedAway(
                "as many logins are under way there as its MaxStartups allows",
                advice: "Try again, with fewer at the same time (--parallel), or raise MaxStartups in its sshd_config.")
        case "Not allowed at this time":
            turnedAway(
                "its sshd has seen too many logins from here that failed or were not finished (PerSourcePenalties), or has as "
                    + "many under way as its MaxStartups allows",
                advice:
                    "Put right why they failed and try again in a minute; PerSourcePenaltyExemptList in its sshd_config "
                    + "spares this machine for good.")
        default: nil
        }
    }

    private func turnedAway(_ reason: String, advice: String) -> RemoteFailure {
        failure(.turnedAway, "\(place) turned the connection away: \(reason).", advice: advice)
    }

    func handshakeTimedOut(_ limit: Duration) -> RemoteFailure {
        failure(
            .handshakeTimedOut, "\(place) began to speak SSH and did not finish the key exchange within \(limit.text).",
            advice: "Check the node's load and its sshd's log.")
    }

    func noCommonAlgorithm(_ detail: String) -> RemoteFailure {
        failure(
            .noCommonAlgorithm, "\(place) and this program share no algorithm: \(detail).",
            advice: "Update the node's OpenSSH, or allow a current algorithm in its sshd_config.")
    }

    func connectionLost(_ detail: String) -> RemoteFailure {
        failure(
            .connectionLost, "The connection to \(place) was lost\(detail.isEmpty ? "" : ": \(detail)").",
            advice: "Check that the node still runs, then try again; its sshd's log tells why it closed a connection.")
    }

    func protocolError(_ detail: String) -> RemoteFailure {
        failure(
            .protocolError, "\(place) did not keep to the SSH protocol: \(detail).",
            advice: "Try 'ssh -v' to the node; if that works, please report this.")
    }
}

// MARK: Host keys

extension Site {
    private var trustAdvice: String { "vfiofleet trust \(node)" }

    func hostKeyUnknown(_ key: HostKey) -> RemoteFailure {
        failure(
            .hostKeyUnknown, "The host key of \(place) is not known: \(key).",
            advice: "Compare the fingerprint on the node itself, then record the key with '\(trustAdvice)'.")
    }

    func hostKeyChanged(_ key: HostKey, recorded: HostKey, file: String, line: Int) -> RemoteFailure {
        failure(
            .hostKeyChanged,
            """
            THE HOST KEY OF \(place) HAS CHANGED: it showed \(key), but \(recorded) is recorded in \(file), line \(line). \
            Either the node was installed anew, or somebody stands between.
            """,
            advice:
                "If the node was installed anew, compare the fingerprint on its console and run '\(trustAdvice) --replace'; otherwise do not connect."
        )
    }

    func hostKeyRevoked(_ key: HostKey) -> RemoteFailure {
        failure(
            .hostKeyRevoked, "The host key of \(place) is marked as revoked: \(key).",
            advice: "Give the node a new host key, then record it with '\(trustAdvice)'.")
    }
}

// MARK: Login

extension Site {
    func keyFileUnreadable(_ file: String) -> RemoteFailure {
        failure(
            .keyFileUnreadable, "The private key \(file) for \(place) can't be read.",
            advice: "Check that the file exists, is readable and holds a private key of type ed25519, ECDSA or RSA.")
    }

    func passphraseNeeded(_ file: String) -> RemoteFailure {
        failure(
            .passphraseNeeded, "The private key \(file) for \(place) is encrypted, and its passphrase was not given.",
            advice: "Add the key to an agent with 'ssh-add \(file)', or run this on a terminal, which asks for it.")
    }

    func loginRefused(_ tried: [String]) -> RemoteFailure {
        let tried = tried.isEmpty ? "there was no key to try" : "tried \(tried.joined(separator: ", "))"
        return failure(
            .loginRefused, "\(place) did not let \(endpoint.user) in: \(tried).",
            advice:
                "Put the public key into authorized_keys of \(endpoint.user) there, or name the right key with identity_file; passwords are never used."
        )
    }

    func secondFactorWanted() -> RemoteFailure {
        failure(
            .loginRefused, "\(place) took the key of \(endpoint.user) and wants a second proof besides.",
            advice: "Allow 'AuthenticationMethods publickey' for this user in the node's sshd_config.")
    }

    func loginTimedOut(_ limit: Duration) -> RemoteFailure {
        failure(
            .loginTimedOut, "\(place) did not finish the login of \(endpoint.user) within \(limit.text).",
            advice: "Check the node's load, and whether the agent waits for a confirmation.")
    }
}

// MARK: Commands

extension Site {
    func commandTimedOut(_ limit: Duration) -> RemoteFailure {
        failure(
            .commandTimedOut, "A command on \(place) did not end within \(limit.text).",
            advice: "Look at what runs on the node: the command may still be at work there.")
    }

    func silent(_ limit: Duration) -> RemoteFailure {
        failure(
            .silent, "\(place) sent nothing for \(limit.text) while a command ran.",
            advice: "Check that the node still runs and can be reached.")
    }
}

extension Duration {
    /// `10 s`, or `250 ms` below a second.
    fileprivate var text: String {
        let (seconds, attoseconds) = components
        return seconds > 0 ? "\(seconds) s" : "\(attoseconds / 1_000_000_000_000_000) ms"
    }
}
