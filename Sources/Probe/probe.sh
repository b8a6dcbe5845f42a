#!/bin/sh
# Shows what this node is: hardware, kernel, boot, modules, initramfs, guests, cluster, and what the host itself needs.
# Reads only; writes nothing but its standard output. Needs a POSIX shell and little else: what a missing tool or an
# unreadable file would tell is reported as such, never left out in silence.
#
# Usage: sh probe.sh NONCE [quick]
#   NONCE  letters and digits nobody else knows, fresh for each run: it marks the frames, so that no file can forge one
#   quick  leave out what takes long (the contents of the initramfs images)
#
# Output: a head line, frames, an end line with the number of frames.
#   VFIOFLEET-PROBE 1 NONCE
#   @NONCE < NAME <tab> LIMIT <tab> COMMAND       what follows came from COMMAND, at most LIMIT bytes of it
#   ...
#   @NONCE > STATUS                               an exit code, or: absent, unreadable, missing TOOL, skipped REASON
#   @NONCE . COUNT
# A table's first line names its columns; in a cell, - is "no such file" and ? is "could not be read".
# Frames whose names begin with ~ hold what changes from one look to the next.

tab=$(printf '\t')
newline='
'

# --- frames ---------------------------------------------------------------------------------------------------------

open() { # open NAME LIMIT COMMAND
    count=$((count + 1))
    printf '@%s < %s\t%s\t%s\n' "$nonce" "$1" "$2" "$3"
}

close() { # close STATUS
    printf '\n@%s > %s\n' "$nonce" "$1"
}

note() { # note NAME COMMAND STATUS: a frame that has nothing but a status
    open "$1" 0 "$2"
    close "$3"
}

have() {
    command -v "$1" >/dev/null
}

# ask NAME LIMIT COMMAND [FILTER]: what COMMAND prints on both outputs, through FILTER; the status is COMMAND's own.
ask() {
    if ! have "${3%% *}"; then
        note "$1" "$3" "missing ${3%% *}"
        return
    fi
    open "$1" "$2" "$3"
    {
        status=$(
            {
                {
                    eval "$guard $3" 2>&1 3>&- 4>&-
                    echo "$?" >&3
                } | eval "${4:-cat}" 3>&- | head -c "$2" >&4 3>&-
            } 3>&1
        )
    } 4>&1
    [ "$status" = 141 ] && status=0 # it was cut off because its reader had seen enough
    close "${status:-unreadable}"
}

# slow …: ask, for commands that may hang.
slow() {
    have timeout && guard='timeout 20'
    ask "$@"
    guard=
}

# hidden PATH: whether a directory on the way can't be searched, so that "not there" means nothing.
hidden() {
    above=${1%/*}
    while [ -n "$above" ] && [ ! -d "$above" ]; do above=${above%/*}; done
    [ -n "$above" ] && [ ! -x "$above" ]
}

# content NAME PATH LIMIT: a file's bytes.
content() {
    open "$1" "$3" "cat $2"
    if [ -f "$2" ]; then
        if head -c "$3" "$2"; then close 0; else close unreadable; fi
    elif [ -e "$2" ] || hidden "$2"; then
        close unreadable
    else
        close absent
    fi
}

# --- sysfs without a process for each file -----------------------------------------------------------------------------

get() { # get FILE: sets value
    value=
    if read -r value <"$1" || [ -n "$value" ]; then return; fi
    if [ -r "$1" ]; then value=; elif [ -e "$1" ]; then value='?'; else value=-; fi
}

follow() { # follow LINK: sets value to the full path of the directory that LINK points to; comes back to $here
    if [ ! -L "$1" ]; then
        value=-
    elif cd -P "$1"; then
        value=$PWD
        cd "$here" || value='?'
    else
        value='?'
    fi
}

cells() { # cells FILE…: appends each file's value to row
    for cell in "$@"; do
        get "$cell"
        row=$row$tab$value
    done
}

last() { # last PATH: sets value to its last part
    value=${1##*/}
}

present() { # present PATH: sets value to y or n
    if [ -e "$1" ]; then value=y; else value=n; fi
}

unique() { # unique LIST WORD: whether WORD is not yet in the blank-separated LIST
    case " $1 " in *" $2 "*) return 1 ;; esac
}

# --- the parts -----------------------------------------------------------------------------------------------------------

system() {
    content hostname /proc/sys/kernel/hostname 256
    content release /proc/sys/kernel/osrelease 256
    content boot-id /proc/sys/kernel/random/boot_id 64
    content cmdline /proc/cmdline 8192
    ask cpu 4096 'cat /proc/cpuinfo' \
        "sed -n -e '/^\$/q' -e '/^vendor_id/p' -e '/^model name/p' -e '/^address sizes/p' -e '/^CPU /p'"
    get /proc/sys/kernel/osrelease
    release=$value
    content lockdown /sys/kernel/security/lockdown 64
    memory
    firmware
    framebuffers
}

memory() {
    total=-
    available=-
    while IFS=' ' read -r key value _; do
        case $key in
            MemTotal:) total=$value ;;
            MemAvailable:) available=$value && break ;;
            Buffers:) break ;;
        esac
    done </proc/meminfo
    open memory 64 'grep MemTotal /proc/meminfo'
    printf '%s' "$total"
    close 0
    open '~memory' 64 'grep MemAvailable /proc/meminfo'
    printf '%s' "$available"
    close 0
    content '~uptime' /proc/uptime 64
}

