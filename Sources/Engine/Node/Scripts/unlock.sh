# shellcheck shell=sh disable=SC2154 # what the prelude sets
# Gives this node's lock back, with a guard that has nothing to guard. A lock of another roll-out, or none, is left as it is.
[ -e "$state/mutex" ] || finish
hold_mutex 20
if read_lock && [ "$lock_rollout" = "$rollout" ] && [ "$lock_number" -le "$number" ]; then
    # Whoever is told that the node could not put itself back works on it from now on.
    read_boot
    read_guard
    if [ "$guard_rollout" = "$rollout" ] && [ "$phase" = reverting ]; then keep_this_boot; fi
    trouble=$(rm -f -- "$state/lock" 2>&1) || io_failed "remove $state/lock" "$trouble"
    flush "$state"
fi
# A guard that no other boot has met yet is not needed any more: the node was not rebooted.
read_boot
read_guard
if [ "$guard_rollout" = "$rollout" ] && [ "$phase" = armed ]; then
    remove_unit
    rm -f -- "$guard/order" && rm -rf -- "$guard"
fi
finish
