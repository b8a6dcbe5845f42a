import ArgumentParser
import Fleet
import Foundation
import Store

/// One node's answer to the probe, from which those of many nodes are made.
struct AnswerTemplate: Sendable {
    private let raw: [UInt8]
    private let name: String
    private let boot: String

    init(_ file: String) throws {
        raw = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
        let facts = StoredAnswer(raw: raw).facts
        guard let name = facts.hostName.value, let boot = facts.bootID.value else {
            throw ValidationError("\(file) does not tell the node's name and boot.")
        }
        self.name = name
        self.boot = boot.description
    }

    /// The answer of another node like this one, in a boot of its own.
    func answer(of node: NodeName, boot id: String) -> [UInt8] {
        raw.replacing(name, by: node.description).replacing(boot, by: id)
    }

    /// The same node with a wanted function on another driver.
    static func drifted(_ answer: [UInt8]) -> [UInt8] {
        let lines = answer.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        return Array(
            lines.map { $0.isOnVFIO ? $0.replacingColumn("vfio-pci", by: "nouveau") : $0 }.joined(separator: [10]))
    }
}

extension [UInt8] {
    /// Every line that is `old` becomes `new`.
    fileprivate func replacing(_ old: String, by new: String) -> [UInt8] {
        let lines = split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let old = Array(old.utf8)
        return Array(lines.map { $0.elementsEqual(old) ? Array(new.utf8)[...] : $0 }.joined(separator: [10]))
    }
}

extension ArraySlice<UInt8> {
    /// A function's line: an address, its place in sysfs, and so on.
    fileprivate var isOnVFIO: Bool { starts(with: "0000:01:00.0\t/sys".utf8) }

    fileprivate func replacingColumn(_ old: String, by new: String) -> Self {
        let columns = split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
        return Array(
            columns.map { $0.elementsEqual(old.utf8) ? Array(new.utf8)[...] : $0 }.joined(separator: [9]))[...]
    }
}