firmware() {
    if [ -d /sys/firmware/efi ]; then
        open firmware 8 'ls -d /sys/firmware/efi'
        printf uefi
        close 0
        if [ -d /sys/firmware/efi/efivars ]; then
            content secure-boot /sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c 16
            # What the boot loader told about itself: UTF-16 after four bytes of attributes.
            for name in LoaderInfo StubInfo LoaderDevicePartUUID LoaderEntrySelected LoaderEntries LoaderEntryDefault \
                LoaderEntryOneShot; do
                content "efi:$name" "/sys/firmware/efi/efivars/$name-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f" 4096
            done
        fi
        slow efi-boot 32768 'efibootmgr -v' "grep -a '^Boot'"
    elif [ -d /sys/firmware ] && ! hidden /sys/firmware/efi; then
        open firmware 8 'ls -d /sys/firmware/efi'
        printf bios
        close 2
    else
        note firmware 'ls -d /sys/firmware/efi' unreadable
    fi
}

# The firmware's picture, while it lies in a card's memory: the resource is told with the function that it is inside of.
framebuffers() {
    ask framebuffers 4096 'cat /proc/iomem' "awk '
        { match(\$0, /^ */); depth = RLENGTH; name = \$0; sub(/^.* : /, \"\", name); inside[depth] = name }
        tolower(name) ~ /^(bootfb|efifb|simplefb|simpledrm|vesafb)/ {
            for (up = depth - 2; up >= 0; up -= 2)
                if (inside[up] ~ /^[0-9a-f]+:[0-9a-f][0-9a-f]:[0-9a-f][0-9a-f][.][0-7]\$/) { print inside[up], name; break }
        }'"
}

iommu() {
    open iommu 4096 'ls /sys/class/iommu'
    if [ -d /sys/class/iommu ]; then
        for unit in /sys/class/iommu/*; do
            [ -e "$unit" ] && last "$unit" && printf '%s\n' "$value"
        done
        close 0
    elif [ -d /sys/class ]; then
        close absent
    else
        close unreadable
    fi
    open iommu-groups 16 'ls /sys/kernel/iommu_groups | wc -l'
    if [ -d /sys/kernel/iommu_groups ]; then
        set -- /sys/kernel/iommu_groups/*
        [ -e "$1" ] || shift
        printf '%s' "$#"
        close 0
    elif [ -d /sys/kernel ]; then
        close absent
    else
        close unreadable
    fi
    # Memory that the firmware wants a device to reach where it is. What is relaxable stands in nobody's way.
    ask reserved-regions 65536 'grep -sH " direct\$" /sys/kernel/iommu_groups/*/reserved_regions'
    ask irq-chips 1024 'cat /sys/kernel/irq/*/chip_name' 'cut -c 1-7 | sort -u'
    content unsafe-interrupts /sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts 16
}

# Every function is one row; $changing collects the second table, whose values change on their own.
pci() {
    attributes='class vendor device subsystem_vendor subsystem_device revision driver_override boot_vga reset_method'
    attributes="$attributes max_link_speed max_link_width numa_node sriov_totalvfs sriov_numvfs removable"
    aliases=
    alias_count=0
    changing=
    narrow=
    interest=
    open pci 2097152 'grep -s "" /sys/bus/pci/devices/*/*; ls -l /sys/bus/pci/devices/*/'
    if [ ! -d /sys/bus/pci/devices ]; then
        close unreadable
        return
    fi
    IFS=' '
    # shellcheck disable=SC2086 # a list of words
    set -- $attributes
    IFS=
    printf 'address\tpath'
    printf '\t%s' "$@" driver driver_module iommu_group physfn pci_bus mdev alias bars
    for function in /sys/bus/pci/devices/*; do
        cd -P "$function" || continue
        here=$PWD
        last "$function"
        address=$value
        row=$newline$address$tab$here
        cells "$@"
        pci_links
        pci_alias
        pci_bars
        pci_narrow
        printf '%s' "$row"
        row=$newline$address
        cells current_link_speed current_link_width power_state
        changing=$changing$row
    done
    cd /
    close 0
    open narrow-links 65536 'grep "" /sys/bus/pci/devices/*/*_link_width'
    printf 'address\twidth%s' "$narrow"
    close 0
    open '~pci' 1048576 'grep -s "" /sys/bus/pci/devices/*/current_link_* /sys/bus/pci/devices/*/power_state'
    printf 'address\tcurrent_link_speed\tcurrent_link_width\tpower_state%s' "$changing"
    close 0
}

pci_links() {
    follow driver
    driver=${value##*/}
    module=-
    if [ "$driver" != - ] && [ "$driver" != '?' ]; then
        follow driver/module
        module=${value##*/}
        unique "$interest" "$driver" && interest="$interest $driver"
        [ "$module" != - ] && unique "$interest" "$module" && interest="$interest $module"
    fi
    row=$row$tab$driver$tab$module
    for link in iommu_group physfn; do
        follow "$link"
        row=$row$tab${value##*/}
    done
    for directory in pci_bus mdev_supported_types; do
        present "$directory"
        row=$row$tab$value
    done
}

# Equal devices have equal aliases: each alias gets a number, kept in a variable named after it, and is resolved once.
# (Searching a list of them takes seconds on a server of 300 functions.)
pci_alias() {
    get modalias
    key=${value#pci:}
    case $key in
        '' | *[!A-Za-z0-9]*)
            row=$row$tab-
            return
            ;;
    esac
    eval "number=\${alias_$key-}"
    if [ -z "$number" ]; then
        alias_count=$((alias_count + 1))
        number=$alias_count
        eval "alias_$key=$number"
        aliases="$aliases $value=$number"
    fi
    row=$row$tab$number
}

# Only of displays and accelerators: their memory windows decide what address width a guest needs. The seventh is the ROM.
pci_bars() {
    get class
    bars=
    case $value in
        0x03* | 0x12*)
            bar=0
            IFS=' '
            while [ "$bar" -lt 7 ] && read -r start end flags; do
                bars="$bars $bar=$start-$end-$flags"
                bar=$((bar + 1))
            done <resource
            IFS=
            ;;
    esac
    row=$row$tab${bars# }
}

# A card whose link became narrower counts as a change, though what links do at idle does not: of displays, accelerators
# and the switches on AMD's cards, while they are awake.
pci_narrow() {
    get class
    case $value in
        0x03* | 0x12*) ;;
        0x0604*)
            get vendor
            [ "$value" = 0x1002 ] || return
            ;;
        *) return ;;
    esac
    get power_state
    [ "$value" = D0 ] || return
    get current_link_width
    width=$value
    get max_link_width
    case "$width,$value" in *[!0-9,]* | ,* | *,) return ;; esac
    [ "$width" -gt 0 ] && [ "$width" -lt "$value" ] && narrow=$narrow$newline$address$tab$width
}

# Which modules claim which alias. One call resolves all: a module's own name between the aliases separates the answers.
# Where that name can't be resolved, each alias costs a call.
candidates() {
    if ! have modprobe; then
        note candidates 'modprobe -R MODALIAS' 'missing modprobe'
        return
    fi
    IFS=' '
    # shellcheck disable=SC2086 # a list of words
    set -- $aliases
    IFS=
    mark=vfio_pci
    words=$mark
    for word in "$@"; do words="$words ${word%=*} $mark"; done
    IFS=' '
    # shellcheck disable=SC2086 # a list of words
    answer=$(modprobe -S "$release" -q -a -R $words)
    IFS=
    # shellcheck disable=SC2016 # a command for a person to type
    open candidates 262144 'for f in /sys/bus/pci/devices/*/modalias; do modprobe -R "$(cat $f)"; done'
    if candidates_in_one "$#"; then
        printf '%s' "$table"
        close 0
    else
        candidates_each "$@"
    fi
}

candidates_in_one() { # candidates_in_one COUNT: sets table from $answer; fails when the marks are not all there
    table="alias${tab}modules"
    number=-1
    IFS=$newline
    for word in $answer; do
        if [ "$word" = "$mark" ]; then
            number=$((number + 1))
            [ "$number" -lt "$1" ] && table="$table$newline$((number + 1))$tab"
        else
            table="$table $word"
            unique "$interest" "$word" && interest="$interest $word"
        fi
    done
    IFS=
    [ "$number" -eq "$1" ]
}

candidates_each() {
    printf 'alias\tmodules'
    found=
    for alias in "$@"; do
        answer=$(modprobe -S "$release" -q -R "${alias%=*}" || modprobe -q -R "${alias%=*}")
        printf '\n%s\t' "${alias#*=}"
        IFS=$newline
        for word in $answer; do
            found=y
            printf ' %s' "$word"
            unique "$interest" "$word" && interest="$interest $word"
        done
        IFS=
    done
    # Nothing at all was resolved: the kernel's index is missing, and silence says nothing about the modules.
    if [ -n "$found" ] || [ "$#" -eq 0 ]; then close 0; else close unreadable; fi
}

# A pattern of the modules worth telling about: every driver or candidate of a function here, and the usual rivals.
interest_pattern() {
    interest="$interest nouveau nvidia nvidia_drm nvidia_modeset nvidiafb amdgpu radeon i915 xe snd_hda_intel ucsi_ccg"
    interest="$interest xhci_pci xhci_hcd i2c_nvidia_gpu simpledrm simplefb efifb bochs bochs_drm"
    pattern=$(printf '%s\n' "$interest" | tr ' ' '\n' | grep -E '^[A-Za-z0-9_-]+$' | sed 's/[-_]/[-_]/g' | tr '\n' '|')
    pattern="(${pattern}vfio[a-z0-9_-]*)"
}

# Only loaded modules have an initstate; those compiled in do not (kernel/params.c, kernel/module/sysfs.c).
modules() {
    open modules-loaded 65536 'ls -d /sys/module/*/initstate'
    if [ -d /sys/module ]; then
        for module in /sys/module/*/initstate; do
            [ -e "$module" ] || continue
            module=${module%/initstate}
            printf '%s\n' "${module##*/}"
        done
        close 0
    else
        close unreadable
    fi
    ask modprobe-config 262144 "modprobe -S '$release' --showconfig" \
        "sed -n -e '/^# End of configuration/q' -e '/^blacklist /p' -e '/^softdep /p' -e '/^options /p' -e '/^install /p'"
    # Modules built on this node, which Secure Boot may refuse.
    open dkms 4096 'ls /var/lib/dkms'
    for module in /var/lib/dkms/*/*; do
        [ -d "$module" ] || continue
        module=${module%/*}
        printf '%s\n' "${module##*/}"
    done
    close 0
    builtin=/lib/modules/$release/modules.builtin
    if [ -f "$builtin" ]; then
        ask modules-builtin 65536 "cat '$builtin'" "grep -E '/${pattern}[.]ko\$'"
    else
        note modules-builtin "cat $builtin" absent
    fi
}

