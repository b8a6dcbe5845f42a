import Fleet

extension FactsReader {
    /// Every listed file has its own frame; a listed file whose frame is missing is unknown, not absent.
    mutating func readFiles() {
        let files = remembered("files", of: ["files", "modes"]) { $0.listedFiles() }
        facts.files.reserveCapacity(files.count)
        for file in files {
            facts.files[file.path] = known(file.part, whenAbsent: nil) { .some(Array($0)) }.map { bytes in
                let rights = bytes == nil ? nil : file.rights
                return FileContent(bytes: bytes, mode: rights?.mode, owner: rights?.owner, linkTarget: file.link)
            }
        }
    }

    /// A file as the answer announces it.
    private struct ListedFile {
        let path: String
        /// The name of the frame with its content.
        let part: String
        let link: String?
        let rights: (mode: UInt16, owner: FileOwner?)?
    }

    private mutating func listedFiles() -> [ListedFile] {
        guard case .known(let frame) = answer.told("files") else { return [] }
        guard let rows = Table(frame.content)?.rows() else {
            diagnose(.malformed, "The list of files makes no sense.", in: frame.name)
            return []
        }
        let rights = fileRights()
        var seen: Set<String> = []
        var files: [ListedFile] = []
        for row in rows where row.cells.count == 2 {
            let path = row.bytes(0).text
            guard seen.insert(path).inserted else {
                diagnose(.malformed, "A file is listed twice: \(path.prefix(200)).", in: frame.name)
                continue
            }
            files.append(
                ListedFile(path: path, part: "file:" + path, link: row[1].value.map(\.text), rights: rights[path]))
        }
        return files
    }

    /// `644 0:0 /etc/modules`; the command fails when one of the files is not there, and has told about the others. Earlier
    /// probes did not tell the owner.
    private func fileRights() -> [String: (mode: UInt16, owner: FileOwner?)] {
        guard case .known(let frame) = answer.received("modes") else { return [:] }
        var rights: [String: (mode: UInt16, owner: FileOwner?)] = [:]
        for line in frame.content.lines {
            guard let (mode, rest) = line.cut(at: UInt8(ascii: " ")), let bits = UInt16(mode.text, radix: 8)
            else { continue }
            guard rest.first != UInt8(ascii: "/"), let (owner, path) = rest.cut(at: UInt8(ascii: " ")) else {
                rights[rest.text] = (bits, nil)
                continue
            }
            rights[path.text] = (bits, FileOwner(owner.text))
        }
        return rights
    }

    /// `PATH:LINE:TEXT`; other lines are what grep says about files that are no text.
    mutating func readDeviceScripts() {
        facts.deviceScripts = fact("device-scripts") { content in
            content.lines.compactMap { line in
                guard line.first == UInt8(ascii: "/"), let (path, rest) = line.cut(at: UInt8(ascii: ":")),
                    let (number, text) = rest.cut(at: UInt8(ascii: ":")), let number = Int(decimalDigits: number)
                else { return nil }
                return FileLine(path: path.text, line: number, text: text.text)
            }
        }
    }

    mutating func readTools() {
        facts.tools = remembered("tools", of: ["tools"]) { $0.tools() }
    }

    private func tools() -> [String: String?] {
        guard case .known(let frame) = answer.told("tools") else { return [:] }
        var tools: [String: String?] = [:]
        tools.reserveCapacity(32)
        for line in frame.content.lines {
            guard let (name, path) = line.cut(at: UInt8(ascii: "\t")) else { continue }
            tools[name.text] = .some(path.equals("-") ? nil : path.text)
        }
        return tools
    }
}
