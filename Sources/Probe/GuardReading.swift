import Fleet

extension FactsReader {
    /// What the guard on a node left in its files, as its own script reads them (`guard-common.sh` of the engine).
    mutating func readOwnTraces() {
        facts.changeGuard = guardReport()
        facts.lock = known("guard:lock", whenAbsent: nil) { .some(NodeLock(Self.pairs($0))) }
    }

    private func guardReport() -> Observed<GuardReport> {
        let order = known("guard:order", whenAbsent: nil) { .some(Self.pairs($0)) }
        let decision = known("guard:decision", whenAbsent: nil) { .some(Self.words($0).first) }
        let restored = known("guard:restored", whenAbsent: nil) { .some(Self.words($0).first) }
        let record = known("guard:record", whenAbsent: []) { $0.lines.compactMap { GuardReport.Entry(line: $0.text) } }
        switch (order, decision, restored, record) {
        case (.known(let order), .known(let decision), .known(let restored), .known(let record)):
            let boot = facts.bootID.value
            guard let order else { return .known(GuardReport(phase: .none, boot: boot, record: record)) }
            let phase = GuardReport.Phase(
                armedIn: order["boot"].flatMap { BootID($0) }, decision: decision ?? nil,
                restoredIn: (restored ?? nil).flatMap { BootID($0) }, now: boot)
            return .known(
                GuardReport(
                    phase: phase, boot: boot, rollout: order["rollout"].flatMap { RolloutID($0) },
                    withinSeconds: order["within"].flatMap { Int($0) }, record: record))
        case (.unknown(let why), _, _, _), (_, .unknown(let why), _, _), (_, _, .unknown(let why), _),
            (_, _, _, .unknown(let why)):
            return .unknown(why)
        }
    }

    /// Lines of `KEY VALUE`; the last of a key counts.
    private static func pairs(_ content: Bytes) -> [String: String] {
        Dictionary(
            content.lines.compactMap { line in
                line.cut(at: UInt8(ascii: " ")).map { ($0.0.text, $0.1.text) }
            }, uniquingKeysWith: { _, last in last })
    }

    private static func words(_ content: Bytes) -> [String] {
        content.text.split(whereSeparator: \.isWhitespace).map(String.init)
    }
}

extension NodeLock {
    fileprivate init(_ pairs: [String: String]) {
        self.init(rollout: pairs["rollout"].flatMap { RolloutID($0) }, by: pairs["by"], since: pairs["since"])
    }
}