lspci_names() {
    slow lspci 1048576 'lspci -D -mm'
}

# --- boot ----------------------------------------------------------------------------------------------------------------

grub() {
    if [ -f /etc/default/grub ]; then
        # shellcheck disable=SC2016 # the inner shell expands it
        slow grub-defaults 16384 'env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -c '"'"'{ . /etc/default/grub;'"\
"' for f in /etc/default/grub.d/*.cfg; do [ -e "$f" ] && . "$f"; done; } >/dev/null;'"\
"' printf "GRUB_CMDLINE_LINUX=%s\nGRUB_CMDLINE_LINUX_DEFAULT=%s" "$GRUB_CMDLINE_LINUX" "$GRUB_CMDLINE_LINUX_DEFAULT"'"'"
    elif hidden /etc/default/grub; then
        note grub-defaults 'cat /etc/default/grub' unreadable
    else
        note grub-defaults 'cat /etc/default/grub' absent
    fi
}

boot_entries() {
    if [ -f /boot/grub/grub.cfg ]; then
        ask grub-cfg 262144 'cat /boot/grub/grub.cfg' \
            "grep -E '^[[:space:]]*((menuentry|submenu|linux|linux16|linuxefi|initrd|initrd16|initrdefi)[[:space:]]\
|set default=|}|### BEGIN )'"
    elif hidden /boot/grub/grub.cfg; then
        note grub-cfg 'cat /boot/grub/grub.cfg' unreadable
    else
        note grub-cfg 'cat /boot/grub/grub.cfg' absent
    fi
    content grub-environment /boot/grub/grubenv 4096
    open kernels 16384 'ls /boot/vmlinuz-*'
    for kernel in /boot/vmlinuz-*; do
        [ -f "$kernel" ] && printf '%s\n' "${kernel#/boot/vmlinuz-}"
    done
    if [ -d /boot ] && ! hidden /boot/x; then close 0; else close unreadable; fi
    set --
    for entry in /boot/efi/loader/entries/*.conf /efi/loader/entries/*.conf /boot/loader/entries/*.conf; do
        [ -f "$entry" ] && set -- "$@" "$entry"
    done
    if [ "$#" -gt 0 ]; then
        open loader-entries 65536 'grep "" /boot/efi/loader/entries/*.conf'
        grep -H '' "$@" | head -c 65536
        close 0
    else
        note loader-entries 'ls /boot/efi/loader/entries' absent
    fi
}

# The contents are listed once for each image that can boot, the running kernel's first, and for a few more at most.
initramfs() {
    open initramfs 16384 'ls -l /boot/initrd.img-*'
    printf 'kernel\tpath\tlisted'
    images=
    set -- "/boot/initrd.img-$release"
    for image in /boot/initrd.img-*; do
        [ "$image" = "$1" ] || set -- "$@" "$image"
    done
    number=0
    for image in "$@"; do
        [ -f "$image" ] || continue
        case $image in *.bak | *.old* | *.dpkg-* | *.new | *[!A-Za-z0-9./_+~-]*) continue ;; esac
        number=$((number + 1))
        listed=n
        if [ -z "$quick" ] && [ "$number" -le 8 ]; then
            listed=y
            images="$images$newline$image"
        fi
        printf '\n%s\t%s\t%s' "${image#/boot/initrd.img-}" "$image" "$listed"
    done
    if [ -d /boot ] && ! hidden /boot/x; then close 0; else close unreadable; fi
    IFS=$newline
    # shellcheck disable=SC2086 # one image a line
    set -- $images
    IFS=
    for image in "$@"; do initramfs_image "$image"; done
}

initramfs_image() { # initramfs_image PATH
    inside='^[.]?/?(usr/)?(lib/modprobe[.]d/|etc/(modprobe[.]d/|modules|udev/rules[.]d/)|conf/|scripts/init-top/)'
    slow "initramfs:$1" 131072 "lsinitramfs $1" "grep -E '/${pattern}[.]ko([.][a-z0-9]+)?\$|$inside'"
    inputs=
    for input in /etc/modprobe.d /etc/modules /etc/modules-load.d /etc/initramfs-tools /etc/udev/rules.d \
        /etc/systemd/network; do
        [ -e "$input" ] && inputs="$inputs $input"
    done
    ask "newer:$1" 16384 "find$inputs -newer $1 ! -type d"
}

# --- files ---------------------------------------------------------------------------------------------------------------

files() {
    set -- /etc/default/grub /etc/kernel/cmdline /etc/modules /etc/initramfs-tools/modules \
        /etc/initramfs-tools/initramfs.conf /etc/kernel/proxmox-boot-uuids /etc/kernel/proxmox-boot-pin \
        /etc/kernel/next-boot-pin /etc/network/interfaces /etc/hosts /etc/pve/corosync.conf /etc/pve/mapping/pci.cfg \
        /etc/pve/ha/resources.cfg
    for own in /etc/default/grub.d/zz-vfiofleet.cfg /etc/modprobe.d/blacklist.conf /etc/modprobe.d/vfio.conf \
        /etc/modprobe.d/vfiofleet.conf /etc/modules-load.d/vfiofleet.conf \
        /etc/initramfs-tools/scripts/init-top/00-vfiofleet; do
        [ -e "$own" ] || set -- "$@" "$own"
    done
    for interface in /sys/class/net/*; do
        own=/etc/systemd/network/10-vfiofleet-${interface##*/}.link
        [ -e "$interface/device" ] && [ ! -e "$own" ] && set -- "$@" "$own"
    done
    for file in /etc/default/grub.d/*.cfg /etc/modules-load.d/*.conf /etc/modprobe.d/*.conf \
        /etc/initramfs-tools/conf.d/* /etc/initramfs-tools/scripts/init-top/* /etc/network/interfaces.d/* \
        /etc/udev/rules.d/*.rules /etc/systemd/network/*.link /run/systemd/network/*.link \
        /usr/local/lib/systemd/network/*.link; do
        if [ -e "$file" ] || [ -L "$file" ]; then set -- "$@" "$file"; fi
    done
    open files 262144 'ls -l /etc/default/grub /etc/default/grub.d /etc/modprobe.d /etc/modules*'
    printf 'path\tlink'
    for file in "$@"; do
        case $file in *[!A-Za-z0-9._/+@:~-]*) continue ;; esac
        value=-
        [ -L "$file" ] && value=$(readlink "$file")
        printf '\n%s\t%s' "$file" "$value"
    done
    close 0
    open modes 262144 "stat -L -c '%a %u:%g %n' /etc/default/grub"
    stat -L -c '%a %u:%g %n' "$@"
    close 0
    for file in "$@"; do
        case $file in *[!A-Za-z0-9._/+@:~-]*) continue ;; esac
        content "file:$file" "$file" 65536
    done
}

# The guard that puts this node back unless its new settings are confirmed, and who holds the node's lock.
own_traces() {
    for part in order decision restored; do
        content "guard:$part" "/var/lib/vfiofleet/guard/$part" 4096
    done
    content guard:record /var/lib/vfiofleet/guard/record 262144
    content guard:lock /var/lib/vfiofleet/lock 4096
}

# Scripts, units and rules by which people bind, reset or remove PCI devices on their own. Large files are no scripts.
device_scripts() {
    set --
    for place in /etc/initramfs-tools/scripts /etc/initramfs-tools/hooks /etc/udev/rules.d /etc/systemd/system \
        /usr/local/lib/systemd /usr/local/bin /usr/local/sbin /etc/rc.local /etc/crontab /etc/cron.d /etc/sysfs.conf \
        /etc/sysfs.d /etc/tmpfiles.d /var/spool/cron/crontabs /etc/network/if-pre-up.d /var/lib/vz/snippets; do
        [ -e "$place" ] && set -- "$@" "$place"
    done
    acts='driver_override|vfio-pci/(new_id|remove_id|bind|unbind)|drivers/[^ ]*/(un)?bind|drivers_probe'
    acts="$acts|pci/rescan|devices/[^ ]*/(remove|reset|reset_method)([^a-z_]|\$)|--remove-id|driverctl|sriov_numvfs"
    if ! have find || ! have grep; then
        note device-scripts "grep -rnE '$acts' /etc/initramfs-tools/scripts" 'missing find or grep'
        return
    fi
    open device-scripts 65536 "grep -rnE '$acts' /etc/initramfs-tools/scripts /etc/udev/rules.d /etc/systemd/system /usr/local"
    [ "$#" -eq 0 ] || find "$@" -type f -size -129 -exec grep -nHE -m 8 "$acts" '{}' + | head -c 65536
    close 0
}

