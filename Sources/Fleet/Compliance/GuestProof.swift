/// The links of the proof chain that concern guests. A guest that is not on this node has no link here: numbers are
/// unique in a cluster, so it may be on another one.
struct GuestProof {
    let situation: Situation

    init(_ situation: Situation) { self.situation = situation }

    func checks() -> [CheckResult] {
        let settings = situation.settings
        guard !settings.guests.isEmpty else { return [] }
        guard case .known(let guests) = situation.facts.guests else {
            return settings.guests.map {
                CheckResult(
                    .guestConfiguration, device: "vm/\($0.vm)", .unknown, "Which guests there are could not be told.")
            }
        }
        return settings.guests.flatMap { request in
            guard let guest = guests.first(where: { $0.id == request.vm }) else { return [CheckResult]() }
            return [configuration(request), process(request, guest)].compactMap(\.self)
        }
    }

    /// The options are in the guest's configuration.
    private func configuration(_ request: GuestRequest) -> CheckResult {
        let device = "vm/\(request.vm)"
        var settings = situation.settings
        settings.guests = [request]
        let plan = GuestPlan(situation.facts, settings, situation.resolution.devices, in: situation.index)
        let evidence = plan.changes.flatMap(\.options).map {
            Evidence(command: "qm config \(request.vm) | grep '^\($0.key):'", output: $0.before.map { "\($0)" } ?? "")
        }
        if let change = plan.changes.first {
            let list = change.options.map { "\($0.key) is \($0.before ?? "unset") instead of \($0.after ?? "unset")" }
            return CheckResult(
                .guestConfiguration, device: device, .fail, list.joined(separator: "; ") + ".", evidence: evidence)
        }
        let relevant = plan.reasons.filter { $0.severity == .blocker && $0.code.rawValue != heldCode }
        guard let blocker = relevant.first else {
            return CheckResult(.guestConfiguration, device: device, .pass, "VM \(request.vm) is configured as asked.")
        }
        let isUntold = blocker.code.rawValue == PlanReason.factsIncomplete.rawValue
        return CheckResult(.guestConfiguration, device: device, isUntold ? .unknown : .fail, blocker.message)
    }

    private var heldCode: String { PlanReason.deviceHeldByRunningGuest.rawValue }

    /// The running guest has the functions among its arguments. A guest that does not run has no such link.
    private func process(_ request: GuestRequest, _ guest: GuestFacts) -> CheckResult? {
        let names = Set(request.devices.map(\.device))
        let functions = situation.resolution.devices.filter { names.contains($0.request.name) }.flatMap(\.functions)
        guard guest.state == .known(.running), !functions.isEmpty else { return nil }
        let device = "vm/\(request.vm)"
        guard case .known(let arguments?) = guest.processArguments else {
            return CheckResult(
                .guestProcess, device: device, .unknown, "The arguments of VM \(request.vm) could not be told.")
        }
        let devices = arguments.filter { $0.hasPrefix("vfio-pci,") }
        let lacking = functions.map(\.address).filter { address in
            !devices.contains { ($0 + ",").contains(substring: "host=\(address),") }
        }
        let evidence = [
            Evidence(
                command: "tr '\\0' '\\n' </proc/$(cat /run/qemu-server/\(request.vm).pid)/cmdline | grep vfio-pci",
                output: devices.joined(separator: "\n"))
        ]
        guard !lacking.isEmpty else {
            let message = "VM \(request.vm) runs with every function."
            return CheckResult(.guestProcess, device: device, .pass, message, evidence: evidence)
        }
        let list = lacking.map(\.short).joined(separator: ", ")
        let message =
            "VM \(request.vm) runs without \(list): stop and start it, so that its configuration takes effect."
        return CheckResult(.guestProcess, device: device, .fail, message, evidence: evidence)
    }
}
