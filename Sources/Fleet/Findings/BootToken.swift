/// A token that this boot's settings put on the kernel command line.
struct BootToken {
    var text: String
    /// Nil when it is not written in one piece.
    private var origin: Origin?

    private struct Origin {
        var path: String
        var bytes: [UInt8]
        var range: Range<Int>
    }

    var place: FileLine? { origin.map { FileLine($0.path, $0.bytes, at: $0.range.lowerBound) } }

    /// Nil also in a file of this tool, which is written anew.
    var cleaning: Cleaning? {
        origin.flatMap { FindingScope.isOwn($0.path) ? nil : .token($0.path, $0.range) }
    }
}

extension BootToken {
    /// Tokens of the settings that the loader which booted this node reads; empty when they are not understood.
    static func all(_ facts: NodeFacts, _ files: NodeFiles) -> [BootToken] {
        switch facts.boot.loader {
        case .known(.grub): grub(files)
        case .known(.systemdBoot): kernelCommandLine(files)
        default: []
        }
    }

    private static func grub(_ files: NodeFiles) -> [BootToken] {
        guard let grub = files.grub, let tokens = grub.effective?.tokens else { return [] }
        return tokens.map { token in
            guard let (index, range) = token.place else { return BootToken(text: token.text) }
            let file = grub.files.files[index]
            return BootToken(
                text: token.text, origin: Origin(path: file.path, bytes: file.content.bytes, range: range))
        }
    }

    private static func kernelCommandLine(_ files: NodeFiles) -> [BootToken] {
        let path = KernelCommandLineFile.path
        guard let file = try? KernelCommandLineFile(files.observed(path).value?.bytes) else { return [] }
        return file.words.map { word in
            BootToken(text: word.text, origin: Origin(path: path, bytes: file.bytes, range: word.range))
        }
    }
}
