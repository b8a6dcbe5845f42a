import Fleet

extension FactsReader {
    /// One row that makes no sense makes all functions unknown: a list with a hole would look whole.
    mutating func readFunctions() {
        facts.functions = remembered("functions", of: ["pci", "candidates", "~pci", "lspci"]) { $0.functions() }
    }

    private func functions() -> Observed<[PCIFunction]> {
        switch answer.told("pci") {
        case .unknown(let why): return .unknown(why)
        case .known(let frame):
            guard let table = Table(frame.content), let rows = table.rows(), rows.count <= 65_536 else {
                return .unknown(.nonsense(frame))
            }
            let columns = FunctionColumns(table)
            let candidates = candidateModules()
            var functions: [PCIFunction] = []
            functions.reserveCapacity(rows.count)
            for row in rows {
                guard let function = columns.function(row, candidates) else {
                    let shown = row.cells.map { $0.prefix(200).text }.joined(separator: " ")
                    return .unknown(Unknown(.malformed, "A function's row makes no sense: \(shown)"))
                }
                functions.append(function)
            }
            addVolatile(to: &functions)
            addNames(to: &functions)
            return unique(functions)
        }
    }

    private func unique(_ functions: [PCIFunction]) -> Observed<[PCIFunction]> {
        let isSorted = zip(functions, functions.dropFirst()).allSatisfy { $0.address < $1.address }
        if isSorted { return .known(functions) }
        let sorted = functions.sorted { $0.address < $1.address }
        for (one, next) in zip(sorted, sorted.dropFirst()) where one.address == next.address {
            return .unknown(Unknown(.malformed, "The function \(one.address) came twice."))
        }
        return .known(sorted)
    }

    /// More modules than that claim no device.
    private static let moduleLimit = 256

    /// Modules by the number of the alias they claim.
    private func candidateModules() -> Observed<[Int: [ModuleName]]> {
        fact("candidates") { content in
            guard let rows = Table(content)?.rows() else { return nil }
            var modules: [Int: [ModuleName]] = [:]
            for row in rows {
                guard row.cells.count == 2, let number = Int(decimalDigits: row.bytes(0)) else { return nil }
                var names: [ModuleName] = []
                for word in row.bytes(1).words {
                    guard let name = ModuleName(ascii: word) else { return nil }
                    // A module with several aliases that fit is named once for each.
                    if !names.contains(name) { names.append(name) }
                    guard names.count <= Self.moduleLimit else { return nil }
                }
                modules[number] = names
            }
            return modules
        }
    }

    /// Finds functions for rows that mostly come in the functions' order: the next one is the first guess.
    private struct Finder {
        private let functions: [PCIAddress]
        private lazy var places = Dictionary(zip(functions, functions.indices)) { first, _ in first }
        private var guess = 0

        init(_ functions: [PCIFunction]) { self.functions = functions.map(\.address) }

        mutating func place(of address: PCIAddress) -> Int? {
            if guess >= functions.count || functions[guess] != address {
                guard let found = places[address] else { return nil }
                guess = found
            }
            defer { guess += 1 }
            return guess
        }
    }

    private func addVolatile(to functions: inout [PCIFunction]) {
        guard case .known(let frame) = answer.told("~pci"), let table = Table(frame.content), let rows = table.rows()
        else { return }
        let address = table.column("address")
        let (speed, width) = (table.column("current_link_speed"), table.column("current_link_width"))
        let power = table.column("power_state")
        var finder = Finder(functions)
        for row in rows {
            guard let text = row[address].value, let address = PCIAddress(ascii: text),
                let index = finder.place(of: address)
            else { continue }
            functions[index].powerState = row[power].value.map(\.text)
            functions[index].link?.currentSpeed = row[speed].value.flatMap(FunctionColumns.speed)
            functions[index].link?.currentWidth = row[width].value.flatMap(FunctionColumns.width)
        }
    }

    /// `0000:01:00.0 "class" "vendor" "device" …` (`lspci -D -mm`).
    private func addNames(to functions: inout [PCIFunction]) {
        guard case .known(let frame) = answer.told("lspci") else { return }
        var finder = Finder(functions)
        var quoted: [Bytes] = []
        for line in frame.content.lines {
            guard let (first, rest) = line.cut(at: UInt8(ascii: " ")), let address = PCIAddress(ascii: first),
                let index = finder.place(of: address)
            else { continue }
            quoted.removeAll(keepingCapacity: true)
            rest.appendParts(between: UInt8(ascii: "\""), to: &quoted)
            if quoted.count > 5 { functions[index].name = (quoted[3] + [UInt8(ascii: " ")] + quoted[5]).text }
        }
    }
}
