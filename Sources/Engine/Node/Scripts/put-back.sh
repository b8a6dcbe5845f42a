# shellcheck shell=sh disable=SC2154 # what the prelude sets
# Tells this node's guard not to wait any longer: what was asked for does not hold. Without effect once it is decided.
# In the boot in which the guard was armed first, only the disk is to be put back, and no reboot is needed. Where nothing on
# it differs yet, the guard is left as it is: "armed".
# Arguments: why, for the record.
require_token 60
require_tools cmp find systemctl
# Prints a line for everything on the disk that is not as it was when the guard was armed.
differences() {
    changed_files
    # Without copies nobody knows what the images were.
    if [ ! -e "$guard/images/complete" ]; then
        if [ -d "$backup" ]; then echo images; fi
        return
    fi
    for image in "$guard"/images/initrd.img-*; do
        if [ -e "$image" ]; then cmp -s -- "$image" "/boot/${image##*/}" || echo "$image"; fi
    done
    if [ -e "$guard/images/grub.cfg" ]; then cmp -s -- "$guard/images/grub.cfg" /boot/grub/grub.cfg || echo grub.cfg; fi
}
read_boot
read_guard
case $phase:$guard_rollout in
"armed:$rollout")
    if [ -n "$(differences)" ]; then
        put "$guard/now" <<END
$1
END
        decide reverting
        read_guard
        [ "$phase" = reverting ] || io_failed "keep the decision" "$trouble"
    fi ;;
"waiting:$rollout")
    put "$guard/now" <<END
$1
END
    ;;
esac
if [ -e "$guard/now" ] && [ "$guard_rollout" = "$rollout" ]; then
    # It does not run in the boot that armed it, and may have been stopped by hand in another.
    systemctl start --no-block vfiofleet-guard.service >/dev/null 2>&1 </dev/null 9<&- || :
fi
say phase "$phase"
finish
