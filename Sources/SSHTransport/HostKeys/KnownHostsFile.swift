import FoundationEssentials
import Glibc

/// The known_hosts file that this program writes.
struct KnownHostsFile {
    /// The system's reason why the file could not be written.
    struct Problem: Error { var reason: String }

    let path: String

    /// Adds lines in one write, so that another program that appends at the same time harms nothing. A new file is
    /// readable by its owner only.
    func append(_ lines: [String]) throws(Problem) {
        try makeFolder()
        let file = Descriptor(unsafe open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600))
        guard file.number >= 0 else { throw Self.problem() }
        let existing = text()
        let gap = existing.isEmpty || existing.utf8.last == UInt8(ascii: "\n") ? "" : "\n"
        let bytes = Array((gap + lines.map { $0 + "\n" }.joined()).utf8)
        let count = unsafe bytes.withUnsafeBytes { unsafe write(file.number, $0.baseAddress, $0.count) }
        guard count == bytes.count, fsync(file.number) == 0 else { throw Self.problem() }
    }

    /// Takes `host` out of every line that records a key for it, and replaces the file in one step. Lines that mark a key
    /// as revoked and lines whose patterns only happen to match stay.
    func forget(_ host: KnownHostName) throws(Problem) {
        let old = text()
        let new = old.split(separator: "\n", omittingEmptySubsequences: false)
            .compactMap { Self.without(host, $0) }.joined(separator: "\n")
        guard new != old else { return }
        let target = unsafe realpath(path, nil)
        defer { unsafe free(target) }
        let place = unsafe target.map { unsafe String(cString: $0) } ?? path
        let temporary = "\(place).\(getpid()).new"
        let file = Descriptor(unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600))
        guard file.number >= 0 else { throw Self.problem() }
        let bytes = Array(new.utf8)
        let count = unsafe bytes.withUnsafeBytes { unsafe write(file.number, $0.baseAddress, $0.count) }
        guard count == bytes.count, fsync(file.number) == 0, unsafe rename(temporary, place) == 0 else {
            let problem = Self.problem()
            unsafe unlink(temporary)
            throw problem
        }
    }

    /// The line as it stays; nil when nothing of it does.
    private static func without(_ host: KnownHostName, _ line: Substring) -> Substring? {
        guard let field = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).first, !field.hasPrefix("@"),
            !field.hasPrefix("#")
        else { return line }
        if field.hasPrefix("|") {
            let parsed = KnownHosts(files: [("", String(line))])
            return parsed.lines(for: host).isEmpty ? line : nil
        }
        let names = field.split(separator: ",")
        let others = names.filter { $0.lowercased() != host.text }
        if others.count == names.count { return line }
        return others.isEmpty ? nil : Substring(others.joined(separator: ",") + line[field.endIndex...])
    }

    private func text() -> String {
        guard let data = try? Data(contentsOf: URL(filePath: path)) else { return "" }
        return String(decoding: data, as: UTF8.self)
    }

    private func makeFolder() throws(Problem) {
        let folder = URL(filePath: path).deletingLastPathComponent().path
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch { throw Problem(reason: "the folder \(folder) can't be made") }
    }

    private static func problem() -> Problem { Problem(reason: unsafe String(cString: strerror(errno))) }
}
