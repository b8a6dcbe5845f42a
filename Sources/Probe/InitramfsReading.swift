import Fleet

extension FactsReader {
    mutating func readInitramfs() {
        let listed = fact("initramfs") { content in
            guard let rows = Table(content)?.rows(), rows.allSatisfy({ $0.cells.count == 3 }),
                Set(rows.map { $0.bytes(1) }).count == rows.count
            else { return nil as [Table.Row]? }
            return rows
        }
        switch listed {
        case .unknown(let why): facts.initramfs = .unknown(why)
        case .known(let rows):
            facts.initramfs = .known(
                rows.map {
                    rememberedImage(
                        kernel: $0.bytes(0).text, path: $0.bytes(1).text, isListed: !$0.bytes(2).equals("n"))
                })
        }
    }

    private mutating func rememberedImage(kernel: String, path: String, isListed: Bool) -> InitramfsImage {
        let parts = ["initramfs:" + path, "newer:" + path]
        return remembered("image \(kernel) \(path) \(isListed)", of: parts) {
            $0.image(kernel: kernel, path: path, isListed: isListed)
        }
    }

    private func image(kernel: String, path: String, isListed: Bool) -> InitramfsImage {
        guard isListed else {
            let why = Unknown(.notCollected, "This look left the contents of \(path) out.")
            return InitramfsImage(
                kernel: kernel, path: path, modules: .unknown(why), configurationFiles: .unknown(why),
                newerInputs: .unknown(why))
        }
        return InitramfsImage(
            kernel: kernel, path: path, modules: fact("initramfs:" + path) { Self.moduleFiles($0) },
            configurationFiles: fact("initramfs:" + path) { Self.otherFiles($0) },
            newerInputs: fact("newer:" + path) { $0.lines.map(\.text).filter { !$0.isEmpty } })
    }

    private static func otherFiles(_ content: Bytes) -> Set<String> {
        var files: Set<String> = []
        for line in content.lines where !line.isEmpty && moduleFile(line) == nil {
            let path = (line.dropping("./") ?? line).text
            files.insert(path.hasPrefix("/") ? path : "/" + path)
        }
        return files
    }
}
