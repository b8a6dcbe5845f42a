/// Edits of a modprobe file. Each adds what is missing where it belongs and touches no other byte.
extension ModprobeFile {
    func blacklisting(_ modules: [ModuleName]) -> ModprobeFile {
        modules.reduce(self) { $0.appending("blacklist \($1)") }
    }

    /// The options line of vfio-pci with these ids on it: the one that already has ids, else any, else a new one.
    func addingVFIO(ids: [String], disableVGA: Bool) -> ModprobeFile {
        guard !ids.isEmpty || disableVGA else { return self }
        let list = ids.joined(separator: ",")
        guard let line = vfioOptions.last(where: { $0.value(of: "ids") != nil }) ?? vfioOptions.last else {
            let parameters = (ids.isEmpty ? [] : ["ids=\(list)"]) + (disableVGA ? ["disable_vga=1"] : [])
            return appending("options vfio-pci " + parameters.joined(separator: " "))
        }
        let edits = idEdits(list, on: line) + (disableVGA ? [Self.disableVGAEdit(on: line)] : [])
        return ModprobeFile(bytes.applying(edits))
    }

    /// A backslash at the end of the file, after a comment too, would join what follows to its line.
    private func appending(_ line: String) -> ModprobeFile {
        let last = bytes.last == Byte.newline ? bytes.dropLast() : bytes[...]
        let ended = last.last == Byte.backslash ? Array(last) + [Byte.newline, Byte.newline] : bytes
        return ModprobeFile(ended.appendingLine(line))
    }

    private func idEdits(_ list: String, on line: Directive) -> [ByteEdit] {
        guard !list.isEmpty else { return [] }
        guard let (value, word) = line.value(of: "ids") else {
            return [ByteEdit(insertingAt: line.words[1].range.upperBound, " ids=\(list)")]
        }
        let isQuoted = value.count > 1 && value.hasSuffix("\"")
        let end = word.range.upperBound - (isQuoted ? 1 : 0)
        let needsComma = !value.isEmpty && value != "\"\"" && !value.hasSuffix(",")
        return [ByteEdit(insertingAt: end, (needsComma ? "," : "") + list)]
    }

    private static func disableVGAEdit(on line: Directive) -> ByteEdit {
        guard let (_, word) = line.value(of: "disable_vga") else {
            return ByteEdit(insertingAt: line.end, " disable_vga=1")
        }
        return ByteEdit(replacing: word.range, with: "disable_vga=1")
    }

    /// `softdep MODULE pre: vfio-pci`: on the module's own line where there is one, else on a new one.
    func addingSoftdep(_ module: ModuleName, keeping others: [ModuleName] = []) -> ModprobeFile {
        guard let line = softdep(of: module) else {
            let pre = (["vfio-pci"] + others).map(\.description).joined(separator: " ")
            return appending("softdep \(module) pre: \(pre)")
        }
        let keyword = line.parameters.first { $0.text == "pre:" }
        let edit =
            keyword.map { ByteEdit(insertingAt: $0.range.upperBound, " vfio-pci") }
            ?? ByteEdit(insertingAt: line.words[1].range.upperBound, " pre: vfio-pci")
        return ModprobeFile(bytes.applying([edit]))
    }
}
