/// The script that the initramfs runs before udev: it gives functions to vfio-pci by their address.
///
/// initramfs-tools sorts the scripts of a stage with tsort, which puts those without prerequisites in the order of
/// their names (`cache_run_scripts` of `hook-functions`); udev's has none. So the name must sort before `udev`, and no
/// prerequisite could do that. A script that is not executable is left out of the order without a word.
struct EarlyScript: Hashable, Sendable {
    static let path = "/etc/initramfs-tools/scripts/init-top/00-vfiofleet"
    /// Where it is inside an image.
    static let imagePath = "/scripts/init-top/00-vfiofleet"
    static let mode: UInt16 = 0o755
    /// Begins each line that the script writes to the kernel's log.
    static let logMark = "vfiofleet: "

    /// One function, with what must be at its address for the script to touch it.
    struct Entry: Hashable, Sendable {
        enum Order: Hashable, Sendable {
            /// vfio-pci gets it.
            case bind
            /// The host's own driver keeps it, although vfio-pci may be told its id.
            case keep(ModuleName)
        }

        var order: Order
        var address: PCIAddress
        var id: PCIID
        /// Zeros where the function has none, as sysfs shows it.
        var subsystem: PCIID

        init(_ order: Order, _ function: PCIFunction) {
            self.order = order
            address = function.address
            id = function.id
            subsystem = function.subsystem ?? PCIID(vendor: 0, device: 0)
        }

        /// The script touches this function: the card at the address is the one it was written for.
        func fits(_ function: PCIFunction) -> Bool { self == Entry(order, function) }
    }

    var entries: [Entry]

    init(_ entries: [Entry]) { self.entries = entries }

    var bytes: [UInt8] {
        let lines = entries.map { $0.line + "\n" }.joined()
        return Array((Self.head + lines + Self.tail).utf8)
    }

    private static let head = #"""
        #!/bin/sh
        # Written by vfiofleet. Gives PCI functions to vfio-pci by their address, before udev loads any driver: the name of
        # this file sorts before "udev". driver_override admits the driver it names and no other.
        # Each function is named with its card's ids, so that another card that came to sit at the address is left alone.
        # What happened at the boot: journalctl -k -b 0 | grep vfiofleet
        PREREQ=""
        case ${1-} in
        prereqs)
            echo "$PREREQ"
            exit 0
            ;;
        esac

        devices=/sys/bus/pci/devices
        vfio=/sys/bus/pci/drivers/vfio-pci
        wanted=

        tell() {
            echo "vfiofleet: $*" >>/dev/kmsg
        }

        # same ADDRESS ID SUBSYSTEM: whether this very card is at the address.
        same() {
            if [ ! -e "$devices/$1" ]; then
                tell "$1 is not there"
                return 1
            fi
            found=
            for name in vendor device subsystem_vendor subsystem_device; do
                value=
                read -r value <"$devices/$1/$name"
                found="$found:${value#0x}"
            done
            [ "$found" = ":$2:$3" ] && return 0
            tell "$1 is ${found#:} and not $2:$3, so it is left alone"
            return 1
        }

        # bind ADDRESS ID SUBSYSTEM: for vfio-pci alone.
        bind() {
            same "$@" || return 0
            echo vfio-pci >"$devices/$1/driver_override"
            wanted="$wanted $1"
            # At this stage only a driver that is compiled into the kernel can have it.
            if [ -e "$devices/$1/driver" ] && [ ! -e "$vfio/$1" ]; then
                echo "$1" >"$devices/$1/driver/unbind"
            fi
        }

        # keep ADDRESS ID SUBSYSTEM DRIVER: for this driver alone. vfio-pci takes every free function whose id it is told,
        # by its options or by Proxmox when a guest starts.
        keep() {
            same "$1" "$2" "$3" && echo "$4" >"$devices/$1/driver_override"
        }


        """#

    private static let tail = #"""

        [ -n "$wanted" ] || exit 0
        modprobe vfio-pci || tell "vfio-pci can't be loaded in the initramfs"
        for address in $wanted; do
            # A vfio-pci that was there before looks at a function again only when it is asked to.
            [ -e "$vfio/$address" ] || echo "$address" >/sys/bus/pci/drivers_probe
            tell "$address is for vfio-pci alone"
        done
        exit 0

        """#
}

extension EarlyScript.Entry {
    fileprivate var line: String {
        switch order {
        case .bind: "bind \(address) \(id) \(subsystem)"
        case .keep(let driver): "keep \(address) \(id) \(subsystem) \(driver)"
        }
    }

    fileprivate init?(line: Substring) {
        let words = line.split(separator: " ")
        guard words.count >= 4, let address = PCIAddress(words[1]), let id = PCIID(words[2]),
            let subsystem = PCIID(words[3])
        else { return nil }
        switch (words[0], words.count) {
        case ("bind", 4): order = .bind
        case ("keep", 5):
            guard let driver = ModuleName(words[4]) else { return nil }
            order = .keep(driver)
        default: return nil
        }
        (self.address, self.id, self.subsystem) = (address, id, subsystem)
    }
}

extension EarlyScript {
    /// The entries of a script as it was written before; what is not of this form is not read.
    init(reading bytes: [UInt8]) {
        entries = String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap(Entry.init(line:))
    }

    /// What the script wrote to the kernel's log about a function that it did not touch; nil = nothing.
    static func refusal(of address: PCIAddress, in log: [String]) -> String? {
        for line in log.reversed() {
            guard let start = line.firstRange(of: logMark)?.upperBound else { continue }
            let text = line[start...]
            guard text.hasPrefix("\(address) ") else { continue }
            let isRefusal = text.hasSuffix("left alone") || text.hasSuffix("not there")
            return isRefusal ? String(text) : nil
        }
        return nil
    }
}
