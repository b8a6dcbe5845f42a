/// A kernel command line, read as the kernel reads it: later arguments win.
struct KernelCommandLine {
    let arguments: [Substring]

    init(_ text: String) { arguments = text.split { $0 == " " || $0 == "\n" } }

    /// The values given for `name=`, with commas split: `intel_iommu=on,sm_on` gives both.
    func values(_ name: String) -> [Substring] {
        arguments.filter { $0.hasPrefix(name + "=") }
            .flatMap { $0.dropFirst(name.utf8.count + 1).split(separator: ",") }
    }

    func contains(_ argument: String) -> Bool { arguments.contains { $0 == argument } }
}
