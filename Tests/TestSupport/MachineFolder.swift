/// The descriptions of real machines that tests make nodes from: one YAML file each.
public enum MachineFolder {
    /// `Tests/TestSupport/Machines`
    public static let path = String(#filePath.prefix(#filePath.count - "MachineFolder.swift".count)) + "Machines"
}
