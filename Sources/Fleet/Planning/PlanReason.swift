/// Every reason a plan can give. The raw values are stable: scripts compare them.
public enum PlanReason: String, Hashable, Sendable, CaseIterable {
    // The node as a whole
    case nodeUnreachable = "node-unreachable"
    case factsIncomplete = "facts-incomplete"
    case complianceOnly = "compliance-only"
    case riskTooHigh = "risk-too-high"
    case overrideUnguarded = "override-unguarded"
    case overrideNotNeeded = "override-not-needed"
    case labelLimitUnused = "label-limit-unused"
    case clusterLimitTooHigh = "cluster-limit-too-high"
    case fileIsLink = "file-is-link"

    // Boot loader and kernel command line
    case bootLoaderNotUnderstood = "boot-loader-not-understood"
    case espMissing = "esp-missing"
    case espNotManaged = "esp-not-managed"
    case grubDefaultsMissing = "grub-defaults-missing"
    case grubValueNotEditable = "grub-value-not-editable"
    case dropInNeeded = "drop-in-needed"
    case dropInNotPossible = "drop-in-not-possible"
    case kernelCommandLineFile = "kernel-command-line-file"
    case kernelCommandLineCreated = "kernel-command-line-created"
    case kernelArgumentPresent = "kernel-argument-present"
    case kernelArgumentAdded = "kernel-argument-added"
    case kernelArgumentReplaced = "kernel-argument-replaced"
    case argumentDecidesBoot = "argument-decides-boot"
    case kernelPinned = "kernel-pinned"
    case otherKernelNext = "other-kernel-next"
    case kernelWithoutInitramfs = "kernel-without-initramfs"
    case bootChosenOnce = "boot-chosen-once"
    case bootEntryMissing = "boot-entry-missing"
    case bootEntryNotGenerated = "boot-entry-not-generated"
    case modulesFileNotRead = "modules-file-not-read"
    case cpuNeedsNoArguments = "cpu-needs-no-arguments"
    case acsOverrideNearHost = "acs-override-near-host-function"
    case iommuOnByDefault = "iommu-on-by-default"
    case kernelLockedDown = "kernel-locked-down"

    // Network names
    case networkNamePinned = "network-name-pinned"
    case networkNameAtRisk = "network-name-at-risk"
    case networkNameNotPinnable = "network-name-not-pinnable"
    case networkNameLost = "network-name-lost"

    // IOMMU and groups
    case iommuOffInFirmware = "iommu-off-in-firmware"
    case iommuDisabledByArgument = "iommu-disabled-by-argument"
    case interruptRemappingOff = "interrupt-remapping-off"
    case groupsUnknown = "groups-unknown-until-iommu-on"
    case reservedMemory = "reserved-memory"
    case deviceWithoutGroup = "device-without-group"
    case groupHoldsHostFunction = "group-holds-host-function"
    case groupSiblingNotAccepted = "group-sibling-not-accepted"
    case groupSiblingAccepted = "group-sibling-accepted"
    case groupSharedByGuests = "group-shared-by-guests"
    case deviceSplitOverGroups = "device-split-over-groups"

    // Devices
    case deviceNotFound = "device-not-found"
    case deviceAmbiguous = "device-ambiguous"
    case deviceRequestedTwice = "device-requested-twice"
    case deviceNotPassable = "device-not-passable"
    case deviceUsedByHost = "device-used-by-host"
    case optionalDeviceAbsent = "optional-device-absent"
    case managementDisplay = "management-display"
    case consoleLost = "console-lost"
    case deviceBehindVMD = "device-behind-vmd"
    case functionsBehindTaken = "functions-behind-taken"
    case virtualFunctionsLost = "virtual-functions-lost"
    case physicalFunctionTaken = "physical-function-taken"
    case virtualFunctionsNotKept = "virtual-functions-not-kept"
    case companionLeftBehind = "companion-left-behind"
    case slotNotACard = "slot-is-not-a-card"
    case nvswitchNotPassed = "nvswitch-not-passed"
    case firmwareFramebuffer = "firmware-framebuffer"
    case resetUnproven = "reset-unproven"
    case deviceRemovable = "device-removable"
    case containerUsesDevice = "container-uses-device"
    case hostDeviceLost = "host-device-lost"
    case hostUseUntraced = "host-use-untraced"
    case idShared = "id-shared-with-unwanted-function"

