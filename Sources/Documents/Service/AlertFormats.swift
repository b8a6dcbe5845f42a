import Fleet

extension Format where Value == AlertReceiver {
    /// Its name is the key it stands under.
    static var alertReceiver: Format {
        let severity = Key("severity", Format<RuleID.Severity>.severity, "Only what is at least so grave.")
        let events = Key(
            "events", Format<AlertItem.Event>.word("what is told").list(atLeast: 1), "Only these; all when left out.")
        let playbooks = Key(
            "playbooks", Format<String>.text("a playbook's name").list(atLeast: 1),
            "Only what was verified against these; all when left out.")
        let channels = AlertChannelKeys.all
        let shape = Shape(name: "a receiver", keys: [severity, events, playbooks] + channels.map(\.key))
        let object = Format.object(shape) { fields in
            // A channel that is there and not valid is reported already.
            channels.lazy.compactMap { $0.read(fields) }.first.map { channel in
                let route = AlertRoute(
                    "", minimum: fields[severity] ?? .low,
                    events: Set(fields[events] ?? AlertItem.Event.allCases), playbooks: fields[playbooks].map(Set.init))
                return AlertReceiver(route: route, channel: channel)
            }
        }
        return object.withOne(of: channels.map(\.key.name))
    }
}

/// One way to reach somebody: its key, and how it is read.
private struct AlertChannelKeys {
    let key: any AnyKey
    let read: @Sendable (Fields) -> AlertChannel?

    private init<Value>(_ key: Key<Value>, _ channel: @escaping @Sendable (Value) -> AlertChannel) {
        self.key = key
        read = { $0[key].map(channel) }
    }

    static var all: [AlertChannelKeys] {
        let posts: [(AlertPost.Format, String, Key<SecretText>?)] = [
            (.webhook, "JSON to this address, signed as Standard Webhooks are.", .secret("The key it is signed with.")),
            (.slack, "To a channel of Slack, by an incoming webhook.", nil),
            (.mattermost, "To a channel of Mattermost, by an incoming webhook.", nil),
            (.ntfy, "To a topic of ntfy.", Key("token", .secret, "An access token.")),
        ]
        let command = Key("command", .command, "To a program: the alert is JSON on its standard input.")
        let mail = Key("mail", .mail, "By e-mail, through the machine's sendmail.")
        return posts.map { format, summary, secret in
            AlertChannelKeys(Key(format.rawValue, .post(format, secret), summary)) { .post($0) }
        } + [AlertChannelKeys(command) { $0 }, AlertChannelKeys(mail) { .mail($0) }]
    }
}

extension Key where Value == SecretText {
    fileprivate static func secret(_ summary: String) -> Key { Key("secret", .secret, summary) }
}

extension Format where Value == AlertPost {
    fileprivate static func post(_ format: AlertPost.Format, _ secret: Key<SecretText>?) -> Format {
        let url = Key(
            "url", Format<SecretText>.address, "http or https; it may be kept in a file or the environment.",
            isRequired: true)
        let authorities = Key(
            "ca", Format<String>.text("a file's path"),
            "A PEM file of the certificate authorities that count here; those of the machine when left out.")
        let keys: [any AnyKey] = [url] + (secret.map { [$0] } ?? []) + [authorities]
        return .object(Shape(name: "the receiver's \(format.rawValue)", keys: keys)) { fields in
            fields[url].map { url in
                AlertPost(format, url: url, secret: secret.flatMap { fields[$0] }, authorities: fields[authorities])
            }
        }
    }
}

extension Format where Value == AlertChannel {
    fileprivate static var command: Format {
        let arguments = Key(
            "run", Format<String>.text("an argument").list(atLeast: 1), "The program's whole path, and its arguments.",
            isRequired: true)
        let timeout = Key("timeout", Format<Int>.duration(1...3600), "After so long it is ended; 30s when left out.")
        return .object(Shape(name: "the command", keys: [arguments, timeout])) { fields in
            fields[arguments].map { .command($0, timeoutSeconds: fields[timeout] ?? 30) }
        }
    }
}

extension Format where Value == AlertMail {
    fileprivate static var mail: Format {
        let to = Key(
            "to", Format<String>.mailAddress.list(orSingle: true, atLeast: 1), "Who gets it.", isRequired: true)
        let from = Key("from", Format<String>.mailAddress, "The sender; sendmail's own when left out.")
        let program = Key("sendmail", Format<String>.text("a program's path"), "/usr/sbin/sendmail when left out.")
        return .object(Shape(name: "the mail", keys: [to, from, program])) { fields in
            fields[to].map { to in
                let usual = AlertMail(to: to)
                return AlertMail(to: to, from: fields[from], program: fields[program] ?? usual.program)
            }
        }
    }
}

extension Format where Value == String {
    fileprivate static var mailAddress: Format {
        .scalar(
            "an e-mail address",
            schema: ["type": "string", "pattern": "^[^\\s@,;<>\"\\\\]{1,64}@[^\\s@,;<>\"\\\\]{1,253}$"]
        ) { scalar in
            let parts = scalar.text.split(separator: "@", omittingEmptySubsequences: false)
            let isPlain = scalar.text.unicodeScalars.allSatisfy {
                !$0.properties.isWhitespace && !",;<>\"\\".unicodeScalars.contains($0) && $0.value >= 0x20
            }
            guard isPlain, parts.count == 2, (1...64).contains(parts[0].unicodeScalars.count),
                (1...253).contains(parts[1].unicodeScalars.count)
            else { return nil }
            return scalar.text
        }
    }
}

extension Format where Value == RuleID.Severity {
    fileprivate static var severity: Format {
        let words = RuleID.Severity.allCases.map(\.word)
        return .scalar(
            "a severity (\(words.joined(separator: ", ")))", schema: ["enum": .array(words.map { .string($0) })],
            advice: { nearest(to: $0, in: words).map { "Did you mean \(quoted($0))?" } },
            parse: { RuleID.Severity($0.text) })
    }
}
