public import Fleet

extension PlaybookDocument {
    /// The playbook as YAML, without what is as by default; `parse` gives the same playbook back.
    public static func encode(_ playbook: Playbook) -> String {
        var members = [JSON.Member(key: "playbook", value: .string(playbook.name))]
        if let summary = playbook.summary { members.append(.init(key: "summary", value: .string(summary))) }
        members.append(.init(key: "nodes", value: .string(playbook.nodes)))
        members += SettingsChanges(from: NodeSettings(), to: playbook.settings).encoded
        if playbook.rollout != RolloutSettings() {
            members.append(.init(key: "rollout", value: playbook.rollout.encoded))
        }
        if !playbook.overrides.isEmpty {
            let overrides = playbook.overrides.map { override in
                JSON.object([.init(key: "nodes", value: .string(override.nodes))] + override.changes.encoded)
            }
            members.append(.init(key: "overrides", value: .array(overrides)))
        }
        return JSON.object(members).yaml
    }
}

extension JSON {
    /// An object of the members that are there.
    fileprivate static func present(_ members: [(String, JSON?)]) -> [Member] {
        members.compactMap { key, value in value.map { Member(key: key, value: $0) } }
    }

    fileprivate static func texts(_ values: [some CustomStringConvertible]) -> JSON {
        .array(values.map { .string($0.description) })
    }
}

extension SettingsChanges {
    fileprivate var encoded: [JSON.Member] {
        let kernel = JSON.present([
            ("intel", intelArguments.map(JSON.texts)), ("amd", amdArguments.map(JSON.texts)),
            ("all", allArguments.map(JSON.texts)),
        ])
        let vfio = JSON.present([
            ("disable-vga", disableVGA.map { .bool($0) }), ("softdep", softdep.map { .string($0.rawValue) }),
        ])
        return JSON.present([
            ("devices", devices.map { .array($0.map(\.encoded)) }),
            ("kernel", kernel.isEmpty ? nil : .object(kernel)),
            ("modules", modules.map(JSON.texts)), ("blacklist", blacklist.map(JSON.texts)),
            ("vfio", vfio.isEmpty ? nil : .object(vfio)),
            ("bind", bind.map { .string($0.rawValue) }),
            ("files", files.map { .string($0.rawValue) }),
            ("network", network.map { .string($0.rawValue) }),
            ("adopt", adopt.map(\.encoded)),
            ("guests", guests.map { .array($0.map(\.encoded)) }),
            ("compliance-only", complianceOnly.map { .bool($0) }),
        ])
    }
}

extension AdoptionSettings {
    fileprivate var encoded: JSON {
        guard !choices.isEmpty else { return .string(usual.rawValue) }
        let named = FindingCode.allCases.map { ($0.rawValue, choices[$0].map { JSON.string($0.rawValue) }) }
        return .object(JSON.present([("all", .string(usual.rawValue))] + named))
    }
}

extension DeviceRequest {
    fileprivate var encoded: JSON {
        var members = [JSON.Member(key: "name", value: .string(name))]
        switch match {
        case .slot(let slot): members.append(.init(key: "at", value: .string(slot.short)))
        case .kind(let kind): members.append(.init(key: "match", value: kind.encoded))
        }
        let siblings = acceptSiblings.map(\.description)
        members += JSON.present([
            ("functions", functions.map { .array($0.map { .integer(Int($0)) }) }),
            ("optional", optional ? true : nil),
            ("accept-siblings", siblings.isEmpty ? nil : JSON.texts(siblings)),
            ("bind", bind.map { .string($0.rawValue) }),
        ])
        return .object(members)
    }
}

extension DeviceRequest.Kind {
    fileprivate var encoded: JSON {
        .object(
            JSON.present([
                ("category", category.map { .string($0.rawValue) }),
                ("vendor", vendor.map { .string(hex($0, digits: 4)) }),
                ("ids", ids.isEmpty ? nil : JSON.texts(ids)),
                ("count", count.map { .integer($0) }),
                ("include-boot-vga", includeBootVGA ? true : nil),
            ]))
    }
}

extension GuestRequest {
    fileprivate var encoded: JSON {
        let pairs = options.sorted { $0.key < $1.key }.map { JSON.Member(key: $0.key, value: .string($0.value)) }
        return .object(
            JSON.present([
                ("vm", .integer(Int(vm.number))), ("nodes", nodes.map { .string($0) }),
                ("options", pairs.isEmpty ? nil : .object(pairs)),
                ("devices", devices.isEmpty ? nil : .array(devices.map(\.encoded))),
            ]))
    }
}

extension GuestRequest.GuestDevice {
    fileprivate var encoded: JSON {
        let options = firstFunctionOptions.map { option in
            let parts = option.split(separator: "=", maxSplits: 1).map(String.init)
            let value = parts.last ?? ""
            return JSON.Member(key: parts.first ?? "", value: Int(value).map { .integer($0) } ?? .string(value))
        }
        return .object([
            .init(key: "device", value: .string(device)), .init(key: "layout", value: .string(layout.rawValue)),
            .init(key: "options", value: .object(options)),
        ])
    }
}

extension RolloutSettings {
    var encoded: JSON {
        let labels = perLabel.sorted { $0.key < $1.key }.map { JSON.Member(key: $0.key, value: $0.value.encoded) }
        let members: [(String, JSON?)] = [
            ("canary", .integer(canaries)),
            maxUnavailable.map { ("max-unavailable", $0.encoded) } ?? ("batch", batch.encoded),
            ("pause", .integer(pauseSeconds)), ("soak", soakSeconds.map { .integer($0) }),
            ("return-within", .integer(returnWithinSeconds)),
            ("confirm-within", confirmWithinSeconds.map { .integer($0) } ?? .string("never")),
            ("per-cluster", perCluster.encoded),
            ("per-label", labels.isEmpty ? nil : .object(labels)), ("failure-budget", .integer(failureBudget)),
            ("order", .string(order.rawValue)), ("guests", guests.map(\.encoded)),
            ("windows", windows.isEmpty ? nil : JSON.texts(windows)),
        ]
        return .object(members.compactMap { key, value in value.map { JSON.Member(key: key, value: $0) } })
    }
}

extension EvacuationSettings {
    fileprivate var encoded: JSON {
        let word = JSON.string(usual.rawValue)
        let plain = EvacuationSettings(usual: usual)
        guard self != plain else { return word }
        let named = exceptions.map { ($0.vm.description, Optional(JSON.string($0.choice.rawValue))) }
        return .object(
            JSON.present(
                [
                    ("default", word),
                    ("timeout", timeoutSeconds == plain.timeoutSeconds ? nil : .integer(timeoutSeconds)),
                    ("force-stop", forceStop ? true : nil),
                    ("otherwise", otherwise == plain.otherwise ? nil : .string(otherwise.rawValue)),
                ] + named))
    }
}

extension RolloutSettings.Share {
    fileprivate var encoded: JSON {
        switch self {
        case .count(let count): .integer(count)
        case .percent(let percent): .string("\(percent)%")
        }
    }
}
