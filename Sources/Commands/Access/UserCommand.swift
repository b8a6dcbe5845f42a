internal import ArgumentParser
internal import Fleet
internal import Forms
internal import Store
internal import Web

struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "Who may use the web page and the API.",
        discussion: """
            Examples:
              vfiofleet user add anna --role approver
              vfiofleet user list
            """,
        subcommands: [UserAdd.self, UserList.self, UserPassword.self, UserRemove.self])
}

struct UserArgument: ParsableArguments {
    @Argument(help: "The user's name.") var name: String

    var user: UserName {
        get throws(FleetError) {
            guard let user = UserName(name) else {
                throw FleetError(
                    "user-name-invalid", "“\(name)” can't be a user's name.",
                    advice: "Take letters, digits, “.”, “_” and “-”, beginning with a letter or digit.")
            }
            return user
        }
    }
}

extension UserRole {
    static func argument(_ text: String) throws -> UserRole {
        guard let role = UserRole(rawValue: text) else {
            throw ValidationError("A role is one of \(allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        return role
    }
}

struct UserAdd: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add a user.",
        discussion: """
            The password is asked for on the terminal, or is the first line of standard input; it is never an argument. A \
            viewer looks at everything; an operator pauses, resumes and aborts roll-outs and asks for new ones; an approver \
            lets those begin.

            Examples:
              vfiofleet user add anna --role approver
              pass show fleet | vfiofleet user add ben --role viewer
            """)

    @OptionGroup var target: UserArgument
    @Option(help: "viewer, operator or approver.", transform: UserRole.argument) var role: UserRole
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let user = try target.user
        let store = try context.openStore()
        let hash = try await PasswordHash.make(try PasswordPrompt.ask(context.console))
        try await store.addUser(user, role, password: hash, at: Context.now, by: Context.actor)
        context.console.note("Added \(user) as \(role.rawValue).")
        return .good
    }
}

struct UserPassword: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "passwd", abstract: "Set a user's password, and end the user's sessions.",
        discussion: """
            Tokens stay: vfiofleet token revoke takes them back.

            Example:
              vfiofleet user passwd anna
            """)

    @OptionGroup var target: UserArgument
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let user = try target.user
        let store = try context.openStore()
        let hash = try await PasswordHash.make(try PasswordPrompt.ask(context.console))
        try await store.setPassword(hash, of: user, at: Context.now, by: Context.actor)
        context.console.note("Set the password of \(user); all sessions have ended.")
        return .good
    }
}

struct UserRemove: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove a user with all sessions and tokens.",
        discussion: """
            What the user did stays in the audit log.

            Example:
              vfiofleet user remove ben
            """)

    @OptionGroup var target: UserArgument
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let user = try target.user
        try await context.openStore().removeUser(user, at: Context.now, by: Context.actor)
        context.console.note("Removed \(user).")
        return .good
    }
}

struct UserList: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the users.",
        discussion: """
            Example:
              vfiofleet user list --json
            """)

    @Flag(help: "As JSON.") var json = false
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let users = try await context.openStore().users()
        if json {
            try context.console.writeJSON(users.map(UserDocument.init))
            return .good
        }
        var table = Table([.init("USER"), .init("ROLE"), .init("CREATED"), .init("CHANGED")])
        for user in users {
            table.add([
                .init(user.name.description), .init(user.role.rawValue), .init(user.createdAt.iso8601),
                .init(user.changedAt.iso8601),
            ])
        }
        context.console.write(table)
        if users.isEmpty { context.console.note("There are no users: vfiofleet user add NAME --role ROLE.") }
        return .good
    }
}

/// `user list --json`
struct UserDocument: Encodable {
    var name: UserName
    var role: UserRole
    var createdAt: String
    var changedAt: String

    init(_ user: StoredUser) {
        name = user.name
        role = user.role
        createdAt = user.createdAt.iso8601
        changedAt = user.changedAt.iso8601
    }
}
