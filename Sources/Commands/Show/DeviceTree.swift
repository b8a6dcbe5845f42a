internal import Fleet
internal import Forms

/// The PCI tree of a node as lines: address, ids, driver, IOMMU group, name.
enum DeviceTree {
    static func render(_ functions: [PCIFunction], for terminal: Terminal) -> String {
        let lines = PCITree.drawing(of: PCITree.forest(of: functions))
        let addressWidth = lines.map { ($0.prefix + $0.function.address.description).count }.max() ?? 0
        let driverWidth = functions.map { driver(of: $0).count }.max() ?? 0
        return lines.map { prefix, function in
            let address = pad(prefix + function.address.description, to: addressWidth)
            let group = pad(function.group.map { "group \($0)" } ?? "no group", to: 9)
            let driver = terminal.styled(pad(driver(of: function), to: driverWidth), style(of: function))
            let fixed = "\(address)  \(function.class)  \(function.id)  \(group)  "
            let used = fixed.count + driverWidth + 2
            let name = (function.name ?? "").printableLine.shortened(to: max(8, (terminal.width ?? 400) - used))
            return "\(fixed)\(driver)  \(name)".trimmingTrailingBlanks + "\n"
        }.joined()
    }

    private static func driver(of function: PCIFunction) -> String {
        function.driver?.description ?? (function.hasSecondaryBus ? "bridge" : "no driver")
    }

    private static func style(of function: PCIFunction) -> Style {
        function.driver == "vfio-pci" ? .good : function.driver == nil ? .dim : .plain
    }

    private static func pad(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}

extension String {
    var trimmingTrailingBlanks: String {
        String(self.reversed().drop { $0 == " " }.reversed())
    }
}
