import Fleet
import Foundation

/// Documents on disk. Nothing else in this layer touches the file system.
enum DocumentFile {
    /// The file's text.
    static func text(_ path: String, kind: String) throws(InvalidDocument) -> String {
        let bytes: Data
        do {
            bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw unreadable(path, kind, exists(path))
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            let error = FleetError(
                .init(rawValue: "\(kind)-syntax"), "The file is not UTF-8 text.", at: SourceLocation(file: path),
                advice: "Save it as UTF-8.")
            throw InvalidDocument([error])
        }
        return text.hasPrefix("\u{feff}") ? String(text.dropFirst()) : text
    }

    /// The directory's files of the given types, by name; hidden ones are not among them.
    static func list(
        _ directory: String, types: Set<String> = ["yaml", "yml"], kind: String
    ) throws(InvalidDocument) -> [String] {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: directory) else {
            throw unreadable(directory, kind, isDirectory(directory))
        }
        let wanted = names.filter { !$0.hasPrefix(".") && types.contains(URL(fileURLWithPath: $0).pathExtension) }
        return wanted.sorted().map { directory.hasSuffix("/") ? directory + $0 : "\(directory)/\($0)" }
    }

    static func isDirectory(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
    }

    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    private static func unreadable(_ path: String, _ kind: String, _ exists: Bool) -> InvalidDocument {
        let (message, advice) =
            switch (exists, isDirectory(path)) {
            case (false, _): ("There is no \(quoted(path)).", "Check the path.")
            case (_, true) where kind == "playbook":
                ("\(quoted(path)) is a folder.", "Name the file in it that is meant.")
            default: ("\(quoted(path)) can't be read.", "Check its permissions, and that it is a file of text.")
            }
        return InvalidDocument([
            FleetError(
                .init(rawValue: "\(kind)-unreadable"), message, at: SourceLocation(file: path), advice: advice)
        ])
    }
}
