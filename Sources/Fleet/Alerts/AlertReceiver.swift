/// Where alerts go to, as the configuration says it.
public struct AlertReceiver: Hashable, Sendable {
    public var route: AlertRoute
    public var channel: AlertChannel
    public var name: String { route.receiver }

    public init(route: AlertRoute, channel: AlertChannel) {
        self.route = route
        self.channel = channel
    }
}

public enum AlertChannel: Hashable, Sendable {
    /// A POST over HTTP.
    case post(AlertPost)
    /// A program: its arguments, the first of which is its path. It gets the alert as JSON on standard input.
    case command([String], timeoutSeconds: Int)
    case mail(AlertMail)

    /// Has the files that hold secrets named by other paths.
    public mutating func resolveFiles(_ path: (String) -> String) {
        guard case .post(var post) = self else { return }
        post.url = post.url.resolved(path)
        post.secret = post.secret?.resolved(path)
        post.authorities = post.authorities.map(path)
        self = .post(post)
    }
}

/// One HTTP receiver.
public struct AlertPost: Hashable, Sendable {
    public enum Format: String, Hashable, Sendable, CaseIterable {
        /// The alert as JSON.
        case webhook
        /// What incoming webhooks of these programs take.
        case slack, mattermost
        /// https://docs.ntfy.sh/publish/
        case ntfy
    }

    public var format: Format
    /// `http` or `https`. For chats, who knows it may post: then it is a secret itself.
    public var url: SecretText
    /// Of `webhook`: the key of the signature; nil = unsigned. Of `ntfy`: the access token.
    public var secret: SecretText?
    /// A PEM file of the certificate authorities that count for this receiver; nil = those of the machine.
    public var authorities: String?

    public init(_ format: Format, url: SecretText, secret: SecretText? = nil, authorities: String? = nil) {
        self.format = format
        self.url = url
        self.secret = secret
        self.authorities = authorities
    }
}

/// E-mail by way of the machine's mail system.
public struct AlertMail: Hashable, Sendable {
    public var to: [String]
    public var from: String?
    /// The program, called as `sendmail -i -t`.
    public var program: String

    public init(to: [String], from: String? = nil, program: String = "/usr/sbin/sendmail") {
        self.to = to
        self.from = from
        self.program = program
    }
}

/// A text that is written down somewhere else, so that neither the configuration nor the database holds it.
public enum SecretText: Hashable, Sendable {
    /// Written in the configuration: no secret.
    case plain(String)
    /// The content of a file, without white space around it; read whenever it is needed.
    case file(String)
    /// The value of an environment variable.
    case environment(String)
}

extension SecretText {
    fileprivate func resolved(_ path: (String) -> String) -> SecretText {
        if case .file(let file) = self { .file(path(file)) } else { self }
    }
}
