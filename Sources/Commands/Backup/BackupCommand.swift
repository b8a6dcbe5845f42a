internal import ArgumentParser
internal import Engine
internal import Fleet
internal import Foundation
internal import Store

struct BackupCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copy the database into one file, while it is in use.",
        discussion: """
            The copy is what the database held at one moment, and checked before it gets its name. It holds what nodes \
            answered: keep it as safe as the database.

            Example:
              vfiofleet backup /var/backups/vfiofleet-$(date +%F).db
            """)

    @Argument(help: "The file to make.") var file: String
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let store = try context.openStore()
        try await store.backUp(to: file)
        context.console.writeLine("Backed \(common.databasePath) up to \(file).")
        await note(store, context.console)
        return .good
    }

    /// After the copy is there: a database that can't be written to any more can be backed up all the same.
    private func note(_ store: Store, _ console: Console) async {
        let path = URL(fileURLWithPath: file).standardizedFileURL.path
        do throws(FleetError) {
            try await store.note("backup", subject: path, at: Context.now, by: Context.actor)
        } catch {
            console.complain("warning: This backup is not in the audit log: \(error.description.printable)")
        }
    }
}

struct RestoreCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Put a backup in the place of the database.",
        discussion: """
            The backup is checked first, with its audit log, and may be from an earlier version. The present database is kept \
            beside it. Refused while a process runs schedules or a roll-out.

            Example:
              vfiofleet restore /var/backups/vfiofleet-2026-05-01.db
            """)

    @Argument(help: "The backup's file.") var file: String
    @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let path = common.databasePath
        guard try agrees(to: path, context.console) else {
            context.console.note("Nothing was changed.")
            return .failed
        }
        let kept = try await Store.restore(
            file, to: path, at: Context.now, by: Context.actor, isGone: LeaseHolder.isGone)
        context.console.writeLine("\(path) is what \(file) holds.")
        if let kept { context.console.note("What was there before is kept as \(kept).") }
        context.console.note(
            "It does not know what was done since it was made: look at the nodes with vfiofleet detect and verify before "
                + "anything is rolled out.")
        return .good
    }

    private func agrees(to path: String, _ console: Console) throws -> Bool {
        if yes { return true }
        guard console.canAsk else {
            throw FleetError(
                "confirmation-needed", "Nobody can be asked whether to go on: this is no terminal.",
                advice: "Repeat the command with --yes.")
        }
        return console.confirm("Put \(file) in the place of \(path)?")
    }
}
