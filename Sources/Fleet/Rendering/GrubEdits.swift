/// Ways to get arguments into GRUB's kernel command line. Each returns the changed files only if reading them again
/// shows that the arguments are then in effect; a file that can't be edited without guessing is left alone.
extension GrubDefaults {
    /// Our own file, read last.
    static let dropInPath = directory + "zz-vfiofleet.cfg"

    /// Edits the assignment in `/etc/default/grub` that counts.
    func editingInPlace(_ wanted: [KernelArgument]) -> GrubDefaults? {
        guard let effective = evaluate(), let main = files.firstIndex(where: { $0.path == Self.mainPath })
        else { return nil }
        let tokens = effective.tokens
        let comparison = KernelArgumentComparison(tokens: tokens.map(\.text), wanted: wanted)
        var missing = comparison.missing
        var edits: [ByteEdit] = []
        for conflict in comparison.conflicts {
            let token = tokens[conflict.index]
            guard let place = token.place, place.file == main else { return nil }
            if token.isDefault, missing.contains(conflict.wanted) {
                missing.removeAll { $0 == conflict.wanted }
                edits.append(ByteEdit(replacing: place.range, with: conflict.wanted.description))
            } else {
                edits.append(removal(of: place.range, in: main))
            }
        }
        var edited = self
        edited.replace(main, with: Self.appending(missing, to: files[main].content, edits))
        return edited.hasInEffect(wanted) ? edited : nil
    }

    /// Adds to what the other files make of the value, in a file of our own. `tokens` is the command line the other
    /// files make, for the case that it can't be told from here.
    func editingDropIn(_ wanted: [KernelArgument], tokens: [String]) -> GrubDefaults? {
        let base = withoutDropIn
        let comparison = KernelArgumentComparison(tokens: tokens, wanted: wanted)
        guard comparison.conflicts.allSatisfy({ KernelTokens.lastOneCounts($0.token) }) else { return nil }
        let overriding = comparison.conflicts.map(\.wanted)
        let added = wanted.filter { comparison.missing.contains($0) || overriding.contains($0) }
        guard !added.isEmpty else { return base }
        var edited = base
        let list = added.map(\.description).joined(separator: " ")
        let line = "\(Self.linuxDefaultName)=\"$\(Self.linuxDefaultName) \(list)\"\n"
        edited.files.append(File(path: Self.dropInPath, bytes: Array((ownFileHeader + line).utf8)))
        edited.files.sort { Self.isReadBefore($0.path, $1.path) }
        return edited
    }

    var withoutDropIn: GrubDefaults { GrubDefaults(files: files.filter { $0.path != Self.dropInPath }) }

    /// Whether every wanted argument is on the command line the files make, and nothing that undoes it.
    func hasInEffect(_ wanted: [KernelArgument]) -> Bool {
        guard let effective = evaluate() else { return false }
        let tokens = effective.tokens.map(\.text)
        return KernelArgumentComparison(tokens: tokens, wanted: wanted).isSatisfied
    }

    static func isReadBefore(_ a: String, _ b: String) -> Bool {
        if (a == mainPath) != (b == mainPath) { return a == mainPath }
        return Array(a.utf8).lexicographicallyPrecedes(Array(b.utf8))
    }

    private mutating func replace(_ index: Int, with bytes: [UInt8]) {
        files[index] = File(path: files[index].path, bytes: bytes)
    }

    private func removal(of range: Range<Int>, in file: Int) -> ByteEdit {
        ByteEdit(replacing: files[file].content.bytes.withBlankBefore(range), with: "")
    }

    private static func appending(
        _ arguments: [KernelArgument], to file: ShellAssignments, _ edits: [ByteEdit]
    ) -> [UInt8] {
        let list = arguments.map(\.description).joined(separator: " ")
        guard let assignment = file.assignments.last(where: { $0.name == linuxDefaultName }) else {
            let bytes = file.bytes.applying(edits)
            return list.isEmpty ? bytes : bytes.appendingLine("\(linuxDefaultName)=\"\(list)\"")
        }
        guard !list.isEmpty else { return file.bytes.applying(edits) }
        return file.bytes.applying(edits + assignment.appending(list, in: file.bytes))
    }
}

extension ShellAssignments.Assignment {
    /// Puts words at the end of the value, inside the quotes it has, or inside new ones.
    fileprivate func appending(_ list: String, in bytes: [UInt8]) -> [ByteEdit] {
        if let closingQuote {
            let before = bytes[closingQuote - 1]
            let isOpening = closingQuote - 1 == word.lowerBound
            let needsBlank = !isOpening && !Byte.isBlank(before)
            return [ByteEdit(insertingAt: closingQuote, (needsBlank ? " " : "") + list)]
        }
        if word.isEmpty { return [ByteEdit(insertingAt: word.lowerBound, "\"\(list)\"")] }
        let quoting = [Byte.backslash, Byte.doubleQuote, Byte.singleQuote]
        let isPlain = bytes[word].allSatisfy { !quoting.contains($0) }
        guard isPlain else { return [ByteEdit(insertingAt: word.upperBound, "\" \(list)\"")] }
        return [
            ByteEdit(insertingAt: word.lowerBound, "\""), ByteEdit(insertingAt: word.upperBound, " \(list)\""),
        ]
    }
}

/// The first line of files that are ours alone.
let ownFileHeader = "# Written by vfiofleet. Undo: delete this file, rebuild and reboot.\n"
