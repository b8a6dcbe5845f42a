internal import Foundation
import Synchronization
import TestSupport

/// A disk with a cache that a power failure empties, under the databases of one folder. It knows of each file what was
/// synced and what was only written since, lets the power fail before a given operation, and gives what is left then.
///
///     let disk = PowerCutDisk(folder)                 // before the database is opened
///     disk.failPower(before: .sync(3))
///     …                                               // until SQLite reports that nothing can be written any more
///     try disk.remains(.everySecond(seed: 7), in: other)
public final class PowerCutDisk: Sendable {
    private let folder: String
    private let state = Mutex(State())

    /// What SQLite does to a file.
    enum Change {
        case write(at: Int, [UInt8])
        case truncate(Int)
        case sync
        case delete
    }

    /// When the power fails, counted from `failPower` on: the operation named is the first that is not done.
    public enum Moment: Hashable, Sendable {
        /// The sync with this number, from 1: everything of that transaction was written and nothing synced.
        case sync(Int)
        /// Whatever comes after the sync with this number.
        case afterSync(Int)
        /// Whatever comes after this many operations of any kind.
        case operation(Int)
    }

    /// What becomes of that which was written and not synced.
    public enum Loss: Hashable, Sendable {
        case everything
        case nothing
        /// By chance: whole writes, and sectors of 512 bytes of others, in no order.
        case byChance(seed: UInt64)
    }

    struct File {
        var synced: [UInt8] = []
        var unsynced: [Change] = []
    }

    struct State {
        var files: [String: File] = [:]
        var moment: Moment?
        var operations = 0
        var syncs = 0
        var isOff = false
    }

    /// The folder must be there.
    public init(_ folder: String) {
        // SQLite asks for files by paths without links.
        let path = realpath(folder, nil)
        self.folder = path.map { String(cString: $0) } ?? folder
        free(path)
        _ = WatchingVFS.install
        Self.disks.withLock { $0[self.folder] = Weak(disk: self) }
    }

    deinit { Self.disks.withLock { _ = $0.removeValue(forKey: folder) } }

    public func failPower(before moment: Moment) {
        state.withLock {
            ($0.operations, $0.syncs) = (0, 0)
            $0.moment = moment
        }
    }

    /// Whether the moment has come.
    public var isOff: Bool { state.withLock { $0.isOff } }
    /// Since `failPower`.
    public var syncs: Int { state.withLock { $0.syncs } }

    /// Writes the files as they are found when the power is back.
    public func remains(_ loss: Loss, in other: String) throws {
        let files = state.withLock { $0.files }
        try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: true)
        for (name, file) in files.sorted(by: { $0.key < $1.key }) {
            var bytes = file.synced
            var chance = Chance(loss, name)
            for change in file.unsynced { chance.apply(change, to: &bytes) }
            try Data(bytes).write(to: URL(filePath: other + "/" + name))
        }
    }
}

extension PowerCutDisk {
    private struct Weak {
        weak var disk: PowerCutDisk?
    }

    private static let disks = Mutex<[String: Weak]>([:])

    private static func disk(of path: String) -> PowerCutDisk? {
        disks.withLock { $0[String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex))]?.disk }
    }

    static func isWatched(_ path: String) -> Bool { disk(of: path) != nil }

    static func permits(_ change: Change, _ path: String) -> Bool {
        disk(of: path)?.permits(
            change, String(path.suffix(from: path.lastIndex(of: "/") ?? path.startIndex).dropFirst()))
            ?? true
    }

    private func permits(_ change: Change, _ name: String) -> Bool {
        state.withLock { state in
            guard !state.isOff else { return false }
            state.operations += 1
            if case .sync = change { state.syncs += 1 }
            state.isOff = state.isDue(at: change)
            guard !state.isOff else { return false }
            state.files[name, default: File()].take(change)
            if case .delete = change { state.files[name] = nil }
            return true
        }
    }
}

extension PowerCutDisk.State {
    fileprivate func isDue(at change: PowerCutDisk.Change) -> Bool {
        let isSync = if case .sync = change { true } else { false }
        return switch moment {
        case .sync(let number): isSync && syncs == number
        case .afterSync(let number): syncs > number || (syncs == number && !isSync)
        case .operation(let number): operations > number
        case nil: false
        }
    }
}

extension PowerCutDisk.File {
    fileprivate mutating func take(_ change: PowerCutDisk.Change) {
        guard case .sync = change else { return unsynced.append(change) }
        for change in unsynced { change.apply(to: &synced) }
        unsynced = []
    }
}

extension PowerCutDisk.Change {
    fileprivate func apply(to bytes: inout [UInt8]) {
        switch self {
        case .write(let at, let content):
            if bytes.count < at + content.count {
                bytes += [UInt8](repeating: 0, count: at + content.count - bytes.count)
            }
            bytes.replaceSubrange(at..<at + content.count, with: content)
        case .truncate(let size): bytes.removeLast(max(0, bytes.count - size))
        case .sync, .delete: break
        }
    }
}

/// Decides of each write whether it reached the disk.
private struct Chance {
    let loss: PowerCutDisk.Loss
    private var random: SeededNumbers

    init(_ loss: PowerCutDisk.Loss, _ name: String) {
        self.loss = loss
        let salt = name.utf8.reduce(0 as UInt64) { $0 &* 31 &+ UInt64($1) }
        random = if case .byChance(let seed) = loss { SeededNumbers(seed: seed ^ salt) } else { SeededNumbers(seed: 0) }
    }

    mutating func apply(_ change: PowerCutDisk.Change, to bytes: inout [UInt8]) {
        switch loss {
        case .everything: break
        case .nothing: change.apply(to: &bytes)
        case .byChance: if isLucky(in: 3) || isLucky(in: 2) { applyTorn(change, to: &bytes) }
        }
    }

    private mutating func applyTorn(_ change: PowerCutDisk.Change, to bytes: inout [UInt8]) {
        guard case .write(let at, let content) = change, isLucky(in: 3) else { return change.apply(to: &bytes) }
        for start in stride(from: 0, to: content.count, by: 512) where isLucky(in: 2) {
            let piece = Array(content[start..<min(start + 512, content.count)])
            PowerCutDisk.Change.write(at: at + start, piece).apply(to: &bytes)
        }
    }

    private mutating func isLucky(in count: Int) -> Bool { Int.random(in: 0..<count, using: &random) == 0 }
}
