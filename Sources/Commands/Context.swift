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

    /// The nodes a selector names. Parts that fit nothing are an error: a typing error must not narrow a roll-out silently.
    func select(_ selector: String?, in store: Store) async throws -> [Node] {
        let inventory = Inventory(nodes: try await store.nodes())
        guard !inventory.nodes.isEmpty else {
            throw FleetError(
                "inventory-empty", "The database \(store.path) holds no nodes yet.",
                advice: "Import an inventory first: vfiofleet inventory import FILE.")
        }
        let selection = try Selector(parsing: selector ?? "all").select(from: inventory)
        guard selection.unmatched.isEmpty else { throw Failures(errors: selection.unmatched) }
        guard !selection.nodes.isEmpty else {
            throw FleetError(
                "selector-no-match", "“\(selector ?? "all")” selects no node.",
                advice: "vfiofleet inventory list shows the nodes.")
        }
        return selection.nodes
    }

    static var now: Timestamp {
        Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
    }

    /// Who acts, for the audit log.
    static var actor: String { ProcessInfo.processInfo.environment["SUDO_USER"] ?? NSUserName() }
}
