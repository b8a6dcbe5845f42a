# shellcheck shell=sh disable=SC2154,SC2034 # what the prelude sets
# Replaces configuration files: compares each with what the plan saw, backs it up, writes the new ones beside the old
# ones, and only when all that worked puts them in place. Killed at any point, each file is wholly old or wholly new.
# Arguments: the files. Standard input, a line for each: SHA-256 before, SHA-256 after ("absent" = no such file), the
# permissions and the owner it must have ("-" = those it has), and the new bytes in base64.
require_token 60
require_tools sha256sum cmp cp mv readlink stat sync
guard_this_boot
staging=$state/staging
newline='
'
beside='' made=''

# For each line of LIST, runs COMMAND with it.
each() {
    list=$1
    shift
    while [ -n "$list" ]; do
        "$@" "${list%%"$newline"*}" 2>/dev/null
        list=${list#*"$newline"}
    done
}
tidy() {
    each "$beside" rm -f --
    each "$made" rmdir --
    rm -rf -- "$staging" "$backup/new" "$state"/*.new 2>/dev/null
}

# Sets `real`: where the bytes of PATH are. A link is followed as long as it stays in /etc.
resolve() {
    real=$1
    if [ -L "$1" ]; then
        real=$(readlink -f -- "$1") || refuse not-a-regular-file "$1 is a link that leads nowhere." "Remove or mend the link."
    fi
    parent=${real%/*}
    until [ -d "${parent:-/}" ]; do
        if [ -e "$parent" ] || [ -L "$parent" ]; then
            refuse not-a-regular-file "$parent is no folder, so $1 can't be in it." "Move it away, then plan again."
        fi
        parent=${parent%/*}
    done
    real=$(cd -P -- "${parent:-/}" && pwd -P)${real#"$parent"}
    case $real in
    /etc/pve/*) refuse path-not-allowed "$1 leads into /etc/pve." "Files there are changed with qm and pvesh only." ;;
    /etc/*) ;;
    *) refuse path-not-allowed "$1 leads to $real, outside of /etc." "Make it a regular file within /etc, then plan again." ;;
    esac
    if [ -e "$real" ] && [ ! -f "$real" ]; then
        refuse not-a-regular-file "$real is neither a file nor absent." "Move it away, then plan again."
    fi
}
digest() {
    if [ -e "$1" ]; then
        sum=$(sha256sum <"$1")
        printf '%s' "${sum%% *}"
    else
        printf absent
    fi
}
new_name() { printf '%s/.%s.vfiofleet-new' "${1%/*}" "${1##*/}"; }
has() { [ "$1" = - ] || [ "$(stat -c "$2" -- "$3" 2>/dev/null)" = "$1" ]; }
has_rights() { has "$mode" %a "$1" && has "$owner" %u:%g "$1"; }
# Sets `before`, `after`, `mode` and `owner` of the file at hand; false when there is nothing to do for it.
order() {
    [ -e "$staging/$at.order" ] && read -r before after mode owner <"$staging/$at.order"
}

# Takes one file's order from standard input; notes it if there is something to do.
take() {
    IFS=' ' read -r before after mode owner content || refuse order-malformed "The order for $1 did not arrive." "Try again."
    resolve "$1"
    # Left by an order that was killed.
    rm -f -- "$(new_name "$real")" 2>/dev/null
    now=$(digest "$real")
    [ "$now" = "$after" ] && has_rights "$real" && return 0
    if [ "$now" != "$before" ]; then
        say changed "$at"
        if [ -e "$real" ]; then head -c 65536 <"$real" | attach found; fi
        changed="$changed $1"
        return 0
    fi
    if [ "$after" != absent ]; then
        trouble=$( (printf '%s' "$content" | base64 -d | cat >"$staging/$at") 2>&1) || io_failed "take the new $1" "$trouble"
        [ "$(digest "$staging/$at")" = "$after" ] || refuse order-malformed "The new $1 arrived damaged." "Try again."
    fi
    trouble=$( (printf '%s %s %s %s\n' "$before" "$after" "$mode" "$owner" | cat >"$staging/$at.order") 2>&1) || io_failed "take the new $1" "$trouble"
    todo=yes
}

# Keeps the file from before, once per roll-out.
back_up() {
    resolve "$1"
    if [ -e "$backup/before$1" ] || [ -e "$backup/absent$1" ]; then return 0; fi
    if [ "$before" = absent ]; then mark "absent$1"; else save "$real" "before$1"; fi
}

# Makes the folder of a new file; remembers those that did not exist.
make_folder() {
    [ -d "$1" ] && return 0
    make_folder "${1%/*}"
    if ! grep -qxF -e "$1" "$state/folders" 2>/dev/null; then
        put "$state/folders" <<END
$(cat "$state/folders" 2>/dev/null)
$1
END
    fi
    trouble=$(mkdir -m 755 -- "$1" 2>&1) || io_failed "make $1" "$trouble"
    made="$1$newline$made"
    flush "${1%/*}"
}
# Whose owner and mode a file gets that is not there now: its own, if a backup holds just these bytes.
model() {
    for saved in "$state"/backups/*/before"$1"; do
        if [ -f "$saved" ] && cmp -s -- "$saved" "$staging/$at"; then printf '%s' "$saved"; return; fi
    done
}
# Writes the new file beside the old one.
write_beside() {
    [ "$after" != absent ] || return 0
    resolve "$1"
    make_folder "${real%/*}"
    new=$(new_name "$real")
    beside="$beside$new$newline"
    like=$real
    [ -e "$real" ] || like=$(model "$1")
    if [ -n "$like" ]; then
        trouble=$(cp -p -- "$like" "$new" 2>&1) || io_failed "write $new" "$trouble"
    fi
    trouble=$( (cat -- "$staging/$at" >"$new") 2>&1) || io_failed "write $new" "$trouble"
    if [ "$owner" != - ]; then
        trouble=$(chown -- "$owner" "$new" 2>&1) || io_failed "give $new to $owner" "$trouble"
    fi
    if [ "$mode" != - ]; then chmod "$mode" -- "$new"; elif [ -z "$like" ]; then chmod 644 -- "$new"; fi
    flush "$new"
    [ "$(digest "$new")" = "$after" ] || io_failed "write $new" "What was read back is not what was written."
}
# Notes what is about to be put in place, just as it will be there.
note_after() {
    resolve "$1"
    if [ "$after" = absent ]; then
        mark "removed$1"
        rm -f -- "$backup/after$1"
    else
        save "$(new_name "$real")" "after$1"
        rm -f -- "$backup/removed$1"
    fi
}
# Removes folders that vfiofleet made, from the innermost, as long as they are empty.
remove_folders() {
    folder=$1
    while grep -qxF -e "$folder" "$state/folders" 2>/dev/null && rmdir -- "$folder" 2>/dev/null; do
        put "$state/folders" <<END
$(grep -vxF -e "$folder" "$state/folders")
END
        folder=${folder%/*}
    done
}
replace() {
    resolve "$1"
    if [ "$after" = absent ]; then
        trouble=$(rm -f -- "$real" 2>&1) || io_failed "remove $real" "$trouble"
    else
        trouble=$(mv -f -- "$(new_name "$real")" "$real" 2>&1) || io_failed "replace $real" "$trouble"
    fi
    say wrote "$at"
    fate='Some files were replaced already; the same order given again completes it.'
    flush "${real%/*}"
    if [ "$after" = absent ]; then remove_folders "${real%/*}"; fi
}
check_again() {
    resolve "$1"
    [ "$(digest "$real")" = "$before" ] || refuse file-changed-since-plan "$1 changed just now." "Plan again."
}

rm -rf -- "$staging"
trouble=$(mkdir -- "$staging" 2>&1) || io_failed "make $staging" "$trouble"
changed='' todo='' at=0
for path; do at=$((at + 1)); take "$path"; done
if [ -n "$changed" ]; then
    refuse file-changed-since-plan "Changed since the plan was made:$changed." "Plan again; nothing was touched."
fi
[ -z "$todo" ] || open_backup
for step in back_up write_beside note_after check_again replace; do
    at=0
    for path; do
        at=$((at + 1))
        if order; then "$step" "$path"; fi
    done
done
beside='' made=''
tidy
finish
