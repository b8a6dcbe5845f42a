# shellcheck shell=sh disable=SC2154 # what the prelude sets
# Tells the cluster that this node goes away or is back. Each can be told twice.
# Arguments: for each order one word of "maintenance", "enable" or "disable", and the node's name; or of "noout", "set-group"
# or "unset-group", and the numbers of OSDs.
require_token 60

# CODE, then the command.
tell() {
    code=$1
    shift
    output=$(timeout 120 "$@" 2>&1 </dev/null 9<&-)
    status=$?
    [ "$status" -ne 0 ] || return 0
    say command "$*"
    say status "$status"
    printf '%s' "$output" | tail -c 65536 | attach output
    refuse "$code" "The cluster did not take the order: $* (exit status $status): $(printf '%s' "$output" | tail -n 1)" \
        "See what it printed; when that is mended, try again."
}

require_tools timeout
for order; do
    # shellcheck disable=SC2086 # one word for each
    set -- $order
    what=$1 how=$2
    shift 2
    case $what in
    maintenance)
        require_tools ha-manager
        tell ha-order-refused ha-manager crm-command node-maintenance "$how" "$1" ;;
    noout)
        require_tools ceph
        list=''
        for id; do list="$list osd.$id"; done
        # shellcheck disable=SC2086 # one word for each
        tell ceph-order-refused ceph osd "$how" noout $list ;;
    *) refuse order-malformed "This script knows no such order: $order." "Try again." ;;
    esac
done
finish
