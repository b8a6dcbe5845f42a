# shellcheck shell=sh disable=SC2154 # what the prelude sets
# Gives this node's lock back. A lock of another roll-out, or none, is left as it is.
[ -e "$state/mutex" ] || finish
hold_mutex 20
if read_lock && [ "$lock_rollout" = "$rollout" ] && [ "$lock_number" -le "$number" ]; then
    trouble=$(rm -f -- "$state/lock" 2>&1) || io_failed "remove $state/lock" "$trouble"
    flush "$state"
fi
finish
