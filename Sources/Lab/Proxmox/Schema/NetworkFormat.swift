/// The `netN` option: `virtio=MAC,bridge=vmbr0`, where the model's name may be the key of the address.
extension PropertyStringFormat {
    private static let networkModels = [
        "e1000", "e1000-82540em", "e1000-82544gc", "e1000-82545em", "e1000e", "i82551", "i82557b", "i82559er",
        "ne2k_isa", "ne2k_pci", "pcnet", "rtl8139", "virtio", "vmxnet3",
    ]

    static let network: PropertyStringFormat = {
        var keys: [String: PropertySchema] = [
            "model": PropertySchema(isOptional: false, isDefaultKey: true, values: networkModels),
            "macaddr": .text(
                .check {
                    $0.wholeMatch(of: /[a-fA-F0-9][02468aceACE]((:[a-fA-F0-9]{2}){5})/) == nil
                        ? "value does not look like a valid unicast MAC address" : nil
                }),
            "bridge": .matching { $0.wholeMatch(of: /[-_.\w\d]+/) != nil },
            "queues": .integer(0, 64),
            "rate": .number(0),
            "tag": .integer(1, 4094),
            "trunks": .matching { $0.wholeMatch(of: /\d+(-\d+)?(;\d+(-\d+)?)*/) != nil },
            "firewall": .boolean,
            "link_down": .boolean,
            "mtu": .integer(1, 65520),
        ]
        for model in networkModels {
            keys[model] = PropertySchema(alias: "macaddr", keyAlias: "model")
        }
        return PropertyStringFormat(keys: keys)
    }()

    /// The value as it is stored: the model and the address first, an address made where there is none.
    static func storedNetwork(_ text: String, newAddress: () -> String) throws(PropertyStringFailure) -> String {
        var parts = try network.parse(text)
        let model = parts["model"] ?? ""
        let address = parts["macaddr"]?.uppercased() ?? newAddress()
        parts["model"] = nil
        parts["macaddr"] = nil
        let rest = network.print(parts)
        return "\(model)=\(address)" + (rest.isEmpty ? "" : "," + rest)
    }
}
