# shellcheck shell=sh disable=SC2034,SC2154 # what scripts before and after this use
# What the guard on a node and the orders about it share. All of it follows from these files, each written at once:
#   order      the roll-out, the boot in which it was armed first, the one in which the node was changed last, and how long it
#              may wait in another one
#   decision   "confirmed" or "reverting", the boot, the roll-out; linked into place, so that the first one stays
#   restored   the boot in which everything was put back; where that is the boot that armed it, nothing has met the new settings
#   stay       is there when that had failed and the node is not to be rebooted by itself any more
guard=$state/guard
unit=/etc/systemd/system/vfiofleet-guard.service
# Not after local-fs.target, and wanted so early: a disk that is missing must not keep the guard from starting.
wish=/etc/systemd/system/sysinit.target.wants/vfiofleet-guard.service

read_boot() { read -r boot </proc/sys/kernel/random/boot_id; }
# Seconds since this boot began; no clock that somebody sets.
read_uptime() {
    read -r uptime _ </proc/uptime
    uptime=${uptime%%.*}
}

# Sets `phase`: none, armed (by this boot), waiting (for a confirmation), confirmed, reverting or reverted.
read_guard() {
    phase=none guard_rollout='' guard_boot='' guard_armed='' guard_within='' guard_initramfs='' guard_grub='' guard_refresh='' guard_mount=''
    [ -e "$guard/order" ] || return 0
    while read -r key value; do
        case $key in
        rollout) guard_rollout=$value ;;
        boot) guard_boot=$value ;;
        armed) guard_armed=$value ;;
        within) guard_within=$value ;;
        mount) guard_mount=$value ;;
        run)
            case $value in
            'update-initramfs '*) guard_initramfs=$value ;;
            update-grub) guard_grub=$value ;;
            'proxmox-boot-tool '*) guard_refresh=$value ;;
            esac ;;
        esac
    done <"$guard/order"
    decision='' restored=''
    if [ -e "$guard/decision" ]; then read -r decision _ <"$guard/decision"; fi
    if [ -e "$guard/restored" ]; then read -r restored <"$guard/restored"; fi
    case $decision in
    confirmed) phase=confirmed ;;
    reverting)
        phase=reverting
        if [ -n "$restored" ] && { [ "$restored" != "$boot" ] || [ "$guard_armed" = "$boot" ]; }; then phase=reverted; fi ;;
    *) if [ "$guard_boot" = "$boot" ]; then phase=armed; else phase=waiting; fi ;;
    esac
}

# Prints a line for every file that the roll-out has changed and that is not as before.
changed_files() {
    find "$backup/before" -type f 2>/dev/null | while IFS= read -r saved; do
        cmp -s -- "$saved" "${saved#"$backup/before"}" || echo "$saved"
    done
    find "$backup/absent" -type f 2>/dev/null | while IFS= read -r mark; do
        if [ -e "${mark#"$backup/absent"}" ]; then echo "$mark"; fi
    done
}

# Makes VERDICT the decision unless there is one already; `read_guard` tells which one holds. Where there is none then,
# `trouble` says what kept it from being written.
decide() {
    trouble=$( (cat >"$guard/decision.$$") 2>&1 <<END
$1 $boot $guard_rollout
END
    ) && flush "$guard/decision.$$" && ln "$guard/decision.$$" "$guard/decision" 2>/dev/null
    rm -f "$guard/decision.$$"
    flush "$guard"
}

# One line of the record: when, seconds since the boot, WORD, TEXT.
note() {
    read_uptime
    printf '%s %s %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$uptime" "$*" >>"$guard/record"
    flush "$guard/record"
}
note_once() { grep -qF -- " $*" "$guard/record" 2>/dev/null || note "$@"; }

# The guard is not started any more.
remove_unit() {
    if [ ! -e "$unit" ] && [ ! -L "$wish" ]; then return 0; fi
    rm -f "$wish" && rm -f "$unit" && { rmdir "${wish%/*}" 2>/dev/null; flush "${unit%/*}"; }
    systemctl daemon-reload >/dev/null 2>&1 9<&- || :
}

is_quorate() {
    command -v pvecm >/dev/null 2>&1 && pvecm status 2>/dev/null </dev/null 9<&- | grep -q '^Quorate: *Yes'
}
kernels() {
    for kernel in /boot/vmlinuz-*; do
        if [ -e "$kernel" ]; then printf '%s\n' "$kernel"; fi
    done
}
