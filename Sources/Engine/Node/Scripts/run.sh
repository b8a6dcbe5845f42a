# shellcheck shell=sh disable=SC2154 # what the prelude sets
# Runs one command that rebuilds what the node boots from, and reports what it printed.
# Arguments: the command and its arguments.
require_token 600
require_tools "$1" tail
guard_this_boot
say command "$*"
# The exit status goes through the pipe too: as the last line, after the output's last 64 KiB.
output=$({
    "$@" 2>&1 </dev/null 9<&-
    printf '\n%s' "$?"
} | tail -c 65536)
status=${output##*"
"}
say status "$status"
printf '%s' "${output%"
$status"}" | attach output
[ "$status" -eq 0 ] || refuse rebuild-failed "$* failed with exit status $status." \
    "See what it printed; mend that on the node, then retry the node or apply again."
finish
