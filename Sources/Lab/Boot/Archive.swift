import Fleet

/// A cpio archive in the `newc` format, which an initramfs is (kernel, `driver-api/early-userspace/buffer-format`).
struct Archive: Sendable {
    struct Entry: Sendable, Equatable {
        var path: String
        /// File type and permissions.
        var mode: UInt32
        var content: [UInt8]
    }

    private(set) var entries: [Entry] = []
    private var directories: Set<String> = []

    init() {}

    /// Adds a file and the directories above it.
    mutating func add(_ path: String, _ content: [UInt8], mode: UInt32 = 0o100644) {
        addDirectories(above: path)
        entries.append(Entry(path: path, mode: mode, content: content))
    }

    private mutating func addDirectories(above path: String) {
        var above = ""
        for part in path.split(separator: "/").dropLast() {
            above += above.isEmpty ? String(part) : "/\(part)"
            if directories.insert(above).inserted { entries.append(Entry(path: above, mode: 0o040755, content: [])) }
        }
    }

    var bytes: [UInt8] {
        var file: [UInt8] = []
        for (index, entry) in (entries + [Entry(path: "TRAILER!!!", mode: 0, content: [])]).enumerated() {
            let name = Array(entry.path.utf8) + [0]
            let isDirectory = entry.mode & 0o170000 == 0o040000
            let fields: [UInt32] = [
                UInt32(index + 1), entry.mode, 0, 0, isDirectory ? 2 : 1, 0, UInt32(entry.content.count), 0, 0, 0, 0,
                UInt32(name.count), 0,
            ]
            file += Array("070701".utf8) + fields.flatMap { Array(hex($0, digits: 8).uppercased().utf8) } + name
            file += [UInt8](repeating: 0, count: (4 - file.count % 4) % 4) + entry.content
            file += [UInt8](repeating: 0, count: (4 - file.count % 4) % 4)
        }
        return file
    }

    /// Nil when the bytes are no such archive, or one that was cut.
    init?(_ bytes: [UInt8]) {
        var offset = 0
        while true {
            guard offset + 110 <= bytes.count, bytes[offset..<offset + 6].elementsEqual("070701".utf8) else {
                return nil
            }
            func field(_ index: Int) -> Int? {
                let start = offset + 6 + 8 * index
                return Int(hex: String(decoding: bytes[start..<start + 8], as: UTF8.self))
            }
            guard let mode = field(1), let size = field(6), let nameSize = field(11), nameSize > 0 else { return nil }
            let nameStart = offset + 110
            let start = (nameStart + nameSize + 3) / 4 * 4
            guard start + size <= bytes.count else { return nil }
            let path = String(decoding: bytes[nameStart..<nameStart + nameSize - 1], as: UTF8.self)
            if path == "TRAILER!!!" { return }
            entries.append(Entry(path: path, mode: UInt32(mode), content: Array(bytes[start..<start + size])))
            offset = (start + size + 3) / 4 * 4
        }
    }
}
