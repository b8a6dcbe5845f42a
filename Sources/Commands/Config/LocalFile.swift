internal import Dispatch
internal import Foundation

/// A file of this machine, as far as this process may use it.
enum LocalFile {
    enum Use {
        case reading
        case running
    }

    struct Trouble {
        /// Goes on after the file's name: `is not there`.
        var found: String
        var advice: String
    }

    /// What keeps this process from using a file so; nil = nothing does.
    static func trouble(with path: String, for use: Use) -> Trouble? {
        guard path.hasPrefix("/") else {
            return Trouble(found: "is no whole path", advice: "Write where it is from / on: /usr/local/bin/…")
        }
        guard access(path, F_OK) == 0 else { return absence(errno) }
        let target = URL(filePath: path).resolvingSymlinksInPath().path
        let kind = (try? FileManager.default.attributesOfItem(atPath: target))?[.type] as? FileAttributeType
        guard kind != .typeDirectory else {
            return Trouble(found: "is a folder", advice: "Name the file in it that is meant.")
        }
        guard use == .reading || kind == .typeRegular else {
            return Trouble(found: "is no program", advice: "Name a file that can be run.")
        }
        guard access(path, use == .reading ? R_OK : X_OK) == 0 else {
            return Trouble(
                found: use == .reading ? "can't be read by \(user)" : "may not be run by \(user)", advice: rights)
        }
        return nil
    }

    private static func absence(_ code: Int32) -> Trouble {
        switch code {
        case ENOENT, ENOTDIR:
            Trouble(
                found: "is not there",
                advice: "Check the path, or make the file; relative paths begin beside the configuration.")
        case EACCES: Trouble(found: "is in a folder that \(user) may not enter", advice: rights)
        default: Trouble(found: "can't be looked at: \(String(cString: strerror(code)))", advice: "Check the path.")
        }
    }

    private static var user: String { NSUserName() }
    private static let rights =
        "Give that user the right, or check as the one that serve runs as: sudo -u vfiofleet vfiofleet config check …"
}
