internal import Engine
public import Fleet
internal import Forms
internal import Foundation
internal import Hummingbird
internal import Store

/// What commands ask the controller beside the API.
struct ControlRoutes: Sendable {
    let site: Site
    let control: ControlListener

    func add(to api: RouterGroup<WebContext>) {
        api.get("controller") { request, context in
            let about = ControllerDocument(
                try context.user(), version: control.version, fourEyes: site.settings.needsFourEyes,
                database: DatabaseIdentity(site.store.path))
            return try JSONAnswer.make(about, for: request)
        }
        api.get("selection") { request, _ in
            let nodes = try await FleetSelection.nodes(request.query("selector"), in: site.store).map(\.name)
            return try JSONAnswer.make(["nodes": nodes], for: request)
        }
    }
}

/// Who the controller is, and who it takes one for.
public struct ControllerDocument: Codable, Sendable {
    public var version: String
    public var database: DatabaseIdentity
    public var name: UserName
    public var role: UserRole
    /// Who asked for a roll-out may not let it begin.
    public var fourEyes: Bool

    init(_ user: Identity, version: String, fourEyes: Bool, database: DatabaseIdentity) {
        self.version = version
        self.database = database
        name = user.name
        role = user.role
        self.fourEyes = fourEyes
    }
}

/// Tells whether two processes have the same database.
public struct DatabaseIdentity: Codable, Hashable, Sendable {
    public var path: String
    /// As text: they have 64 bits. Absent where it can't be looked at, or is not there.
    public var device: String?
    public var inode: String?

    public init(_ path: String) {
        self.path = URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath().path
        var status = stat()
        guard stat(path, &status) == 0 else { return }
        (device, inode) = ("\(status.st_dev)", "\(status.st_ino)")
    }

    /// By the file itself where both could look at it, else by its path.
    public func isSame(as other: DatabaseIdentity) -> Bool {
        guard let inode, let device, let otherInode = other.inode, let otherDevice = other.device else {
            return path == other.path
        }
        return inode == otherInode && device == otherDevice
    }
}