# --- kernel log ----------------------------------------------------------------------------------------------------------

# The ring buffer is quick to read and may have lost its beginning; the journal is slow and keeps it.
kernel_log() {
    wanted='Linux version|DMAR|AMD-Vi|[Ii][Oo][Mm][Mm][Uu]|vfio|VFIO|IRQ remapping|nterrupt remapping|reserve .mem'
    wanted="grep -E '$wanted|not ready [0-9]+ms after|stuck in D3|PCI ROM header'"
    if have dmesg; then
        log=$(ask kernel-log 65536 dmesg "$wanted")
        case $log in
            *'Linux version'*) ;;
            *)
                if have journalctl; then
                    slow kernel-log 65536 'journalctl -k -b 0 -q --no-pager -o short-monotonic' "$wanted"
                    return
                fi
                ;;
        esac
        count=$((count + 1))
        printf '%s\n' "$log"
    else
        slow kernel-log 65536 'journalctl -k -b 0 -q --no-pager -o short-monotonic' "$wanted"
    fi
}

# --- Proxmox -------------------------------------------------------------------------------------------------------------

proxmox() {
    if ! have pveversion; then
        note pveversion pveversion 'missing pveversion'
    elif version=$(dpkg-query -W -f '${Version}' pve-manager) && [ -n "$version" ]; then
        open pveversion 256 "dpkg-query -W -f '\${Version}' pve-manager"
        printf '%s' "$version"
        close 0
    else
        slow pveversion 1024 pveversion
    fi
    here=/
    cd /
    follow /etc/pve/local
    open node-name 256 'readlink /etc/pve/local'
    case $value in
        - | '?') close absent ;;
        *)
            printf '%s' "${value##*/}"
            close 0
            ;;
    esac
    guests
    guest_disks
    guest_roms
    cluster
}

