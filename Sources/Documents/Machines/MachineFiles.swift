public import Fleet

extension MachineDocument {
    /// Reads one file.
    public static func load(_ path: String) throws(InvalidDocument) -> MachineDescription {
        try parse(try DocumentFile.text(path, kind: "machine"), file: path)
    }

    /// Reads every `*.yaml` and `*.yml` of a directory, in the order of their names.
    /// - Throws: what is wrong with all of them together.
    public static func load(directory: String) throws(InvalidDocument) -> [MachineDescription] {
        var machines: [MachineDescription] = []
        var errors: [FleetError] = []
        for path in try DocumentFile.list(directory, kind: "machine") {
            do throws(InvalidDocument) {
                machines.append(try load(path))
            } catch {
                errors += error.errors
            }
        }
        guard errors.isEmpty else { throw InvalidDocument(errors) }
        return machines
    }
}
