/// What high availability is told to look after: `/etc/pve/ha/resources.cfg`.
struct HAResources {
    static let path = "/etc/pve/ha/resources.cfg"

    struct Service {
        /// `vm:100`
        var id: String
        /// The lines below its name, without blanks around them.
        var settings: [String]

        var isIgnored: Bool { settings.contains("state ignored") }
        /// It is to run: what is not said is `started`.
        var isStarted: Bool {
            !settings.contains { ["state ignored", "state stopped", "state disabled"].contains($0) }
        }
    }

    private(set) var services: [Service] = []

    /// Of a file that is not there or can't be read, none.
    init(_ facts: NodeFacts) {
        for line in (facts.files[Self.path]?.value?.text ?? "").split(whereSeparator: \.isNewline) {
            if line.first == " " || line.first == "\t" {
                if !services.isEmpty { services[services.count - 1].settings.append(String(line.trimmedBlanks)) }
            } else if let colon = line.firstIndex(of: ":") {
                let number = line[line.index(after: colon)...].trimmedBlanks
                services.append(Service(id: "\(line[..<colon]):\(number)", settings: []))
            }
        }
    }

    subscript(kind: GuestFacts.Kind, vm: VMID) -> Service? {
        let id = GuestFacts.Kind.serviceID(kind, vm)
        return services.first { $0.id == id }
    }
}

extension GuestFacts.Kind {
    /// As high availability names it: `vm:100`, `ct:101`.
    public static func serviceID(_ kind: GuestFacts.Kind, _ vm: VMID) -> String {
        "\(kind == .qemu ? "vm" : "ct"):\(vm)"
    }
}
