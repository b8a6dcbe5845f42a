/// Where a forecast and what was seen differ.
public struct ForecastMiss: Hashable, Sendable, Codable {
    /// `driver of 01:00.1`, `interface eno1`, …
    public var what: String
    public var foreseen: String
    public var seen: String

    public init(what: String, foreseen: String, seen: String) {
        self.what = what
        self.foreseen = foreseen
        self.seen = seen
    }
}

extension Forecast {
    /// What came otherwise than foreseen. What could not be seen is no miss; `before` = the facts the plan was made from,
    /// for the functions that were to stay as they are.
    public func misses(before: NodeFacts?, after: NodeFacts) -> [ForecastMiss] {
        driverMisses(before, after) + interfaceMisses(after) + kernelMisses(before, after)
    }

    private func driverMisses(_ before: NodeFacts?, _ after: NodeFacts) -> [ForecastMiss] {
        guard let functions = after.functions.value else { return [] }
        let seen = Dictionary(functions.map { ($0.address, $0) }) { first, _ in first }
        var expected = Dictionary((before?.functions.value ?? []).map { ($0.address, [$0.driver]) }) { first, _ in first
        }
        for driver in drivers { expected[driver.address] = driver.then }
        return expected.keys.sorted().compactMap { address in
            guard let then = expected[address], !then.isEmpty else { return nil }
            let foreseen = then.map(Self.words).joined(separator: " or ")
            guard let function = seen[address] else {
                return ForecastMiss(what: "function \(address.short)", foreseen: "present", seen: "gone")
            }
            // A guest that started meanwhile has taken its devices.
            let isExpected =
                then.contains { function.isOn($0) } || (function.driver?.isVFIO == true && isTaken(address))
            return isExpected
                ? nil
                : ForecastMiss(
                    what: "driver of \(address.short)", foreseen: foreseen, seen: Self.words(function.driver))
        }
    }

    private func isTaken(_ address: PCIAddress) -> Bool { guests.contains { $0.takes.contains(address) } }

    private func interfaceMisses(_ after: NodeFacts) -> [ForecastMiss] {
        guard let seen = after.interfaces.value else { return [] }
        return interfaces.compactMap { interface in
            let names = seen.filter { interface.isSameCard($0, among: interfaces) }.map(\.name)
            let found = names.isEmpty ? "none" : names.joined(separator: ", ")
            switch interface.fate {
            case .uncertain: return nil
            case .vanishes where names.isEmpty: return nil
            case .vanishes: return ForecastMiss(what: "interface \(interface.name)", foreseen: "gone", seen: found)
            case .stays, .renamed:
                let name = interface.newName ?? interface.name
                return names.contains(name)
                    ? nil : ForecastMiss(what: "interface \(interface.name)", foreseen: name, seen: found)
            }
        }
    }

    private func kernelMisses(_ before: NodeFacts?, _ after: NodeFacts) -> [ForecastMiss] {
        guard let seen = after.kernelRelease.value, let foreseen = otherKernel ?? before?.kernelRelease.value,
            seen != foreseen
        else { return [] }
        return [ForecastMiss(what: "kernel", foreseen: foreseen, seen: seen)]
    }

    private static func words(_ driver: ModuleName?) -> String { driver?.description ?? "none" }
}

extension PCIFunction {
    /// Whether its driver is this one, or one of this module; nil = whether it is on none.
    fileprivate func isOn(_ name: ModuleName?) -> Bool {
        guard let name, let driver else { return name == nil && driver == nil }
        return driver == name || boundModule == name
    }
}

extension Forecast.Interface {
    /// A card keeps its MAC address wherever it sits; cards may trade names and bus numbers.
    fileprivate func isSameCard(_ seen: NetworkInterface, among all: [Forecast.Interface]) -> Bool {
        guard let mac, all.filter({ $0.mac == mac }).count == 1 else { return seen.function == function }
        return seen.mac == mac && seen.function != nil
    }
}
