extension PlanReason {
    /// What to type on a node to see what a reason is about; nil where there is nothing to see.
    var command: String? {
        switch self {
        case .bootLoaderNotUnderstood: "cat /proc/cmdline; proxmox-boot-tool status"
        case .grubValueNotEditable, .dropInNeeded:
            ". /etc/default/grub; for f in /etc/default/grub.d/*.cfg; do . \"$f\"; done; echo \"$GRUB_CMDLINE_LINUX_DEFAULT\""
        case .kernelCommandLineFile: "cat /etc/kernel/cmdline"
        case .kernelPinned, .otherKernelNext, .kernelWithoutInitramfs, .bootChosenOnce, .bootEntryMissing,
            .bootEntryNotGenerated:
            "proxmox-boot-tool kernel list; grep -E 'set default|^menuentry|^submenu' /boot/grub/grub.cfg; cat /boot/grub/grubenv"
        case .modulesFileNotRead: "ls -l /etc/modules-load.d"
        case .iommuOffInFirmware, .groupsUnknown: "ls /sys/class/iommu; journalctl -k -b 0 | grep -E 'DMAR|AMD-Vi|IVRS'"
        case .iommuDisabledByArgument, .acsOverrideNearHost, .argumentDecidesBoot: "cat /proc/cmdline"
        case .groupHoldsHostFunction, .groupSiblingNotAccepted, .groupSiblingAccepted, .deviceWithoutGroup,
            .groupSharedByGuests, .deviceSplitOverGroups:
            "ls /sys/bus/pci/devices/0000:01:00.0/iommu_group/devices"
        case .deviceBehindVMD, .functionsBehindTaken: "readlink -f /sys/bus/pci/devices/10000:01:00.0"
        case .virtualFunctionsLost, .physicalFunctionTaken:
            "readlink /sys/bus/pci/devices/0000:01:00.0/virtfn*; cat /sys/bus/pci/devices/0000:01:00.0/sriov_numvfs"
        case .companionLeftBehind: "lspci -nnk -s 01:00"
        case .reservedMemory: "grep . /sys/kernel/iommu_groups/*/reserved_regions"
        case .interruptRemappingOff: "journalctl -k -b 0 | grep -E 'IRQ remapping|nterrupt remapping'"
        case .espMissing, .espNotManaged: "proxmox-boot-tool status; lsblk -o NAME,UUID,PARTUUID,PARTTYPENAME"
        case .kernelCommandLineCreated: "cat /etc/kernel/cmdline /proc/cmdline"
        case .kernelLockedDown: "cat /sys/kernel/security/lockdown"
        case .firmwareFramebuffer: "grep -iE 'bootfb|simpledrm|efifb' /proc/iomem"
        case .resetUnproven: "cat /sys/bus/pci/devices/0000:01:00.0/reset_method; journalctl -k -b 0 | grep 'not ready'"
        case .deviceRemovable: "boltctl list; cat /sys/bus/pci/devices/0000:01:00.0/removable"
        case .containerUsesDevice: "grep -l /dev/dri /etc/pve/lxc/*.conf; ls -l /dev/dri/by-path"
        case .guestInHA: "ha-manager config"
        case .haServicePinned, .haMaintenance: "ha-manager status; ha-manager config"
        case .controllerOnNode:
            "cat /sys/class/dmi/id/product_uuid /sys/class/net/*/address; grep -E 'smbios1|^net' /etc/pve/qemu-server/*.conf"
        case .debtOpen, .nothingOwed: "vfiofleet show NODE; qm list; ha-manager status"
        case .cephNoout: "ceph osd tree; ceph osd ok-to-stop 0; ceph osd dump | grep noout"
        case .guestStaysDown, .guestShutDown, .guestForbidsReboot:
            "qm list; pct list; grep -E 'onboot|startup' /etc/pve/qemu-server/*.conf /etc/pve/lxc/*.conf"
        case .guestMigrated, .guestNotMigratable:
            "pvesh get /nodes/$(hostname)/qemu/100/migrate; pvesh get /cluster/resources --type node"
        case .guestStartHeldOff: "qm config 100 | grep onboot"
        case .mappingStale: "pvesh get /cluster/mapping/pci --check-node $(hostname)"
        case .romFileUnusable: "ls -l /usr/share/kvm; grep romfile /etc/pve/qemu-server/*.conf"
        case .largeBAR: "lspci -vs 01:00.0; grep -m1 'address sizes' /proc/cpuinfo"
        case .guestMemoryTooLarge, .guestBallooning: "free -m; qm config 100 | grep -E 'memory|balloon'"
        case .guestOnlyDisplay, .guestShowsHypervisor, .guestCPUNotHost: "qm showcmd 100 --pretty"
        case .nvswitchNotPassed: "lspci -Dnn -d 10de::0680"
        case .hostDeviceLost: "readlink -f /sys/bus/usb/devices/*"
        case .deviceUsedByHost:
            "ip route show default; findmnt -no SOURCE /; readlink -f /sys/class/net/*/device /sys/class/block/*"
        case .idShared, .deviceAmbiguous, .deviceNotFound, .deviceNotPassable: "lspci -Dnn"
        case .boundByAddress, .earlyScript:
            "cat \(EarlyScript.path); cat /sys/bus/pci/devices/0000:01:00.0/driver_override"
        case .twinGuarded, .twinUnguarded: "grep . /sys/bus/pci/devices/*/driver_override"
        case .softdepAdded, .softdepElsewhere, .driverBuiltIn: "lspci -nnk; modprobe --showconfig | grep ^softdep"
        case .vfioIDsOverridden, .foreignIDOnHostFunction:
            "grep -r 'options vfio' /etc/modprobe.d"
        case .hostDriverLost:
            "modprobe --showconfig | grep -E '^(blacklist|options vfio.pci) '; cat /proc/cmdline /etc/kernel/cmdline; "
                + "grep CMDLINE /etc/default/grub"
        case .startingGuestTakesHost: "grep -l '^onboot: 1' /etc/pve/qemu-server/*.conf | xargs grep hostpci"
        case .networkNameLost: "cat /proc/cmdline; grep -h iface /etc/network/interfaces; ls /etc/systemd/network"
        case .initramfsStale: "lsinitramfs /boot/initrd.img-$(uname -r) | grep modprobe.d"
        case .guestRestartNeeded: "qm pending 100"
        case .fileMerged, .fileChangedSince, .guestOptionChangedSince:
            "cd /var/lib/vfiofleet/backups && find . -type f | sort"
        default: nil
        }
    }
}
