# shellcheck shell=sh disable=SC2154 # what the prelude sets
# Starts a guest that ran before, and waits until the node says that it runs. One that runs is left alone.
# Arguments: "qemu" or "lxc", and the guest's number.
require_token 60
keep_this_boot
case $1 in
qemu) tool=qm name="VM $2" configuration=/etc/pve/qemu-server/$2.conf ;;
*) tool=pct name="CT $2" configuration=/etc/pve/lxc/$2.conf ;;
esac
require_tools "$tool"
# The cluster's file system comes up a while after the boot.
waited=0
until [ -e "$configuration" ]; do
    [ "$waited" -lt 60 ] || refuse guest-missing "$name is not on this node any more ($configuration)." \
        "If it was moved or removed meanwhile, nothing is to be done; see: ha-manager status"
    sleep 2
    waited=$((waited + 2))
done
is_running() {
    case $("$tool" status "$2" 2>/dev/null </dev/null) in *'status: running'*) return 0 ;; esac
    return 1
}
is_running "$@" && finish
output=$("$tool" start "$2" 2>&1 </dev/null 9<&-)
status=$?
# Where high availability manages it, the start was only asked for; and the node may be starting it by itself.
waited=0
until is_running "$@"; do
    if [ "$waited" -ge 120 ] || { [ "$status" -ne 0 ] && [ "$waited" -ge 20 ]; }; then
        say command "$tool start $2"
        say status "$status"
        printf '%s' "$output" | tail -c 65536 | attach output
        refuse guest-not-started "$name does not run after its start (exit status $status): $(printf '%s' "$output" | tail -n 1)" \
            "Mend what it says and start it: $tool start $2"
    fi
    sleep 2
    waited=$((waited + 2))
done
finish
