internal import Fleet
internal import Forms

/// A forecast for a person: what changes at the next boot, what may, and what speaks for trouble.
struct ForecastView {
    var forecast: Forecast
    var terminal: Terminal

    func lines() -> [String] {
        let risk = forecast.risk
        let style: Style = risk.level == .high ? .bad : risk.level == .medium ? .warning : .plain
        let title = "at the next boot: risk " + terminal.styled("\(risk.score) (\(risk.level.rawValue))", style)
        return [title] + (foreseen + reasons).map { "  " + $0 }
    }

    private var foreseen: [String] {
        let kernel = forecast.otherKernel.map { ["kernel: → \($0)"] } ?? []
        let unknown = forecast.unknowns.map { "unknown: \($0)" }
        return (kernel + drivers + interfaces + console + guests + unknown).map(\.printableLine)
    }

    private var drivers: [String] {
        forecast.drivers.map { driver in
            let now = driver.now?.description ?? "none"
            let then = driver.then.map { $0?.description ?? "none" }.joined(separator: " or ")
            return "\(driver.address.short): \(now) → \(then.isEmpty ? "?" : then)"
        }
    }

    /// Those that change, and those the host needs.
    private var interfaces: [String] {
        forecast.interfaces.compactMap { interface in
            let needs = interface.needs.isEmpty ? "" : " (\(interface.needs.map(\.rawValue).joined(separator: ", ")))"
            switch interface.fate {
            case .stays where interface.needs.isEmpty: return nil
            case .stays:
                return "\(interface.name): stays\(interface.isPinned ? ", bound to its MAC address" : "")\(needs)"
            case .vanishes: return "\(interface.name): vanishes, its card goes to guests"
            case .renamed: return "\(interface.name): → \(interface.newName ?? "?")\(needs)"
            case .uncertain: return "\(interface.name): may get another name\(needs)"
            }
        }
    }

    private var console: [String] {
        switch forecast.console.fate {
        case .stays, .none: []
        case .lost, .unknown: ["console: \(forecast.console.because)"]
        }
    }

    private var guests: [String] {
        forecast.guests.map { guest in
            let list = guest.takes.map(\.short).joined(separator: ", ")
            return "VM \(guest.vm) starts and takes \(list)\(guest.areGroupsKnown ? "" : " and their groups")"
        }
    }

    private var reasons: [String] {
        forecast.risk.reasons.map { reason in
            let style: Style = reason.points >= 30 ? .bad : reason.points >= 15 ? .warning : .dim
            return terminal.styled("+\(reason.points)", style)
                + " \(reason.message.printableLine) [\(reason.code.rawValue)]"
        }
    }
}