guests() {
    open guests 262144 'ls /etc/pve/qemu-server /etc/pve/lxc; head /run/qemu-server/*.pid'
    printf 'kind\tid\tpid'
    if [ ! -d /etc/pve ] && ! have qm && ! hidden /etc/pve; then
        close absent
        return
    fi
    # An empty /etc/pve is the mount point of a cluster file system that is not running, not a node without guests.
    if [ ! -d /etc/pve/qemu-server ] && [ ! -d /etc/pve/nodes ]; then
        close unreadable
        return
    fi
    containers=
    for file in /etc/pve/qemu-server/*.conf /etc/pve/lxc/*.conf; do
        [ -f "$file" ] || continue
        id=${file##*/}
        id=${id%.conf}
        case $id in *[!0-9]*) continue ;; esac
        guest_row "$file" "$id"
    done
    close 0
    for file in /etc/pve/qemu-server/*.conf; do
        [ -f "$file" ] || continue
        id=${file##*/}
        id=${id%.conf}
        case $id in *[!0-9]*) continue ;; esac
        content "guest:qemu:$id" "$file" 65536
        get "/run/qemu-server/$id.pid"
        case $value in '' | *[!0-9]*) continue ;; esac
        [ -f "/proc/$value/cmdline" ] && content "~process:$id" "/proc/$value/cmdline" 65536
    done
    for file in /etc/pve/lxc/*.conf; do
        [ -f "$file" ] || continue
        id=${file##*/}
        id=${id%.conf}
        case $id in *[!0-9]*) continue ;; esac
        content "guest:lxc:$id" "$file" 65536
    done
}

