/// The remote detection script.
public enum ProbeScript { public static var text: [UInt8] { PackageResources.probe_sh } }
