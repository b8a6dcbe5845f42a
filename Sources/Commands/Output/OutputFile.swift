internal import Fleet
internal import Foundation

/// Writes a report that was asked for beside the output. Fails with `report-not-written`.
enum OutputFile {
    static func write(_ report: String, to path: String) throws(FleetError) {
        do {
            try report.write(toFile: path, atomically: true, encoding: .utf8)
        } catch {
            throw FleetError(
                "report-not-written", "The report could not be written to \(path): \(error.localizedDescription)",
                advice: "Name a file in a folder that you may write to.")
        }
    }
}