# Disks of this node that guests have as they are, by whatever name: they vanish with the controller they hang off.
guest_disks() {
    raw='^((ide|sata|scsi|virtio|efidisk|tpmstate|mp)[0-9]+|rootfs): *(file=|volume=)?/dev/'
    open guest-disks 65536 "grep -E '$raw' /etc/pve/qemu-server/*.conf /etc/pve/lxc/*.conf"
    printf 'guest\tdisk\tpath\tdevice'
    set --
    for file in /etc/pve/qemu-server/*.conf /etc/pve/lxc/*.conf; do
        [ -f "$file" ] && set -- "$@" "$file"
    done
    [ "$#" -eq 0 ] || grep -HE "$raw" "$@" | while read -r line; do
        file=${line%%:*}
        line=${line#*:}
        disk=${line%%:*}
        path=/dev/${line#*/dev/}
        path=${path%%[, ]*}
        file=${file##*/}
        device=-
        [ -e "$path" ] && device=$(readlink -f "$path")
        printf '\n%s\t%s\t%s\t%s' "${file%.conf}" "$disk" "$path" "${device:--}"
    done
    close 0
}

# The ROM files that guests' devices name: Proxmox looks for them in one directory.
guest_roms() {
    open guest-roms 16384 "grep -oE 'romfile=[^, ]+' /etc/pve/qemu-server/*.conf; head -c 2 /usr/share/kvm/NAME"
    printf 'name\thead'
    set --
    for file in /etc/pve/qemu-server/*.conf; do
        [ -f "$file" ] && set -- "$@" "$file"
    done
    [ "$#" -eq 0 ] || grep -hE '^hostpci[0-9]+:.*romfile=' "$@" | grep -oE 'romfile=[^, ]+' | sort -u |
        while read -r name; do
            name=${name#romfile=}
            head=-
            if [ -f "/usr/share/kvm/$name" ]; then
                head=$(head -c 2 "/usr/share/kvm/$name" | od -An -tx1 | tr -d ' \n')
            fi
            printf '\n%s\t%s' "$name" "$head"
        done
    close 0
}

guest_row() { # guest_row FILE ID
    case $1 in
        */lxc/*)
            [ -n "$containers" ] || containers=$(grep -o '/var/lib/lxc/[0-9]*/command' /proc/net/unix && echo read)
            case $containers in *"/var/lib/lxc/$2/command"*) state=running ;; *) state=stopped ;; esac
            printf '\nlxc\t%s\t%s' "$2" "$state"
            ;;
        *)
            get "/run/qemu-server/$2.pid"
            case $value in
                - | '') state=stopped ;;
                *[!0-9]*) state='?' ;;
                *) if [ -d "/proc/$value" ]; then state=running; else state=stopped; fi ;;
            esac
            printf '\nqemu\t%s\t%s' "$2" "$state"
            ;;
    esac
}

