public import Fleet
import Foundation

extension ControllerIdentity {
    /// Of the machine that this process runs on; what can't be read is left out (the UUID is for root alone).
    public static let thisMachine: ControllerIdentity = {
        let places = (try? FileManager.default.contentsOfDirectory(atPath: "/sys/class/net")) ?? []
        let addresses = places.filter { $0 != "lo" }.compactMap { text("/sys/class/net/\($0)/address") }
        return ControllerIdentity(
            bootID: text("/proc/sys/kernel/random/boot_id").flatMap { BootID($0) },
            systemUUID: text("/sys/class/dmi/id/product_uuid"),
            hardwareAddresses: Set(addresses.filter { $0.count == 17 && $0 != "00:00:00:00:00:00" }))
    }()

    private static func text(_ path: String) -> String? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        let line = text.trimmingCharacters(in: .whitespacesAndNewlines)
        return line.isEmpty ? nil : line
    }
}
