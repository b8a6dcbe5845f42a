# shellcheck shell=sh disable=SC2154 # what the prelude sets
# Confirms the new settings in the boot that was looked at, if this node's services run again as before and its guard has
# not begun to put it back. Whether it is confirmed tells what is read back.
# Arguments: the boot id.
too_late() {
    say phase "$phase"
    refuse confirmed-too-late "This node puts itself back already, or has: see $guard/record there." \
        "What was asked for did not hold in time; mend the cause, then apply again."
}
# The guard holds the mutex while it puts the node back. What it has decided stays, so it can be read without.
while_waiting() {
    read_boot
    read_guard
    if [ "$guard_rollout:$phase" = "$rollout:reverting" ]; then too_late; fi
}
require_token 60
require_tools ln sync systemctl
read_boot
read_guard
say boot "$boot"
[ "$guard_rollout" = "$rollout" ] || refuse guard-missing "This node has no guard of roll-out $rollout." \
    "Somebody removed $guard. Look at the node, then apply again."
case $phase in reverting | reverted) too_late ;; esac
if [ "$boot" != "$1" ] || [ "$phase" = armed ]; then
    refuse boot-changed "This node runs boot $boot, and $1 was looked at." "Look again."
fi
if [ "$phase" = waiting ]; then
    missing=''
    while read -r service; do
        case $service in
        '') ;;
        quorum) is_quorate || missing="$missing the cluster's quorum," ;;
        *) systemctl is-active --quiet "$service" </dev/null 9<&- || missing="$missing $service," ;;
        esac
    done <"$guard/services"
    if [ -n "$missing" ]; then
        refuse services-not-back "What ran before the reboot does not run again:${missing%,}." \
            "See: systemctl status; pvecm status."
    fi
    decide confirmed
    read_guard
    case $phase in
    confirmed) ;;
    waiting) io_failed "keep the confirmation" "$trouble" ;;
    *) too_late ;;
    esac
    note confirmed "boot $boot"
fi
rm -rf -- "$guard/images"
remove_unit
finish
