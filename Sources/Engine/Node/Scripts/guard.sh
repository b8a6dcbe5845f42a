# shellcheck shell=sh disable=SC2154 # what comes before it
# What vfiofleet-guard.service runs at every boot until it is decided. It waits for the controller's confirmation; without
# one it puts back everything that the roll-out changed and reboots, once. Then it removes itself. Started by the controller
# before the reboot that was planned, it puts back what is on the disk, and no reboot is needed.
# Killed at any point, the next start goes on: what is done already is recognised, and nothing is undone by doing it again.

# Waits for an order that runs on this node, but not for ever.
hold_mutex() {
    command -v flock >/dev/null 2>&1 || return 0
    exec 9>>"$state/mutex" || return 0
    waited=0
    until flock -n 9; do
        [ "$waited" -lt 120 ] || return 0
        sleep 1
        waited=$((waited + 1))
    done
}

# A boot that went wrong may have left the root file system read-only, or /boot not mounted.
open_disk() {
    ( : >"$guard/writable") 2>/dev/null || mount -o remount,rw / 2>/dev/null
    rm -f "$guard/writable"
    [ -z "$guard_mount" ] || grep -q " $guard_mount " /proc/mounts || mount "$guard_mount"
}

# Puts a copy of FILE in the place of TARGET, with its owner, mode and time.
replace() {
    trouble=$( (mkdir -p -- "${2%/*}" && cp -p -- "$1" "$2.vfiofleet-new") 2>&1) || return 1
    flush "$2.vfiofleet-new"
    trouble=$(mv -f -- "$2.vfiofleet-new" "$2" 2>&1) || return 1
    flush "${2%/*}"
}
alike() { cmp -s -- "$1" "$2" && [ "$(stat -c '%a %u %g' -- "$1")" = "$(stat -c '%a %u %g' -- "$2")" ]; }
# What somebody else wrote meanwhile is not lost.
keep_found() {
    if [ ! -f "$real" ] || [ -e "$backup/found$1" ] || cmp -s -- "$real" "$backup/after$1"; then return 0; fi
    replace "$real" "$backup/found$1" && note kept "$backup/found$1"
}

# PATH, as it was before the roll-out.
put_file() {
    real=$(readlink -f -- "$1") || real=$1
    alike "$backup/before$1" "$real" && return 0
    keep_found "$1" && replace "$backup/before$1" "$real" && note restored "$1"
}
# PATH did not exist before the roll-out.
remove_file() {
    real=$(readlink -f -- "$1") || real=$1
    [ -e "$real" ] || return 0
    keep_found "$1" || return 1
    trouble=$(rm -f -- "$real" 2>&1) || return 1
    flush "${real%/*}"
    note removed "$1"
    folder=${real%/*}
    while grep -qxF -e "$folder" "$state/folders" 2>/dev/null && rmdir -- "$folder" 2>/dev/null; do folder=${folder%/*}; done
}
# For each file below FOLDER of the backup, runs COMMAND with its path.
each() {
    [ -d "$backup/$1" ] || return 0
    (cd -- "$backup/$1" && find . -type f | sort) >"$guard/list" || return 1
    while IFS= read -r file; do "$2" "${file#.}" || return 1; done <"$guard/list"
}

# Runs COMMAND, one of those that the plan ran.
run() {
    # shellcheck disable=SC2086 # its words
    (umask 022; $1 >"$guard/output" 2>&1 </dev/null 9>&-)
    status=$?
    note ran "$1: exit status $status"
    trouble="$1: $(tail -c 300 "$guard/output")"
    return "$status"
}
# The copies hold as long as the kernels are the same.
have_copies() { [ -e "$guard/images/complete" ] && [ "$(kernels)" = "$(cat "$guard/images/kernels")" ]; }
put_images() {
    [ -n "$guard_initramfs" ] || return 0
    have_copies || { run "$guard_initramfs"; return; }
    for image in "$guard"/images/initrd.img-*; do
        if [ ! -e "$image" ] || cmp -s -- "$image" "/boot/${image##*/}"; then continue; fi
        replace "$image" "/boot/${image##*/}" || return 1
        note copied "/boot/${image##*/}"
    done
}
put_boot_configuration() {
    if [ -n "$guard_grub" ]; then
        if ! have_copies || [ ! -e "$guard/images/grub.cfg" ]; then
            run "$guard_grub" || return 1
        elif ! cmp -s -- "$guard/images/grub.cfg" /boot/grub/grub.cfg; then
            replace "$guard/images/grub.cfg" /boot/grub/grub.cfg || return 1
            note copied /boot/grub/grub.cfg
        fi
    fi
    if [ -n "$guard_refresh" ] || { [ -n "$guard_initramfs" ] && [ -e /etc/kernel/proxmox-boot-uuids ]; }; then
        run 'proxmox-boot-tool refresh'
    fi
}

