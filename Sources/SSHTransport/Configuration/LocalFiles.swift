import Fleet
import FoundationEssentials
import Remote

/// Reads configuration, known hosts and keys on a thread of its own, each file once until it changes.
actor LocalFiles {
    private nonisolated let loop = EventLoop(name: "ssh-files")
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.executor }

    private let settings: SSHSettings
    private var configurations: Cached<[SSHConfig]>?
    private var knownHosts: [[String]: Cached<KnownHosts>] = [:]
    private var keys: [String: CachedKey] = [:]
    private var publicKeys: [String: Cached<[UInt8]?>] = [:]

    private struct Cached<Value> {
        var stamps: [FileStamp?]
        var value: Value
    }

    private struct CachedKey {
        var stamp: FileStamp?
        var key: Task<Result<PrivateKey, PrivateKey.Problem>, Never>
        var isAsked = false
    }

    init(_ settings: SSHSettings) { self.settings = settings }

    func route(for node: NodeName, _ connection: ConnectionSettings) throws(RemoteFailure) -> Route {
        do {
            var expanded = connection
            expanded.identityFiles = connection.identityFiles.map(expandHome)
            return try RouteBuilder(settings: settings, configurations: readConfigurations()).route(expanded)
        } catch {
            throw RemoteFailure(.settingsInvalid, node: node, error.message, advice: error.advice)
        }
    }

    private func expandHome(_ path: String) -> String {
        path.hasPrefix("~/") ? settings.home + path.dropFirst() : path
    }

    private func readConfigurations() -> [SSHConfig] {
        let stamps = settings.configurationFiles.map(FileStamp.init)
        if let configurations, configurations.stamps == stamps { return configurations.value }
        let value = settings.configurationFiles.map { file in
            SSHConfig(Self.text(of: file) ?? "") { pattern in includedTexts(pattern, from: file) }
        }
        configurations = Cached(stamps: stamps, value: value)
        return value
    }

    /// An Include without a directory is looked for beside the file that is always there.
    private func includedTexts(_ pattern: String, from file: String) -> [String] {
        let directory = file.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let path = expandHome(pattern)
        return filesMatching(path.hasPrefix("/") ? path : "\(directory)/\(path)").compactMap(Self.text)
    }

    func knownHosts(in files: [String]) -> KnownHosts {
        let stamps = files.map(FileStamp.init)
        if let cached = knownHosts[files], cached.stamps == stamps { return cached.value }
        let value = KnownHosts(files: files.compactMap { file in Self.text(of: file).map { (file, $0) } })
        knownHosts[files] = Cached(stamps: stamps, value: value)
        return value
    }

    /// Files larger than 16 MiB count as unreadable. Bytes that are no UTF-8 only spoil the line they stand in.
    private static func text(of file: String) -> String? {
        guard let stamp = FileStamp(file), stamp.size <= 16 << 20,
            let data = try? Data(contentsOf: URL(filePath: file))
        else { return nil }
        return String(decoding: data, as: UTF8.self)
    }
}

// MARK: Keys

extension LocalFiles {
    /// The key in `file`, if it needs no passphrase or the operator was asked for it before.
    func key(_ file: String) async -> Result<PrivateKey, PrivateKey.Problem> {
        let stamp = FileStamp(file)
        if let cached = keys[file], cached.stamp == stamp { return await cached.key.value }
        let key = Task { Self.read(file, passphrase: nil) }
        keys[file] = CachedKey(stamp: stamp, key: key)
        return await key.value
    }

    /// The public half of the key in `file`, from there, from `FILE.pub` beside it, or from the private key.
    func publicKey(_ file: String) async -> [UInt8]? {
        let files = [file, "\(file).pub"]
        let stamps = files.map(FileStamp.init)
        if let cached = publicKeys[file], cached.stamps == stamps { return cached.value }
        var value = files.lazy.compactMap { PrivateKey.publicKey(file: $0) }.first
        if value == nil, case .success(let key) = await key(file) { value = key.publicKey }
        publicKeys[file] = Cached(stamps: stamps, value: value)
        return value
    }

    /// Asks for the passphrase, up to three times. All connections share one question, and its answer stands until the
    /// file changes.
    func askedKey(_ file: String) async -> Result<PrivateKey, PrivateKey.Problem> {
        guard let ask = settings.passphrase else { return .failure(.passphraseNeeded) }
        if let cached = keys[file], cached.isAsked { return await cached.key.value }
        let asking = Task { () -> Result<PrivateKey, PrivateKey.Problem> in
            var answer = Result<PrivateKey, PrivateKey.Problem>.failure(.passphraseNeeded)
            for _ in 1...3 {
                guard let passphrase = await ask(file) else { return answer }
                answer = Self.read(file, passphrase: passphrase)
                if case .success = answer { return answer }
            }
            return answer
        }
        keys[file] = CachedKey(stamp: FileStamp(file), key: asking, isAsked: true)
        return await asking.value
    }

    private static func read(_ file: String, passphrase: String?) -> Result<PrivateKey, PrivateKey.Problem> {
        Result { () throws(PrivateKey.Problem) in try PrivateKey.read(file: file, passphrase: passphrase) }
    }
}
