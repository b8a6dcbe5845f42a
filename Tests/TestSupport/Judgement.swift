public import Fleet
internal import Foundation
internal import Yams

/// What an expert decided about each described machine, from its description alone (`Judgements/verdicts.yaml`; the
/// reasoning is in `docs/machines.md`).
public struct Judgements: Decodable, Sendable {
    public var codes: [String: Code]
    public var machines: [Judgement]

    public struct Code: Decodable, Sendable {
        public var effect: Effect
        public var means: String
    }

    public enum Effect: String, Decodable, Sendable {
        case block
        case accept
        case bind
        case warn
        case info
    }

    public static func load() throws -> Judgements {
        let folder = String(#filePath.prefix(#filePath.count - "Judgement.swift".count))
        let text = try String(contentsOfFile: folder + "Judgements/verdicts.yaml", encoding: .utf8)
        return try YAMLDecoder().decode(Judgements.self, from: text)
    }

    /// The judgement of a machine; a machine without one is an error.
    public func of(_ machine: String) throws -> Judgement {
        guard let judgement = machines.first(where: { $0.machine == machine }) else {
            throw TestSupportError("Nobody has judged \(machine): add it to Judgements/verdicts.yaml.")
        }
        return judgement
    }
}

public struct Judgement: Decodable, Sendable {
    public var machine: String
    public var verdict: Verdict
    /// The wishes whose verdict the machine's is.
    public var verdictOf: [String]
    public var wanted: [Wish]
    public var critical: [Critical]

    public enum Verdict: String, Decodable, Sendable, Comparable {
        case go
        case acceptSiblings = "go with accept-siblings"
        case blocked

        public static func < (a: Self, b: Self) -> Bool { a.rank < b.rank }
        private var rank: Int {
            switch self {
            case .go: 0
            case .acceptSiblings: 1
            case .blocked: 2
            }
        }
    }

    /// Functions that someone could want to pass through together.
    public struct Wish: Decodable, Sendable {
        public var name: String
        public var what: String
        public var addresses: [PCIAddress]
        public var verdict: Verdict
        public var codes: [Finding]
        /// What Proxmox takes; nil = no groups are known.
        public var closure: [PCIAddress]?
        public var binding: Binding
    }

    public struct Finding: Decodable, Sendable {
        public var code: String
        public var functions: [PCIAddress]
        public var why: String?
    }

    public struct Binding: Decodable, Sendable {
        public enum How: String, Decodable, Sendable {
            case ids
            case address
            case none
        }
        public var how: How
    }

    /// A function the host can't lose, or may not be able to.
    public struct Critical: Decodable, Sendable {
        public var function: PCIAddress
        /// `network`, `storage`, `console`, …
        public var use: String
        /// `told`, `inferred` or `unknown`.
        public var known: String
        public var what: String
    }

    enum CodingKeys: String, CodingKey {
        case machine, verdict, wanted, critical
        case verdictOf = "verdict_of"
    }
}
