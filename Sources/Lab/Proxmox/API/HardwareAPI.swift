/// The PCI functions of the node.
struct HardwareAPI {
    let call: APICall

    var list: JSON {
        let hidden = call.parameters["pci-class-blacklist"].map(splitList) ?? ["05", "06", "0b"]
        let isVerbose = call.parameters["verbose"] != "0"
        let names = isVerbose ? PCINames(files: call.node.files) : nil
        let functions = PCIInventory(files: call.node.files).functions.filter { function in
            !hidden.contains { function.classCode.hasPrefix($0.hasPrefix("0x") ? $0 : "0x" + $0) }
        }
        return .array(functions.map { .object(fields($0, names)) })
    }

    /// The kinds of mediated devices that a function can be split into.
    var mediatedTypes: JSON {
        let files = call.node.files
        let address = normalizedPCIAddress(call.path["function"] ?? "")
        let directory = "\(PCIInventory.devices)/\(address)/mdev_supported_types"
        return .array(
            files.list(directory).map { type in
                let path = "\(directory)/\(type)"
                var fields: [String: JSON] = [
                    "type": .string(type), "description": .string(files.text(path + "/description") ?? ""),
                    "available": .number(files.firstLine(path + "/available_instances").flatMap { Int($0) } ?? 0),
                ]
                fields["name"] = files.firstLine(path + "/name").map(JSON.string)
                return .object(fields)
            })
    }

    private func fields(_ function: PCIFunctionRecord, _ names: PCINames?) -> [String: JSON] {
        var fields: [String: JSON] = [
            "id": .string(function.id), "class": .string(function.classCode), "vendor": .string(function.vendor),
            "device": .string(function.device), "iommugroup": .number(function.group ?? -1),
        ]
        if function.hasMediatedDevices { fields["mdev"] = .number(1) }
        guard let names else { return fields }
        let texts = [
            "vendor_name": names.vendor(function.vendor), "device_name": names.device(function),
            "subsystem_vendor": function.subsystemVendor, "subsystem_device": function.subsystemDevice,
            "subsystem_vendor_name": names.vendor(function.subsystemVendor),
            "subsystem_device_name": names.subsystem(function),
        ]
        fields.merge(texts.compactMapValues { $0.map(JSON.string) }) { $1 }
        return fields
    }
}
