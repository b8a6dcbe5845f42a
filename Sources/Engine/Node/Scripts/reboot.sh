# shellcheck shell=sh disable=SC2154 # what the prelude sets
# Reboots this node once: only while it still runs the boot that the controller knows.
# Arguments: the boot id, and "check" (say whether it would) or "order".
require_token 60
require_tools systemctl
running=
read -r running </proc/sys/kernel/random/boot_id
say boot "$running"
if [ "$running" != "$1" ] || [ "$2" = check ]; then finish; fi
guard_this_boot
output=$(systemctl reboot 2>&1 </dev/null 9<&-)
status=$?
[ "$status" -ne 0 ] || finish
say command 'systemctl reboot'
say status "$status"
printf '%s' "$output" | attach output
refuse reboot-refused "The node did not take the order to reboot (exit status $status)." \
    "See what it printed (systemd-inhibit --list shows who holds a reboot back), then retry the node or apply again."
