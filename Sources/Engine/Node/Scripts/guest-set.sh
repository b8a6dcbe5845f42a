# shellcheck shell=sh disable=SC2154 # what the prelude sets
# Sets options of one virtual machine with one call of qm set, if they still are as the plan saw them.
# Arguments: the guest's number. Standard input, a line for each option: its name, its value before and after, each
# as "=BASE64" or "-" for not set.
require_token 60
require_tools qm sha1sum
guest=$1
newline='
'
configuration=/etc/pve/qemu-server/$guest.conf
[ -f "$configuration" ] || refuse guest-missing "There is no virtual machine $guest on this node ($configuration)." \
    "If it was migrated or removed, plan again."
# One copy to compare, keep and take the digest of.
put "$state/guest" <"$configuration"
tidy() { rm -f -- "$state/guest" "$state/guest.new" "$backup/new"; }
sum=$(sha1sum <"$state/guest")
sum=${sum%% *}

trimmed() {
    value=${1#"${1%%[![:space:]]*}"}
    value=${value%"${value##*[![:space:]]}"}
}
# Sets `now` to the option's value and `next` to what it will be at the next start, as "=VALUE" or "-".
look_up() {
    now=- next='' section=main
    while IFS= read -r line || [ -n "$line" ]; do
        case $line in
        '['[Pp][Ee][Nn][Dd][Ii][Nn][Gg]']'*) section=pending ;;
        '['*) section=other ;;
        esac
        case $section:$line in
        main:"$1:"*) trimmed "${line#*:}"; now="=$value" ;;
        pending:"$1:"*) trimmed "${line#*:}"; next="=$value" ;;
        pending:delete:*)
            trimmed "${line#*:}"
            case ",$value," in *",$1,"* | *",!$1,"*) next=- ;; esac ;;
        esac
    done <"$state/guest"
    next=${next:-$now}
}
# Writes the note of what this roll-out set: of earlier orders, and of this one.
note_set() {
    put "$backup/guests/$guest.set" <<END
$earlier
$1
END
}
word() {
    case $1 in
    -) printf '%s' - ;;
    *) printf '='; printf '%s' "${1#=}" | base64 -d ;;
    esac
}

look_up lock
if [ "$now" != - ]; then
    refuse guest-locked "Virtual machine $guest is locked (${now#=})." \
        "Wait until that is done; a lock left over is removed with: qm unlock $guest"
fi
changed='' unset='' keys='' wanted=''
set --
while read -r key before after; do
    before=$(word "$before") after=$(word "$after")
    look_up "$key"
    [ "$next" = "$after" ] && continue
    if [ "$now" != "$before" ] && [ "$next" != "$before" ]; then
        changed="$changed $key is ${next#=}, the plan saw ${before#=};"
    elif [ "$after" = - ]; then
        unset="$unset,$key"
        wanted="$wanted${newline}delete: $key"
    else
        set -- "$@" "--$key" "${after#=}"
        wanted="$wanted$newline$key: ${after#=}"
    fi
    keys="$keys $key"
done
if [ -n "$changed" ]; then
    say command "cat $configuration"
    attach output <"$state/guest"
    refuse guest-changed-since-plan "The configuration of virtual machine $guest changed:${changed%;}." "Plan again."
fi
if [ -n "$unset" ]; then set -- "$@" --delete "${unset#,}"; fi
if [ "$#" -eq 0 ]; then
    tidy
    say unchanged "$guest"
    finish
fi

open_backup
[ -e "$backup/guests/$guest.conf" ] || save "$state/guest" "guests/$guest.conf"
# Noted before, because this script may be killed; and as it came out, because Proxmox completes some values.
earlier=$(cat "$backup/guests/$guest.set" 2>/dev/null)
note_set "${wanted#"$newline"}"
set -- qm set "$guest" "$@" --digest "$sum"
say command "$*"
output=$("$@" 2>&1 </dev/null 9<&-)
status=$?
say status "$status"
printf '%s' "$output" | tail -c 65536 | attach output
[ "$status" -eq 0 ] || case $output in
*'checksum mismatch'*)
    refuse guest-changed-since-plan "The configuration of virtual machine $guest changed just now." "Plan again." ;;
*'VM is locked'*)
    refuse guest-locked "Virtual machine $guest is locked." "Wait until that is done, or see: qm unlock $guest" ;;
*"can't lock file"*)
    refuse guest-busy "Something else is changing virtual machine $guest." "Wait until that is done, then plan again." ;;
*'no quorum'*)
    refuse cluster-not-quorate "The cluster has no quorum, so /etc/pve can't be changed." "See: pvecm status" ;;
*)
    refuse guest-refused "qm refused the change of virtual machine $guest (exit status $status)." \
        "See what it printed; plan again after mending it." ;;
esac
put "$state/guest" <"$configuration"
came=
for key in $keys; do
    look_up "$key"
    case $next in
    -) came="$came${newline}delete: $key" ;;
    *) came="$came$newline$key: ${next#=}" ;;
    esac
done
note_set "${came#"$newline"}"
tidy
finish
