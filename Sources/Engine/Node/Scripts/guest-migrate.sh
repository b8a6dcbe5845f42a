# shellcheck shell=sh disable=SC2154 # what the prelude sets
# Migrates a virtual machine of the cluster from one member to another, from here or to here. One that is there is left alone.
# Arguments: its number, the members it leaves and goes to ("-" for this one), and 1 if it runs.
require_token 60
require_tools pvesh qm
keep_this_boot
host=$(uname -n)
host=${host%%.*}
guest=$1 from=$2 to=$3 online=$4
if [ "$to" = - ]; then to=$host; fi
is_at() { [ -e "/etc/pve/nodes/$1/qemu-server/$guest.conf" ]; }
is_at "$to" && finish
is_at "$from" || refuse guest-missing "VM $guest is not on $from any more." "See where it is: pvesh get /cluster/resources --type vm"
if [ "$from" = "$host" ]; then
    set -- qm migrate "$guest" "$to"
    if [ "$online" = 1 ]; then set -- "$@" --online; fi
else
    set -- pvesh create "/nodes/$from/qemu/$guest/migrate" --target "$to"
    if [ "$online" = 1 ]; then set -- "$@" --online 1; fi
fi
output=$("$@" 2>&1 </dev/null 9<&-)
status=$?
# The cluster's file system may show it a moment later.
waited=0
until is_at "$to"; do
    if [ "$status" -ne 0 ] || [ "$waited" -ge 10 ]; then
        say command "$*"
        say status "$status"
        printf '%s' "$output" | tail -c 65536 | attach output
        reason=$(printf '%s\n' "$output" | grep -v '^ *$' | tail -n 1 | head -c 400)
        case $output in
        *'no quorum'*)
            refuse cluster-not-quorate "The cluster has no quorum, so VM $guest can't be migrated." "See: pvecm status" ;;
        *'VM is locked'*)
            refuse guest-locked "VM $guest is locked, so it can't be migrated: $reason" \
                "Wait until that is done; a lock left over is removed on $from with: qm unlock $guest" ;;
        esac
        refuse guest-not-migrated "VM $guest was not migrated from $from to $to (exit status $status): $reason" \
            "See the task's log on $from (pvenode task list), and whether it is whole: qm status $guest"
    fi
    sleep 2
    waited=$((waited + 2))
done
finish
