/// What kernel arguments that come or go with the next boot make of network names (systemd.net-naming-scheme(7),
/// kernel-parameters.txt, biosdevname(1)).
struct NamingArguments {
    private let commandLine: NextCommandLine
    /// systemd is not told by a file to leave the kernel's names.
    private let hasPolicy: Bool

    init(_ commandLine: NextCommandLine, hasPolicy: Bool) {
        self.commandLine = commandLine
        self.hasPolicy = hasPolicy
    }

    /// Why names of this kind may be others after the boot, as a sentence; nil = no argument changes them.
    func change(of kind: NamingKind) -> String? {
        switching(kind) ?? biosdevname(kind) ?? scheme(kind) ?? renumbering(kind)
    }

    /// `net.ifnames` turns over which names there are: what takes names of this kind away.
    func switching(_ kind: NamingKind) -> String? {
        let values = commandLine.values("net.ifnames")
        let (now, then) = (isOn(values.now), isOn(values.then))
        guard hasPolicy, now != then else { return nil }
        switch kind {
        case .path, .firmware, .mac:
            return then
                ? nil
                : "“net.ifnames=0” comes into force with the next boot, and leaves the kernel's own names (eth0, eth1, …)."
        case .kernelOrder:
            return then
                ? "“net.ifnames=0” goes with the next boot, and names are made from the card's place then (eno1, enp6s0)."
                : nil
        case .biosdevname, .other: return nil
        }
    }

    private func isOn(_ value: String?) -> Bool {
        !["0", "n", "no", "f", "false", "off"].contains((value ?? "1").asciiLowercased)
    }

    private func biosdevname(_ kind: NamingKind) -> String? {
        let values = commandLine.values("biosdevname")
        guard values.now != values.then else { return nil }
        switch (values.then, kind) {
        case ("1", .path), ("1", .firmware), ("1", .kernelOrder):
            return
                "“biosdevname=1” comes into force with the next boot: the program of that name, where it is installed, "
                + "calls cards em1 or p2p1."
        case ("1", _): return nil
        case (_, .biosdevname):
            return
                "The argument biosdevname changes with the next boot, and the name was made by the program of that name."
        default: return nil
        }
    }

    private func scheme(_ kind: NamingKind) -> String? {
        let values = commandLine.values("net.naming_scheme")
        guard values.now != values.then, kind == .path || kind == .firmware else { return nil }
        return "The argument net.naming-scheme changes with the next boot, and with it how names are made."
    }

    /// Arguments of `pci=` that may give buses other numbers.
    private func renumbering(_ kind: NamingKind) -> String? {
        let values = commandLine.values("pci")
        func words(_ value: String?) -> Set<Substring> {
            let words = (value ?? "").split(separator: ",")
            return Set(words.filter { $0 == "assign-busses" || $0 == "noacpi" || $0.hasPrefix("hpbussize=") })
        }
        guard kind == .path, let word = words(values.now).symmetricDifference(words(values.then)).min() else {
            return nil
        }
        return
            "“pci=\(word)” comes or goes with the next boot: buses may get other numbers, from which the name is made."
    }
}
