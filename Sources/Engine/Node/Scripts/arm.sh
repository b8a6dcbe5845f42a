# shellcheck shell=sh disable=SC2154 # what the prelude sets
# Sets the guard up: should this node ever run in another boot than this one without the controller's confirmation, it
# puts itself back. Nothing of the node's own is changed yet; what a rebuild would make anew is copied before.
# Arguments: for how many seconds of that boot it waits, then the commands that the plan runs. Standard input: the
# guard's script and its unit, a line of base64 each.
require_token 60
require_tools base64 cmp cp df find ln mv readlink stat sync systemctl
within=$1
shift
is_number "$within" || refuse order-malformed "The order does not say how long to wait." "Try again."
if [ ! -d /etc/systemd/system ]; then
    refuse systemd-missing "This node has no /etc/systemd/system, so nothing could put it back after a reboot." \
        "Set confirm-within: never in the playbook to go without."
fi
read_boot
read_guard
armed=$boot
case $phase:$guard_rollout in
"armed:$rollout" | "waiting:$rollout") armed=$guard_armed ;;
reverting:*)
    if [ -e "$guard/stay" ]; then
        refuse node-on-trial "Roll-out $guard_rollout could not put this node back at once, and its guard goes on trying without a reboot." \
            "Mend what $guard/record there says, wait until the record ends with the word staying, reboot the node, then plan again."
    fi
    refuse node-on-trial "This node is about to put back what roll-out $guard_rollout changed." \
        "Wait until it is back, then plan again; see $guard/record on the node." ;;
waiting:*)
    refuse node-on-trial "The settings of roll-out $guard_rollout are not confirmed here; the node is about to put itself back." \
        "Wait until it is back, then plan again; see $guard/record on the node." ;;
*)
    # Without its order the rest means nothing.
    rm -f -- "$guard/order" && rm -rf -- "$guard"
    # An earlier try was confirmed: this boot, and the images, may have met the new settings.
    [ -z "$(changed_files)" ] || armed='' ;;
esac
tidy() { rm -rf -- "$guard/images.new" "$guard"/*.new; }
trouble=$(mkdir -p -- "$guard" 2>&1) || io_failed "make $guard" "$trouble"

bytes() { stat -c %s -- "$@" 2>/dev/null | { sum=0; while read -r size; do sum=$((sum + size)); done; echo "$sum"; }; }
# As much again must be free, so that the disk is not filled for a convenience.
has_room() {
    need=$(($(bytes /boot/initrd.img-* /boot/grub/grub.cfg) / 512 + 8192))
    free=$(df -Pk -- "$guard" | { read -r _; read -r _ _ _ free _; echo "$free"; })
    is_number "$free" && [ "$free" -gt "$need" ]
}
save_images() {
    [ ! -e "$guard/images/complete" ] || return 0
    [ "$armed" = "$boot" ] || return 1
    rm -rf -- "$guard/images" "$guard/images.new"
    has_room && mkdir -- "$guard/images.new" && kernels >"$guard/images.new/kernels" || return 1
    for image in /boot/initrd.img-* /boot/grub/grub.cfg; do
        case $image in *.vfiofleet-new | *.new | *.dpkg-bak) continue ;; esac
        [ ! -e "$image" ] || cp -p -- "$image" "$guard/images.new/" || return 1
    done
    : >"$guard/images.new/complete"
    flush "$guard"/images.new/*
    mv -- "$guard/images.new" "$guard/images" && flush "$guard"
}
if save_images 2>/dev/null; then say images copied; else say images rebuild; rm -rf -- "$guard/images.new"; fi

# What of the node's services runs now must run again before anything is confirmed.
services() {
    for service in pve-cluster corosync pvedaemon pveproxy; do
        if systemctl is-active --quiet "$service" </dev/null 9<&-; then echo "$service"; fi
    done
    if is_quorate; then echo quorum; fi
}
put "$guard/services" <<END
$(services)
END

IFS= read -r script || refuse order-malformed "The guard did not arrive." "Try again."
IFS= read -r service || refuse order-malformed "The guard's unit did not arrive." "Try again."
put "$guard/guard.sh" <<END
$(printf '%s' "$script" | base64 -d)
END
put "$unit" <<END
$(printf '%s' "$service" | base64 -d)
END
chmod 644 -- "$unit"
trouble=$( (mkdir -p -- "${wish%/*}" && ln -sf "$unit" "$wish") 2>&1) || io_failed "make $wish" "$trouble"
chmod 755 -- "${wish%/*}"
flush "${wish%/*}"
systemctl daemon-reload >/dev/null 2>&1 </dev/null 9<&- || :
mount=''
if grep -q ' /boot ' /proc/mounts; then mount=/boot; fi
put "$guard/order" <<END
rollout $rollout
armed $armed
boot $boot
within $within
mount $mount
$(for command; do printf 'run %s\n' "$command"; done)
END
note armed "boot $boot"
say boot "$boot"
finish
