import ArgumentParser
import SSHTransport

/// The program behind `vfiofleet`, in a library so that tests can run it.
public enum CommandLineTool {
    public static func main() async {
        ProcessHeap.share()
        await VFIOFleet.main()
    }
}