    // Modules and drivers
    case vfioIDsPresent = "vfio-ids-present"
    case vfioIDsAdded = "vfio-ids-added"
    case vfioIDsOverridden = "vfio-ids-overridden"
    case foreignIDOnHostFunction = "foreign-id-on-host-function"
    case hostDriverLost = "host-driver-lost"
    case blacklistPresent = "blacklist-present"
    case blacklistAdded = "blacklist-added"
    case blacklistLeftOut = "blacklist-left-out"
    case blacklistAffectsHost = "blacklist-affects-host-device"
    case modulePresent = "module-present"
    case moduleAdded = "module-added"
    case moduleLeftOut = "module-left-out"
    case softdepPresent = "softdep-present"
    case softdepAdded = "softdep-added"
    case softdepElsewhere = "softdep-elsewhere"
    case driverBuiltIn = "driver-built-in"
    case vfioBuiltIn = "vfio-built-in"
    case boundByAddress = "bound-by-address"
    case boundAtStart = "bound-at-guest-start"
    case addressNotPossible = "address-not-possible"
    case earlyScript = "early-script"
    case twinGuarded = "twin-guarded"
    case twinUnguarded = "twin-without-driver"
    case driverKept = "driver-kept"
    case mediatedOnVFIO = "mediated-device-on-vfio"

    // Rebuild and reboot
    case initramfsStale = "initramfs-stale"
    case initramfsUnknown = "initramfs-unknown"
    case initramfsCurrent = "initramfs-current"
    case bootConfigurationStale = "boot-configuration-stale"
    case rebootNeeded = "reboot-needed"
    case rebootNotNeeded = "reboot-not-needed"

    // Guests
    case guestAbsent = "guest-absent"
    case guestNotQEMU = "guest-not-qemu"
    case guestLocked = "guest-locked"
    case guestNeedsQ35 = "guest-needs-q35"
    case guestEntryOverlaps = "guest-entry-overlaps"
    case guestEntriesFull = "guest-entries-full"
    case guestDeviceUnknown = "guest-device-unknown"
    case guestOptionPresent = "guest-option-present"
    case guestDevicePresent = "guest-device-present"
    case guestChanges = "guest-changes"
    case guestRestartNeeded = "guest-restart-needed"
    case guestStartsAtBoot = "guest-starts-at-boot"
    case startingGuestTakesHost = "starting-guest-takes-host-function"
    case guestOnlyDisplay = "guest-only-display"
    case guestShowsHypervisor = "guest-shows-hypervisor"
    case guestCPUNotHost = "guest-cpu-not-host"
    case guestBallooning = "guest-ballooning"
    case guestMemoryTooLarge = "guest-memory-too-large"
    case guestInHA = "guest-in-ha"
    case largeBAR = "large-bar"
    case romFileUnusable = "rom-file-unusable"
    case mappingStale = "mapping-stale"
    case guestsAfterReboot = "guests-after-reboot"
    case deviceHeldByRunningGuest = "device-held-by-running-guest"
    case deviceHeldByOtherGuest = "device-held-by-other-guest"
    case guestStaysDown = "guest-stays-down"
    case guestShutDown = "guest-shut-down"
    case guestMigrated = "guest-migrated"
    case guestNotMigratable = "guest-not-migratable"
    case guestForbidsReboot = "guest-forbids-reboot"
    case guestStartHeldOff = "guest-start-held-off"
    case haServicePinned = "ha-service-pinned"
    case haMaintenance = "ha-maintenance"
    case cephNoout = "ceph-noout"
    case controllerOnNode = "controller-on-node"
    case debtOpen = "debt-open"
    case nothingOwed = "nothing-owed"

    // Going back
    case nothingToUndo = "nothing-to-undo"
    case fileAsBefore = "file-as-before"
    case fileMerged = "file-merged"
    case fileChangedSince = "file-changed-since-apply"
    case undoUnfinished = "undo-unfinished"
    case guestOptionChangedSince = "guest-option-changed-since"
}

extension Reason {
    init(_ severity: Severity, _ code: PlanReason, _ message: String, evidence: [Evidence] = []) {
        self.init(severity, FleetError.Code(rawValue: code.rawValue), message, evidence: evidence)
    }

    static func blocker(_ code: PlanReason, _ message: String, evidence: [Evidence] = []) -> Reason {
        Reason(.blocker, code, message, evidence: evidence)
    }

    static func warning(_ code: PlanReason, _ message: String, evidence: [Evidence] = []) -> Reason {
        Reason(.warning, code, message, evidence: evidence)
    }

    static func note(_ code: PlanReason, _ message: String, evidence: [Evidence] = []) -> Reason {
        Reason(.note, code, message, evidence: evidence)
    }

    /// A decision needs a fact that is not known.
    static func incomplete(_ fact: String, _ why: Unknown) -> Reason {
        .blocker(.factsIncomplete, "\(fact) could not be told (\(why.reason.rawValue)): \(why.detail)")
    }
}

extension [Reason] {
    var hasBlocker: Bool { contains { $0.severity == .blocker } }

    /// Blockers first, then what is overridden, then warnings, then notes; each in the order in which it was found.
    var ordered: [Reason] {
        [Reason.Severity.blocker, .overridden, .warning, .note].flatMap { severity in filter { $0.severity == severity }
        }
    }
}
