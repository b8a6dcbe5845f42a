extension FleetPlan {
    /// How many nodes a plan leaves, changes, blocks and could not ask, and how much it does.
    public struct Summary: Hashable, Sendable, Codable {
        public var unchanged = 0
        public var change = 0
        public var blocked = 0
        public var unreachable = 0
        public var reboots = 0
        public var files = 0
        public var guests = 0
    }

    public var summary: Summary {
        nodes.map(\.plan).reduce(into: Summary()) { summary, plan in
            switch plan.verdict {
            case .unchanged: summary.unchanged += 1
            case .change: summary.change += 1
            case .blocked: summary.blocked += 1
            case .unreachable: summary.unreachable += 1
            }
            summary.reboots += plan.reboot ? 1 : 0
            summary.files += plan.files.count
            summary.guests += plan.guests.count
        }
    }

    /// The bytes a digest is made of: everything that would be done and why, and no evidence, which may differ between
    /// two looks at the same node. Two different plans never give the same bytes: every part carries its length. The nodes'
    /// order does not count.
    public var canonicalBytes: [UInt8] {
        var text = CanonicalText()
        text.add("vfiofleet-plan-1")
        text.add(purpose.rawValue)
        text.add(playbook.name)
        for plan in nodes.map(\.plan).sorted(by: { $0.node < $1.node }) { text.add(plan) }
        return text.bytes
    }
}

/// Netstrings one after the other: `5:hello,`; lists begin with their count.
private struct CanonicalText {
    private(set) var bytes: [UInt8] = []

    mutating func add(_ text: String) { add(Array(text.utf8)) }

    mutating func add(_ content: [UInt8]) {
        bytes += Array("\(content.count):".utf8)
        bytes += content
        bytes.append(UInt8(ascii: ","))
    }

    mutating func add(optional content: [UInt8]?) {
        add(content == nil ? "none" : "some")
        add(content ?? [])
    }

    mutating func add<Element>(_ list: [Element], _ each: (inout CanonicalText, Element) -> Void) {
        add("\(list.count)")
        for element in list { each(&self, element) }
    }

    mutating func add(_ plan: NodePlan) {
        add(plan.node.description)
        add(plan.verdict.rawValue)
        add(plan.reboot ? "reboot" : "no-reboot")
        add(plan.reasons) { text, reason in
            text.add(reason.severity.rawValue)
            text.add(reason.code.rawValue)
            text.add(reason.message)
        }
        add(plan.files) { text, file in
            text.add(file.path)
            text.add(optional: file.before)
            text.add(optional: file.after)
        }
        add(plan.commands) { text, command in text.add(command.rawValue) }
        add(plan.guests) { text, guest in
            text.add(guest.vm.description)
            text.add(guest.options) { text, option in
                text.add(option.key)
                text.add(optional: option.before.map { Array($0.utf8) })
                text.add(optional: option.after.map { Array($0.utf8) })
            }
        }
        add(plan.wanted) { text, function in
            text.add(function.address.description)
            text.add(function.id.description)
            text.add(function.request)
        }
        add(plan.forecast)
    }

    /// What a person who approves the plan was told about the reboot. The rest of the forecast follows from these.
    private mutating func add(_ forecast: Forecast?) {
        add(forecast.map { "\($0.risk.score)" } ?? "none")
        add(forecast?.drivers ?? []) { text, driver in
            text.add(driver.address.description)
            text.add(driver.then) { text, name in text.add(name?.description ?? "none") }
        }
        add(forecast?.interfaces ?? []) { text, interface in
            text.add(interface.name)
            text.add(interface.fate.rawValue)
        }
    }
}
