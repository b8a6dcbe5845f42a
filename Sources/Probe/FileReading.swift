import Fleet

extension FactsReader {
    /// Every listed file has its own frame; a listed file whose frame is missing is unknown, not absent.
    mutating func readFiles() {
        guard case .known(let frame) = answer.told("files") else { return }
        guard let rows = Table(frame.content)?.rows() else {
            diagnose(.malformed, "The list of files makes no sense.", in: frame.name)
            return
        }
        let modes = fileModes()
        facts.files.reserveCapacity(rows.count)
        for row in rows where row.cells.count == 2 {
            let path = row.bytes(0).text
            guard facts.files[path] == nil else {
                diagnose(.malformed, "A file is listed twice: \(path.prefix(200)).", in: frame.name)
                continue
            }
            let link = row[1].value.map(\.text)
            facts.files[path] = file(path).map {
                FileContent(bytes: $0, mode: $0 == nil ? nil : modes[path], linkTarget: link)
            }
        }
    }

    private func file(_ path: String) -> Observed<[UInt8]?> {
        known("file:" + path, whenAbsent: nil) { .some(Array($0)) }
    }

    /// `644 /etc/modules`; the command fails when one of the files is not there, and has told about the others.
    private func fileModes() -> [String: UInt16] {
        guard case .known(let frame) = answer.received("modes") else { return [:] }
        var modes: [String: UInt16] = [:]
        for line in frame.content.lines {
            guard let (mode, path) = line.cut(at: UInt8(ascii: " ")), let bits = UInt16(mode.text, radix: 8)
            else { continue }
            modes[path.text] = bits
        }
        return modes
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
        guard case .known(let frame) = answer.told("tools") else { return }
        facts.tools.reserveCapacity(32)
        for line in frame.content.lines {
            guard let (name, path) = line.cut(at: UInt8(ascii: "\t")) else { continue }
            facts.tools[name.text] = .some(path.equals("-") ? nil : path.text)
        }
    }
}
