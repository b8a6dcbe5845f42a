# shellcheck shell=sh disable=SC2154 # what the prelude sets
# Tells where guests of the cluster are, or where guests of this node may be migrated to. Changes nothing.
# Arguments: "places" or "targets", then the guests' numbers.
require_tools base64 mktemp timeout pvesh
asked=$(mktemp -d) || io_failed "make a folder for what commands print" "$asked"
tidy() { rm -rf -- "$asked"; }

# Asks Proxmox and tells how it ended and what it printed: NAME, then the path. What it is about may be on another member.
ask() {
    timeout 60 pvesh get "$2" --output-format json >"$asked/out" 2>"$asked/err" </dev/null 9<&-
    say "$1-status" "$?"
    attach "$1" <"$asked/out"
    attach "$1-error" <"$asked/err"
}

host=$(uname -n)
host=${host%%.*}
what=$1
shift
say host "$host"
for guest; do
    if [ "$what" = targets ]; then
        ask "guest-$guest" "/nodes/$host/qemu/$guest/migrate"
        continue
    fi
    place=''
    # The cluster's file system shows a configuration at one member only.
    for file in /etc/pve/nodes/*/qemu-server/"$guest".conf; do
        [ -e "$file" ] || continue
        place=${file#/etc/pve/nodes/}
        place=${place%%/*}
    done
    say "place-$guest" "$place"
    if [ -n "$place" ]; then ask "state-$guest" "/nodes/$place/qemu/$guest/status/current"; fi
done
[ "$what" = targets ] || {
    # Before the cluster's file system is there, no guest is anywhere.
    if [ -d "/etc/pve/nodes/$host" ]; then say mounted yes; fi
    tidy
    finish
}
ask cluster /cluster/status
for place in /etc/pve/nodes/*; do
    member=${place##*/}
    if [ "$member" = "$host" ] || [ ! -d "$place" ]; then continue; fi
    # A member that is known to be away would keep us waiting.
    if [ -e /etc/pve/.members ] && tr -d ' \n' </etc/pve/.members | grep -q "\"$member\":{[^}]*\"online\":0"; then continue; fi
    say member "$member"
    ask "member-$member" "/nodes/$member/status"
done
tidy
finish