# `pvecm status` is Perl around corosync-quorumtool, and takes most of a second.
cluster() {
    if [ ! -e /etc/pve/corosync.conf ]; then
        if [ -d /etc/pve/nodes ] || [ ! -d /etc/pve ]; then value=absent; else value=unreadable; fi
        note cluster 'pvecm status' "$value"
    elif have corosync-quorumtool; then
        slow cluster 65536 'corosync-quorumtool -siH' "grep -v '^Date:'"
    else
        slow cluster 65536 'pvecm status' "grep -v '^Date:'"
    fi
}

# --- what the host itself needs ------------------------------------------------------------------------------------------

interfaces() {
    open net 262144 'ls -l /sys/class/net /sys/class/net/*/device'
    printf 'name\tpath\tmac\tkind\tlower'
    if [ ! -d /sys/class/net ]; then
        close unreadable
        return
    fi
    for interface in /sys/class/net/*; do
        name=${interface##*/}
        # Guests' own interfaces come and go with them.
        case $name in tap* | veth* | fwbr* | fwpr* | fwln* | bonding_masters | lo) continue ;; esac
        [ -d "$interface" ] || continue
        here=/
        follow "$interface/device"
        row=$newline$name$tab$value
        # A bond gives its ports its own address; their cards' is the permanent one.
        if [ -f "$interface/bonding_slave/perm_hwaddr" ]; then
            cells "$interface/bonding_slave/perm_hwaddr"
        else
            cells "$interface/address"
        fi
        net_kind
        printf '%s\t%s\t%s' "$row" "$kind" "${lower# }"
    done
    close 0
    # Link-local addresses come and go with guests' interfaces, and no route or login needs them.
    ask addresses 65536 'ip -o addr show' "awk '\$4 !~ /^fe80:/ { print \$2, \$4 }'"
    ask routes 65536 'cat /proc/net/route' "awk '\$2 == \"00000000\" && \$8 == \"00000000\" { print \$1 }' | sort -u"
    if [ -f /proc/net/ipv6_route ]; then
        ask routes6 65536 'cat /proc/net/ipv6_route' \
            "awk '\$1 ~ /^0*\$/ && \$2 == \"00\" && \$10 != \"lo\" { print \$10 }' | sort -u"
    fi
    login
}

net_kind() { # sets kind and lower for $interface
    kind=plain
    lower=
    if [ -d "$interface/bridge" ] || [ -d "$interface/brif" ]; then
        kind=bridge
        for port in "$interface"/brif/*; do
            port=${port##*/}
            case $port in '*' | tap* | veth* | fwpr* | fwln*) ;; *) lower="$lower $port" ;; esac
        done
    elif [ -d "$interface/bonding" ]; then
        kind=bond
        get "$interface/bonding/slaves"
        lower=" $value"
    else
        get "$interface/uevent"
        [ "$value" = DEVTYPE=vlan ] && kind=vlan
        for port in "$interface"/lower_*; do
            port=${port##*/lower_}
            case $port in '*' | tap* | veth* | fwpr* | fwln*) ;; *) lower="$lower $port" ;; esac
        done
    fi
}

# The address this login came in on. sudo drops the variable, so the parents' environment is asked too.
login() {
    connection=${SSH_CONNECTION-}
    process=$PPID
    tries=0
    while [ -z "$connection" ] && [ "$tries" -lt 6 ] && [ "${process:-0}" -gt 1 ]; do
        connection=$(tr '\0' '\n' <"/proc/$process/environ" | sed -n 's/^SSH_CONNECTION=//p')
        process=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$process/status")
        tries=$((tries + 1))
    done
    IFS=' '
    # shellcheck disable=SC2086 # four words
    set -- $connection
    IFS=
    open login 256 "echo \$SSH_CONNECTION | cut -d ' ' -f 3"
    if [ "$#" -eq 4 ]; then
        printf '%s' "$3"
        close 0
    else
        close absent
    fi
}

blocks() {
    open block 524288 'ls -l /sys/class/block /sys/class/block/*/slaves'
    printf 'name\tpath\tnumber\tlower\tmapper\tpaths'
    if [ ! -d /sys/class/block ]; then
        close unreadable
        return
    fi
    for block in /sys/class/block/*; do
        name=${block##*/}
        case $name in loop* | ram* | zd* | nbd* | rbd* | sr* | fd*) continue ;; esac
        cd -P "$block" || continue
        here=$PWD
        get dm/name
        mapper=$value
        # Guests' own volumes come and go with them.
        case $mapper in *-vm--[0-9]*) continue ;; esac
        get dev
        row=$newline$name$tab$here$tab$value
        block_lower
        printf '%s\t%s\t%s\t%s' "$row" "${lower# }" "$mapper" "${paths# }"
    done
    cd /
    close 0
    slow udev 524288 "grep -HsE '^E:ID_(FS_TYPE|FS_UUID|PART_ENTRY_TYPE|PART_ENTRY_UUID)=' /run/udev/data/b*"
}

