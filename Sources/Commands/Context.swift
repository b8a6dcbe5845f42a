internal import Engine
internal import Fleet
internal import Foundation
internal import Store

/// What a command works with, opened when it is first needed.
struct Context {
    let common: CommonOptions
    let console: Console

    init(_ common: CommonOptions) {
        self.common = common
        console = common.console
    }

    func openStore() throws(FleetError) -> Store {
        try Store.open(path: common.databasePath)
    }

    /// The nodes a selector names; nil = all. Fails as `FleetSelection.nodes` does.
    func select(_ selector: String?, in store: Store) async throws -> [Node] {
        try await FleetSelection.nodes(selector, in: store)
    }

    static var now: Timestamp {
        Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
    }

    /// Who acts, for the audit log.
    static var actor: String { ProcessInfo.processInfo.environment["SUDO_USER"] ?? NSUserName() }
}
