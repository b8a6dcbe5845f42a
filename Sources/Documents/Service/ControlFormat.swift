import Fleet

extension Format where Value == ControlSettings {
    static var control: Format {
        let socket = Key("socket", .socketPath, "The socket's path; the usual place when left out.")
        let group = Key(
            "group", .text("a group's name", limit: 32),
            "The local group whose members may connect; nobody when left out.")
        let role = Key(
            "role", Format<UserRole>.word("a role"), "What members may do who are not named: viewer when left out.")
        let users = Key(
            "users",
            Format<UserRole>.word("a role").mapping(
                "roles by users", key: "a user's name (letters, digits, “-”, “_” and “.”)",
                keyPattern: "^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$", isKey: { UserName($0) != nil }),
            "What these local users may do, who are members of the group.")
        let eyes = Key("four-eyes", .bool, "True: who asked for a roll-out may not let it begin.")
        let shape = Shape(name: "the control socket", keys: [socket, group, role, users, eyes])
        let object = Format.object(shape) { fields -> ControlSettings? in
            let named = (fields[users] ?? []).compactMap { entry in UserName(entry.name).map { ($0, entry.value) } }
            let settings = ControlSettings(
                socket: fields[socket], group: fields[group], role: fields[role] ?? .viewer,
                users: Dictionary(named, uniquingKeysWith: { first, _ in first }),
                needsFourEyes: fields[eyes] ?? false)
            if settings.group == nil, fields[users] != nil { fields.diagnostics.refuseUnreached(fields.tree) }
            return settings
        }
        let choices: JSON = [["required": ["group"]], ["not": ["required": ["users"]]]]
        return Format(object.expected, schema: object.schema.adding("anyOf", choices), read: object.read)
    }
}

extension Diagnostics {
    fileprivate func refuseUnreached(_ tree: Tree) {
        report(
            "control-without-group", "No group is named, so these users can't connect to the socket.",
            at: tree.location, advice: "Name the group that they are members of: group.")
    }
}

extension Format where Value == String {
    fileprivate static var socketPath: Format {
        let longest = ControlSettings.longestPath
        return .scalar(
            "a path of at most \(longest) bytes that begins with /",
            schema: ["type": "string", "pattern": .string("^/.{1,\(longest - 1)}$")]
        ) {
            $0.text.hasPrefix("/") && (2...longest).contains($0.text.utf8.count) ? $0.text : nil
        }
    }
}
