# shellcheck shell=sh disable=SC2154 # what the prelude sets
# Tells this node's guard not to wait any longer: what was asked for does not hold. Without effect once it is decided.
# Arguments: why, for the record.
require_token 60
require_tools systemctl
read_boot
read_guard
if [ "$phase" = waiting ] && [ "$guard_rollout" = "$rollout" ]; then
    put "$guard/now" <<END
$1
END
    # Where it was stopped by hand.
    systemctl start --no-block vfiofleet-guard.service >/dev/null 2>&1 </dev/null 9<&- || :
fi
say phase "$phase"
finish