# An NVMe namespace with native multipath hangs under a virtual subsystem, beside links to its controllers.
block_lower() { # sets lower and paths for the directory $here
    lower=
    paths=
    for slave in slaves/*; do
        [ -e "$slave" ] && lower="$lower ${slave##*/}"
    done
    case $here in
        */nvme-subsystem/*)
            base=${here#*/nvme-subsystem/}
            base=${here%%/nvme-subsystem/*}/nvme-subsystem/${base%%/*}
            for path in "$base"/nvme[0-9]*; do
                [ -L "$path" ] || continue
                follow "$path"
                paths="$paths $value"
            done
            ;;
    esac
}

mounts() {
    ask mounts 262144 'cat /proc/self/mountinfo' "awk '{ for (i = 7; i <= NF; i++) if (\$i == \"-\") break
        if (\$(i + 2) ~ /^\\/dev\\// || \$(i + 1) == \"zfs\") print \$3, \$5, \$(i + 1), \$(i + 2) }' | sort -u"
    ask swaps 16384 'cat /proc/swaps' "awk 'NR > 1 { print \$1 }'"
    if [ -d /proc/spl/kstat/zfs ] || have zpool; then
        slow zpool 65536 'zpool status -LP' "awk '\$1 == \"pool:\" || \$1 ~ /^\\// { print \$1, (\$1 == \"pool:\") ? \$2 : \"\" }'"
    else
        note zpool 'zpool status -LP' absent
    fi
}

# Kernel devices that may sit on a PCI function: TPM, management controller, watchdog, serial consoles.
attached() {
    open attached 16384 'ls -l /sys/class/tpm /sys/class/ipmi /sys/class/watchdog; cat /sys/class/tty/console/active'
    printf 'kind\tname\tpath\tstate'
    here=/
    for device in /sys/class/tpm/* /sys/class/ipmi/* /sys/class/watchdog/*; do
        [ -e "$device" ] || continue
        kind=${device%/*}
        follow "$device"
        row=$newline${kind##*/}$tab${device##*/}$tab$value
        cells "$device/state"
        printf '%s' "$row"
    done
    get /sys/class/tty/console/active
    IFS=' '
    for device in $value; do
        case $device in tty[0-9]* | *[!A-Za-z0-9]*) continue ;; esac
        follow "/sys/class/tty/$device/device"
        printf '\nserial\t%s\t%s\t-' "$device" "$value"
    done
    IFS=
    cd /
    if [ -d /sys/class ]; then close 0; else close unreadable; fi
}

# What is plugged in, hubs left out: a controller takes keyboards and dongles with it.
usb() {
    open usb 262144 'grep -s "" /sys/bus/usb/devices/*/idVendor /sys/bus/usb/devices/*/idProduct /sys/bus/usb/devices/*/product'
    printf 'name\tpath\tvendor\tproduct\twords\tinterfaces'
    if [ ! -d /sys/bus/usb/devices ]; then
        if [ -d /sys/bus ]; then close absent; else close unreadable; fi
        return
    fi
    for device in /sys/bus/usb/devices/*; do
        name=${device##*/}
        case $name in '*' | usb* | *:*) continue ;; esac
        cd -P "$device" || continue
        get bDeviceClass
        [ "$value" = 09 ] && continue
        row=$newline$name$tab$PWD
        cells idVendor idProduct
        get product
        case $value in *"$tab"*) value='?' ;; esac
        row=$row$tab$value
        usb_interfaces
        printf '%s\t%s' "$row" "${found# }"
    done
    cd /
    close 0
}

usb_interfaces() { # sets found for the device $name in the present directory
    found=
    for interface in "$name":*; do
        [ -d "$interface" ] || continue
        get "$interface/bInterfaceClass"
        found="$found $value"
        get "$interface/bInterfaceSubClass"
        found=$found$value
        get "$interface/bInterfaceProtocol"
        found=$found$value
    done
}

tools() {
    open tools 4096 'command -v update-grub update-initramfs qm'
    for tool in update-grub update-initramfs lsinitramfs proxmox-boot-tool qm pvesh pvecm ha-manager modprobe lspci \
        journalctl dmesg systemctl sync mktemp stat sha256sum cmp flock timeout ip zpool; do
        printf '%s\t%s\n' "$tool" "$(command -v "$tool" || echo -)"
    done
    close 0
}

main() {
    nonce=$1
    quick=${2-}
    case $nonce in '' | *[!A-Za-z0-9]*) nonce=unmarked ;; esac
    count=0
    guard=
    printf 'VFIOFLEET-PROBE 1 %s\n' "$nonce"
    # Tools live in sbin, which a login without a login shell has not in its path.
    PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    LC_ALL=C
    export PATH LC_ALL
    IFS=
    system
    iommu
    pci
    candidates
    interest_pattern
    modules
    lspci_names
    grub
    boot_entries
    files
    own_traces
    device_scripts
    kernel_log
    proxmox
    interfaces
    blocks
    mounts
    attached
    usb
    tools
    initramfs
    printf '@%s . %s\n' "$nonce" "$count"
}

# The body is read whole before it runs, so half a script does nothing; no command can eat the rest of it from the input.
main "$@" </dev/null 2>/dev/null | head -c 16777216
