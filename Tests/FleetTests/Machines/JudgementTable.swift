import Fleet
import TestSupport

/// What an expert's finding and a plan's reason have in common, so that they can be compared.
enum Topic: String, Hashable, CaseIterable {
    case iommuOff, iommuUnknown, noGroup, noDevice, managementDisplay
    case hostNetwork, hostStorage, hostDisplay
    case siblings, virtualFunctions, nvswitch
    case byAddress, atStart
    case console, splitCard, restOfSlot, external

    /// What decides a verdict or the binding: here both sides must say the same. Of the rest the planner must say what the
    /// expert says, and may say more.
    var isDecisive: Bool {
        switch self {
        case .console, .splitCard, .restOfSlot, .external, .nvswitch: false
        default: true
        }
    }
}

/// How the expert's codes and ours correspond.
enum JudgementTable {
    enum Equivalent {
        case topics(Set<Topic>)
        /// No plan's reason: why.
        case none(String)
    }

    static let expert: [String: Equivalent] = [
        "iommu-off": .topics([.iommuOff]),
        "iommu-unknown": .topics([.iommuUnknown]),
        "no-group": .topics([.noGroup]),
        "no-gpu-for-guests": .topics([.noDevice]),
        "bmc-display": .topics([.managementDisplay]),
        "group-holds-host-nic": .topics([.hostNetwork]),
        "host-nic-possible": .topics([.hostNetwork]),
        "group-holds-host-storage": .topics([.hostStorage]),
        "host-storage-possible": .topics([.hostStorage]),
        "group-holds-host-gpu": .topics([.hostDisplay]),
        "group-holds-other-devices": .topics([.siblings]),
        "nvswitch-not-included": .topics([.nvswitch]),
        "id-shared-with-host-twin": .topics([.byAddress]),
        "driver-built-in": .topics([.byAddress]),
        "virtual-functions-vanish": .topics([.virtualFunctions]),
        "vf-bound-at-start": .topics([.atStart]),
        "card-spans-slots": .topics([.restOfSlot]),
        "on-a-cable": .topics([.external]),
        "only-console": .topics([.console]),
        "boot-display-unknown": .topics([.console]),
        "firmware-framebuffer": .topics([.console]),
        "functions-split-over-groups": .topics([.splitCard]),
        "slot-is-not-a-card": .topics([.restOfSlot]),
        "stale-id": .none(
            "Such ids are in the owner's notes, not among the described facts; planted ones are in GuideTests."),
        "twin-without-driver": .none("The binding is compared; whom it guards is in the golden files."),
        "new-id-spreads": .none("Proxmox writes no id of a function that vfio-pci has when the guest starts."),
        "driver-may-be-built-in": .none("A node's modules.builtin tells."),
        "driver-shared-with-host": .none(
            "Only what the playbook names is blacklisted; softdep keeps the driver for others."),
        "acs-override-suspected": .none("A node's command line tells, and is read; the description has none."),
        "partly-bound": .none("The forecast shows each function's driver now and then."),
        "already-bound": .none("The forecast shows each function's driver now and then."),
        "not-in-use-now": .none("The absence of a reason."),
        "id-shared-inside-wish": .none("The absence of a reason."),
        "foreign-arguments": .none("Arguments that do nothing here stay as they are."),
        "domain-in-address": .none("A slot is written with its domain wherever that is not 0."),
        "igpu-rom": .none("A matter of the guest's configuration."),
        "optimus": .none("A matter of the guest's configuration."),
        "reset-unproven": .none("A node's reset_method tells, and is weighed; the description has none."),
        "rmrr-possible": .none("A node's reserved_regions tell; the description has none."),
        "large-bar": .none("A matter of the guest's configuration."),
        "sriov-pf": .none("A node's sriov_numvfs tells, and is judged; the description has none."),
        "usb-may-carry-host-input": .none("A node's input devices tell, and are warned of; the description has none."),
        "memory-pinned": .none("Weighed against the node's memory in the forecast; the description has no sizes."),
        "numa-remote": .none("A matter of the guest's configuration."),
        "listing-filtered": .none("A node lists everything."),
        "guest-side": .none("A matter of the guest's configuration."),
        "not-x86": .none("A node that is not x86 gets no arguments for it; see the golden file."),
        "confirm-host-network": .none("A node shows where its address is."),
        "nic-name-depends-on-path": .none("Forecast and network guard; compared by theHostsNamesAreWatched."),
    ]

    static func topics(of finding: Judgement.Finding) -> Set<Topic> {
        if case .topics(let topics) = expert[finding.code] { topics } else { [] }
    }

    static func topics(of reason: Reason) -> Set<Topic> {
        guard let code = PlanReason(rawValue: reason.code.rawValue) else { return [] }
        switch code {
        case .iommuOffInFirmware, .iommuDisabledByArgument, .groupsUnknown: return [.iommuOff]
        case .factsIncomplete: return reason.message.contains("IOMMU") ? [.iommuUnknown] : []
        case .deviceWithoutGroup: return [.noGroup]
        case .deviceNotFound: return [.noDevice]
        case .managementDisplay: return [.managementDisplay]
        case .groupHoldsHostFunction, .deviceUsedByHost, .foreignIDOnHostFunction: return uses(reason)
        case .groupSiblingNotAccepted: return [.siblings]
        case .nvswitchNotPassed: return [.nvswitch]
        case .virtualFunctionsLost, .physicalFunctionTaken: return [.virtualFunctions]
        case .idShared, .boundByAddress: return [.byAddress]
        case .boundAtStart: return [.atStart]
        case .deviceRemovable: return [.external]
        case .consoleLost: return [.console]
        case .deviceSplitOverGroups: return [.splitCard]
        case .companionLeftBehind, .slotNotACard: return [.restOfSlot]
        default: return []
        }
    }

    /// What the host needs the function for, from the evidence: `default-route: vmbr0 → eno1 → 0000:00:1f.6`.
    private static func uses(_ reason: Reason) -> Set<Topic> {
        Set(
            reason.evidence.compactMap { evidence in
                let word = String(evidence.output.prefix { $0 != ":" })
                switch HostUse.Purpose(rawValue: word) {
                case .defaultRoute: return Topic.hostNetwork
                case .rootFileSystem: return .hostStorage
                case .console: return .hostDisplay
                default: return nil
                }
            })
    }
}

/// Where the planner and the expert part, and why that is left so. Each must really occur.
struct JudgementDifference {
    var machine: String
    var wish: String
    var what: What
    var because: String

    enum What: Hashable {
        /// The planner's verdict instead of the expert's.
        case verdict(Judgement.Verdict)
        /// Only the planner says so.
        case more(Topic)
        /// Only the expert says so.
        case less(Topic)
        /// The closure is another.
        case closure
    }

    static let all: [JudgementDifference] = [
        .init(
            machine: "hgx-h100-8gpu-shared-groups", wish: "single", what: .verdict(.go),
            because:
                "A warning, not a blocker: the switches stay with the host, so there is nothing to accept the taking of, and a "
                + "fabric manager may run on the host."),
        .init(
            machine: "pve-suprox-x11scl-sata-nic", wish: "i350-one", what: .more(.byAddress),
            because:
                "The other port, though accepted, is not asked for: nothing but its own guest should take it at the boot."
        ),
        .init(
            machine: "dell-r760-iommu-off-308-functions", wish: "no-wish", what: .more(.managementDisplay),
            because: "The expert stops at the IOMMU. Once it is on, the display is the BMC's as on the other servers."),
    ]
}
