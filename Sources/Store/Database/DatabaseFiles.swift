import Fleet
import Foundation

/// The files of an open database. SQLite goes on writing into files that were removed or exchanged under it, where nobody
/// will ever look: what was ordered from nodes would be forgotten with the process.
struct DatabaseFiles: Sendable {
    private let path: String
    private let seen: [String: Identity]

    private struct Identity: Hashable, Sendable {
        var device: UInt64
        var number: UInt64

        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            device = UInt64(status.st_dev)
            number = UInt64(status.st_ino)
        }
    }

    /// Looks at the files of a database that is open: from then on SQLite keeps them until it is closed.
    init(_ path: String) {
        self.path = path
        let files = ["", "-wal", "-shm"].compactMap { suffix in
            Identity(path + suffix).map { (path + suffix, $0) }
        }
        seen = Dictionary(files) { first, _ in first }
    }

    func refuseReplaced() throws {
        for (file, identity) in seen where Identity(file) != identity {
            throw FleetError(
                "store-replaced", "\(file) was removed or exchanged while it was in use.",
                advice:
                    "Nothing more is done from here. Where the files still are, put them back together (\(path), -wal, "
                    + "-shm), then: vfiofleet rollout resume. A copy from earlier does not know what was done since: "
                    + "look at the nodes with vfiofleet verify before you go on with it.")
        }
    }
}