# Somebody goes on with this boot, because putting back had failed: its guests run again. It is not rebooted under them.
stays() { [ -e "$guard/stay" ]; }
# This boot has met nothing of the new settings.
is_old_boot() { [ "$guard_armed" = "$boot" ]; }

mark_restored() {
    trouble=$( (printf '%s\n' "$boot" >"$guard/restored.new") 2>&1) && flush "$guard/restored.new" &&
        trouble=$(mv -f -- "$guard/restored.new" "$guard/restored" 2>&1) && [ -f "$guard/restored" ] || return 1
    flush "$guard"
}

put_back() {
    backup=$state/backups/$guard_rollout
    if [ "$restored" = "$boot" ]; then
        if stays; then exit 0; fi
        reboot_once
    fi
    reason="no confirmation within $guard_within s"
    if [ -e "$guard/now" ]; then reason=$(cat "$guard/now"); fi
    note_once reverting "$reason"
    tries=1
    until trouble='' && open_disk && each before put_file && each absent remove_file && put_images &&
        put_boot_configuration; do
        if [ "$tries" -ge 3 ]; then
            note_once failed "$trouble"
            exit 1
        fi
        tries=$((tries + 1))
        sleep 10
    done
    # Undo leaves this roll-out out: what it changed is back already.
    if [ -d "$backup" ]; then
        cp -- "$guard/record" "$backup/reverted.new" && flush "$backup/reverted.new" && mv -f "$backup/reverted.new" "$backup/reverted"
        flush "$backup"
    fi
    if stays; then
        note staying "everything is as it was; the reboot is left to somebody"
    elif ! is_old_boot; then
        note rebooting "once, with everything as it was"
    fi
    sync
    # Never a reboot of which the next boot does not know.
    if ! mark_restored; then
        note_once failed "$trouble"
        exit 1
    fi
    if is_old_boot; then return 0; fi
    if stays; then exit 0; fi
    reboot_once
}
# systemd stops this script when it goes down; what follows is for a node that does not.
reboot_once() {
    sync
    systemctl reboot 9>&-
    sleep 300
    systemctl reboot --force 9>&-
    sleep 60
    systemctl reboot --force --force 9>&-
    sleep 60
    exit 1
}

# Time is up, or the controller has asked: unless it has just confirmed.
give_up() {
    hold_mutex
    read_guard
    [ "$phase" = waiting ] || return 0
    open_disk
    decide reverting
    read_guard
    [ "$phase" = waiting ] || return 0
    # A full disk, for one: until there is room for the decision, nothing is begun, and orders are let through.
    note_once failed "$trouble"
    exec 9>&-
    sleep 5
}

[ -d "$guard" ] || { remove_unit; exit 0; }
said=''
while :; do
    read_boot
    read_guard
    case $phase in
    armed) exit 0 ;;
    waiting)
        [ -n "$said" ] || note waiting "boot $boot, $guard_within s"
        said=yes
        read_uptime
        if [ -e "$guard/now" ] || [ "$uptime" -ge "$guard_within" ]; then give_up; else sleep 1; fi ;;
    reverting)
        hold_mutex
        put_back
        exec 9>&- ;;
    *)
        [ "$phase" != reverted ] || note reverted "boot $boot"
        rm -rf "$guard/images"
        remove_unit
        exit 0 ;;
    esac
done
