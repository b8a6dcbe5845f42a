internal import ArgumentParser
internal import Fleet
internal import Forms
internal import Store
internal import Web

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Tokens by which programs use the API.",
        discussion: """
            Examples:
              vfiofleet token create monitor --for prometheus
              vfiofleet token revoke 3
            """,
        subcommands: [TokenCreate.self, TokenList.self, TokenRevoke.self])
}

struct TokenCreate: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Create a token, and show it once.",
        discussion: """
            A program sends it as Authorization: Bearer TOKEN and may do what its user may. Only its digest is kept.

            Examples:
              vfiofleet token create monitor --for prometheus
              vfiofleet token create anna --for 'nightly report' --days 90
            """)

    @OptionGroup var target: UserArgument
    @Option(name: .customLong("for"), help: ArgumentHelp("What it is for.", valueName: "text")) var title: String
    @Option(help: ArgumentHelp("It expires after so many days; it does not when left out.", valueName: "n"))
    var days: Int?
    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard days.map({ (1...3650).contains($0) }) ?? true else {
            throw ValidationError("--days is between 1 and 3650.")
        }
        guard (1...200).contains(title.utf8.count) else { throw ValidationError("--for has 1 to 200 bytes.") }
    }

    func execute(in context: Context) async throws -> Outcome {
        let user = try target.user
        let secret = Secret.make()
        let now = Context.now
        let id = try await context.openStore().addToken(
            secret.digest, title, of: user, until: days.map { now.adding(seconds: $0 * 86_400) }, at: now,
            by: Context.actor)
        context.console.writeLine(secret.text)
        context.console.note("Token \(id) of \(user). It can't be shown again.")
        return .good
    }
}

struct TokenList: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the tokens, without their secrets.",
        discussion: """
            Example:
              vfiofleet token list --json
            """)

    @Flag(help: "As JSON.") var json = false
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let tokens = try await context.openStore().tokens().map(TokenDocument.init)
        if json {
            try context.console.writeJSON(tokens)
            return .good
        }
        var table = Table([
            .init("TOKEN", right: true), .init("USER"), .init("FOR", flexible: true), .init("CREATED"),
            .init("EXPIRES"),
            .init("REVOKED"),
        ])
        for token in tokens {
            table.add([
                .init("\(token.id)"), .init(token.user.description), .init(token.title.printableLine),
                .init(token.createdAt), .init(token.expiresAt ?? "never"), .init(token.revokedAt ?? ""),
            ])
        }
        context.console.write(table)
        return .good
    }
}

struct TokenRevoke: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Take a token back, at once.",
        discussion: """
            Example:
              vfiofleet token revoke 3
            """)

    @Argument(help: "The token's number.") var token: Int64
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        try await context.openStore().revokeToken(token, at: Context.now, by: Context.actor)
        context.console.note("Revoked token \(token).")
        return .good
    }
}

/// `token list --json`
struct TokenDocument: Encodable {
    var id: Int64
    var user: UserName
    var title: String
    var createdAt: String
    var expiresAt: String?
    var revokedAt: String?

    init(_ token: StoredToken) {
        id = token.id
        user = token.user
        title = token.title
        createdAt = token.createdAt.iso8601
        expiresAt = token.expiresAt?.iso8601
        revokedAt = token.revokedAt?.iso8601
    }
}
