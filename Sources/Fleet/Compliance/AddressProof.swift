/// The links of the proof chain that concern functions bound by address, and those they must not be mistaken for.
extension ProofChain {
    /// Bound, and by its address: `driver_override` says so at every boot until the script goes.
    func byAddress(_ function: PCIFunction) -> CheckResult {
        let short = function.address.short
        let evidence = [Seen.driver(of: function), Seen.driverOverride(of: function)]
        func result(_ status: CheckResult.Status, _ message: String, _ more: [Evidence] = []) -> CheckResult {
            CheckResult(.driver, device: function.address.description, status, message, evidence: evidence + more)
        }
        if situation.binding.isInForce(function) {
            let driver = function.driver.map { "is on \($0)" } ?? "has no driver, and only vfio-pci can take it"
            return result(.pass, "\(short) \(driver), by its address.")
        }
        if let refusal = EarlyScript.refusal(of: function.address, in: facts.kernelLog.value ?? []) {
            let message = "\(short) is not bound: the script found another card at the address (\(refusal))."
            return result(.fail, message, [Seen.scriptLog(refusal)])
        }
        let driver = function.driver.map { "is on \($0)" } ?? "has no driver"
        if let override = function.driverOverride, override != .vfioPCI {
            return result(.fail, "\(short) \(driver): its driver_override is \(override), so vfio-pci can't take it.")
        }
        if function.driverOverride == .vfioPCI {
            return result(.fail, "\(short) \(driver), which had it before its driver_override was set.")
        }
        let holder = function.isReady ? runningHolder(of: function.address) : nil
        let how = holder.map { ", taken when VM \($0) started" } ?? ""
        let why =
            configuration.files.isEmpty
            ? "the script that does so did not run at this boot" : "the script that does so is not in place"
        return result(.fail, "\(short) \(driver)\(how), and is not bound by its address: \(why).")
    }

    /// A guest gets a part of it, which only its own driver makes.
    func kept(_ function: PCIFunction) -> CheckResult {
        let short = function.address.short
        let evidence = [Seen.driver(of: function)]
        let isKept = function.driver.map { !$0.isVFIO } ?? false
        let message =
            isKept
            ? "\(short) is on its own driver, which makes the mediated devices."
            : "\(short) is on \(function.driver?.description ?? "no driver"): there can be no mediated devices."
        return CheckResult(
            .driver, device: function.address.description, isKept ? .pass : .fail, message, evidence: evidence)
    }

    /// A function that stays with the host although its id is a wanted one's.
    func twin(_ twin: BindingPlan.GuardedTwin) -> CheckResult {
        let function = twin.function
        let driver = function.driver?.description ?? "no driver"
        let isGuarded = function.driverOverride == twin.driver
        let message =
            isGuarded
            ? "\(function.address.short) stays with the host, on \(driver) and for \(twin.driver) alone."
            : "\(function.address.short) stays with the host, on \(driver), and nothing keeps vfio-pci from taking it when it "
                + "is told its id: the script did not run at this boot."
        return CheckResult(
            .driver, device: function.address.description, isGuarded ? .pass : .fail, message,
            evidence: [Seen.driver(of: function), Seen.driverOverride(of: function)])
    }

    /// Twins that the script guards and that vfio-pci has all the same.
    func strayTwins() -> [CheckResult] {
        let bytes = facts.files[EarlyScript.path]?.value?.bytes ?? []
        let kept = EarlyScript(reading: bytes).entries.filter { $0.order != .bind }
        let wanted = Set(situation.resolution.functions.map(\.address))
        return kept.compactMap { entry in
            guard !wanted.contains(entry.address), let function = situation.index.function(at: entry.address),
                function.driver?.isVFIO == true
            else { return nil }
            return CheckResult(
                .driver, device: function.address.description, .fail,
                "\(function.address.short) shall stay with the host, and is on \(function.driver?.description ?? "").",
                evidence: [Seen.driver(of: function), Seen.driverOverride(of: function)])
        }
    }
}

extension Seen {
    static func driverOverride(of function: PCIFunction) -> Evidence {
        Evidence(
            command: "cat /sys/bus/pci/devices/\(function.address)/driver_override",
            output: function.driverOverride?.description ?? "(null)")
    }

    static func scriptLog(_ line: String) -> Evidence {
        Evidence(command: "journalctl -k -b 0 | grep vfiofleet", output: EarlyScript.logMark + line)
    }
}
