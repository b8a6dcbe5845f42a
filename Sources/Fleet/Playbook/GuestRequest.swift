/// What one guest shall have.
public struct GuestRequest: Hashable, Sendable, Codable {
    public var vm: VMID
    /// The nodes it lives on, as a selector; nil = every node of the playbook.
    public var nodes: String?
    /// Plain options of `qm set`, such as `bios: ovmf`; keys are Proxmox' own.
    public var options: [String: String]
    /// Devices, in `hostpci` order.
    public var devices: [GuestDevice]

    public struct GuestDevice: Hashable, Sendable, Codable {
        /// The name of a `DeviceRequest`.
        public var device: String
        public var layout: Layout
        /// Options of the first function's `hostpci` line: `pcie=1`, `x-vga=1`, in order.
        public var firstFunctionOptions: [String]

        public enum Layout: String, Hashable, Sendable, Codable, CaseIterable {
            /// One `hostpciN` per function, as the guide does.
            case perFunction = "per-function"
            /// One `hostpciN` with all functions (`01:00`).
            case allFunctions = "all-functions"
        }

        public init(
            device: String, layout: Layout = .perFunction, firstFunctionOptions: [String] = ["pcie=1", "x-vga=1"]
        ) {
            self.device = device
            self.layout = layout
            self.firstFunctionOptions = firstFunctionOptions
        }
    }

    public init(
        vm: VMID, nodes: String? = nil, options: [String: String] = [:], devices: [GuestDevice] = []
    ) {
        self.vm = vm
        self.nodes = nodes
        self.options = options
        self.devices = devices
    }
}
