import ArgumentParser

/// The program behind `vfiofleet`, in a library so that tests can run it.
public enum CommandLineTool {
    public static func main() async { await VFIOFleet.main() }
}
