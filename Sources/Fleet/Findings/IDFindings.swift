extension FindingScope {
    /// One `ids=` of vfio-pci's options.
    private struct IDList {
        var path: String
        var isForeign: Bool
        var word: PlacedWord
        var place: FileLine

        var texts: [String] { word.text.dropFirst("ids=".count).idEntries }
    }

    private var idLists: [IDList] {
        modprobe.flatMap { file in
            file.content.vfioOptions.flatMap { line in
                line.parameters.filter { $0.text.hasPrefix("ids=") }.map { word in
                    let place = FileLine(file.path, file.content.bytes, at: word.range.lowerBound)
                    return IDList(path: file.path, isForeign: file.isForeign, word: word, place: place)
                }
            }
        }
    }

    var idFindings: [Finding] {
        let lists = idLists
        guard let effective = lists.last else { return [] }
        var findings = lists.dropLast().filter { $0.isForeign && !$0.texts.isEmpty }.map { hidden($0, by: effective) }
        guard effective.isForeign else { return findings }
        for text in effective.texts {
            if let finding = judge(text, in: effective) { findings.append(finding) }
        }
        return findings
    }

    private func hidden(_ list: IDList, by effective: IDList) -> Finding {
        Finding(
            .idsHidden,
            "\(list.place.place) gives \(list.texts.joined(separator: ", ")) to vfio-pci, which has no effect: "
                + "\(effective.place.place) is read later and replaces it.",
            at: [list.place, effective.place],
            cleanings: [.ids(list.path, word: list.word.range, Set(list.texts))])
    }

    private func judge(_ text: String, in list: IDList) -> Finding? {
        let cleanings = [Cleaning.ids(list.path, word: list.word.range, [text])]
        guard let id = DynamicID(text) else {
            return Finding(
                .idsJunk, "“\(text)” in \(list.place.place) is no vendor:device pair; the kernel passes over it.",
                at: [list.place], cleanings: cleanings)
        }
        guard facts.functions.value != nil else { return nil }
        let holders = functions.filter(id.takes)
        if holders.isEmpty {
            return Finding(
                .idsAbsent,
                "\(list.place.place) gives \(id.id?.description ?? text) to vfio-pci, and no function of this node has that id.",
                at: [list.place], evidence: [Seen.functions(functions.filter { $0.id.vendor == id.id?.vendor })],
                cleanings: cleanings)
        }
        guard settings != nil, !wanted.contains(where: id.takes) else { return nil }
        let names = holders.map(\.words).joined(separator: ", ")
        return Finding(
            .idsForeign, "\(list.place.place) gives \(names) to vfio-pci, and the playbook does not ask for it.",
            at: [list.place], evidence: [Seen.functions(holders)], cleanings: cleanings)
    }
}
