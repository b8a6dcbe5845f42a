/// How wanted functions get to vfio-pci at the boot.
public enum BindChoice: String, Hashable, Sendable, Codable, CaseIterable {
    /// By id where that takes the wanted functions and no others, else by address.
    case auto
    /// `ids=` on vfio-pci's options line: takes every function with the id.
    case ids
    /// A script in the initramfs that sets `driver_override` at the address.
    case address
}
