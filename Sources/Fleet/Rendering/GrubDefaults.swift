/// GRUB's settings files, read as `grub-mkconfig` reads them: `/etc/default/grub`, then `/etc/default/grub.d/*.cfg` by
/// name. Each byte of a value knows the file and place it is written at, so that a token can be edited where it is.
struct GrubDefaults: Hashable, Sendable {
    static let mainPath = "/etc/default/grub"
    static let directory = "/etc/default/grub.d/"
    static let linuxName = "GRUB_CMDLINE_LINUX"
    static let linuxDefaultName = "GRUB_CMDLINE_LINUX_DEFAULT"

    struct File: Hashable, Sendable {
        var path: String
        var content: ShellAssignments

        init(path: String, bytes: [UInt8]) {
            self.path = path
            content = ShellAssignments(bytes)
        }
    }

    /// A byte of a value: where it is written.
    struct Origin: Hashable, Sendable {
        var file: Int
        var offset: Int
    }

    struct Value: Hashable, Sendable {
        var bytes: [UInt8] = []
        var origins: [Origin] = []
    }

    /// A token of a command line with its place in the value it stands in.
    struct Token: Hashable, Sendable {
        var text: String
        /// The file and bytes it is written in, when it is written in one piece.
        var place: (file: Int, range: Range<Int>)? { contiguous.map { ($0.file, $0.offset..<($0.offset + length)) } }
        /// It stands in `GRUB_CMDLINE_LINUX_DEFAULT`.
        var isDefault: Bool
        private var contiguous: Origin?
        private var length: Int

        init(_ value: Value, _ range: Range<Int>, isDefault: Bool) {
            text = String(decoding: value.bytes[range], as: UTF8.self)
            length = range.count
            self.isDefault = isDefault
            let first = value.origins[range.lowerBound]
            let isContiguous = range.allSatisfy {
                value.origins[$0] == Origin(file: first.file, offset: first.offset + $0 - range.lowerBound)
            }
            contiguous = isContiguous ? first : nil
        }
    }

    var files: [File]

    /// What the files make of the two variables; nil = it can't be told without running them.
    struct Effective: Hashable, Sendable {
        var linux: Value
        var linuxDefault: Value

        /// All tokens in the order in which the kernel gets them.
        var tokens: [Token] { Self.tokens(linux, isDefault: false) + Self.tokens(linuxDefault, isDefault: true) }

        private static func tokens(_ value: Value, isDefault: Bool) -> [Token] {
            placedWords(of: value.bytes, in: 0..<value.bytes.count) { Byte.isBlank($0) || $0 == Byte.newline }
                .map { Token(value, $0.range, isDefault: isDefault) }
        }
    }

    func evaluate() -> Effective? {
        var environment: [String: Value?] = [:]
        for (index, file) in files.enumerated() {
            guard let statements = file.content.statements, !Self.mayHideAssignments(file.content) else { return nil }
            for case .assignment(let assignment) in statements {
                environment[assignment.name] = .some(Self.expand(assignment, in: environment, file: index))
            }
        }
        guard let linux = environment[Self.linuxName] ?? Value(),
            let linuxDefault = environment[Self.linuxDefaultName] ?? Value()
        else { return nil }
        return Effective(linux: linux, linuxDefault: linuxDefault)
    }

    /// A file that runs commands and speaks of the kernel command line: whether its assignments count can't be told.
    private static func mayHideAssignments(_ file: ShellAssignments) -> Bool {
        let runsCommands = (file.statements ?? []).contains { if case .command = $0 { true } else { false } }
        guard runsCommands else { return false }
        return file.bytes.lineRanges.contains { line in
            let text = String(decoding: file.bytes[line], as: UTF8.self)
            return !text.trimmedStart.hasPrefix("#") && text.contains(substring: linuxName)
        }
    }

    /// Values that name themselves twice (`A=$A$A`) double with each line; a kernel takes a few thousand bytes.
    private static let valueLimit = 1 << 16

    /// The value of an assignment; nil when a part of it would have to be run, or when it grows beyond all measure.
    private static func expand(
        _ assignment: ShellAssignments.Assignment, in environment: [String: Value?], file: Int
    ) -> Value? {
        var value = Value()
        for piece in assignment.pieces {
            switch piece {
            case .literal(let byte, let offset):
                value.bytes.append(byte)
                value.origins.append(Origin(file: file, offset: offset))
            case .variable(let name):
                guard let other = environment[name] ?? Value() else { return nil }
                value.bytes += other.bytes
                value.origins += other.origins
            case .opaque:
                return nil
            }
            guard value.bytes.count <= valueLimit else { return nil }
        }
        return value
    }
}

extension String {
    var trimmedStart: Substring { drop { $0 == " " || $0 == "\t" } }

    /// Whether `other` occurs in this text.
    func contains(substring other: String) -> Bool {
        var (text, other) = (self, other)
        return text.withUTF8 { text in
            other.withUTF8 { other in
                guard let first = other.first else { return true }
                var start = 0
                while start + other.count <= text.count {
                    if text[start] == first, text[start..<(start + other.count)].elementsEqual(other) { return true }
                    start += 1
                }
                return false
            }
        }
    }
}
