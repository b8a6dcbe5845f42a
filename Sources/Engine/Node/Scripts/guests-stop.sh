# shellcheck shell=sh disable=SC2154 # what the prelude sets
# Shuts guests down, all at once, and waits until each is. One that is stopped already is left alone.
# Arguments: for each guest one word of "qemu" or "lxc", its number, for how many seconds it may take, and 1 if it is
# to be stopped hard after that.
require_token 60
guard_this_boot
parts="$state/stop"
tidy() { rm -rf -- "$parts"; }
tidy
trouble=$(mkdir -p -- "$parts" 2>&1) || io_failed "make $parts" "$trouble"

tool_of() { case $1 in qemu) echo qm ;; *) echo pct ;; esac }
# Whether the node says that it is stopped; one that it says nothing about is not.
is_stopped() {
    case $("$(tool_of "$1")" status "$2" 2>/dev/null </dev/null) in *'status: stopped'*) return 0 ;; esac
    return 1
}
# KIND NUMBER SECONDS FORCE
stop_guest() {
    is_stopped "$1" "$2" && return 0
    set -- "$@" "$(tool_of "$1")"
    if [ "$4" = 1 ]; then
        "$5" shutdown "$2" --timeout "$3" --forceStop 1
    else
        "$5" shutdown "$2" --timeout "$3"
    fi
    ended=$?
    # Where high availability manages it, that was only asked for.
    waited=0
    until is_stopped "$1" "$2"; do
        if [ "$ended" -ne 0 ] || [ "$waited" -ge "$(($3 + 60))" ]; then return 1; fi
        sleep 2
        waited=$((waited + 2))
    done
}

for guest; do require_tools "$(tool_of "${guest%% *}")"; done
asked=
for guest; do
    # shellcheck disable=SC2086 # four words
    set -- $guest
    part=$parts/$1-$2
    asked="$asked $part:$3"
    (
        if stop_guest "$@" >"$part" 2>&1 </dev/null 9<&-; then : >"$part.stopped"; else : >"$part.failed"; fi
    ) &
done
# `wait` would wait for ever where the shell was started with SIGCHLD blocked.
waited=0
for guest in $asked; do
    part=${guest%:*}
    until [ -e "$part.stopped" ] || [ -e "$part.failed" ]; do
        if [ "$waited" -ge "$((2 * ${guest##*:} + 120))" ]; then : >"$part.failed"; fi
        sleep 1
        waited=$((waited + 1))
    done
done

failed='' said=''
for file in "$parts"/*.failed; do
    [ -e "$file" ] || continue
    guest=${file##*/}
    guest=${guest%.failed}
    case $guest in qemu-*) name="VM ${guest#*-}" ;; *) name="CT ${guest#*-}" ;; esac
    text=$(tail -c 4096 "$parts/$guest")
    failed="$failed, $name"
    said="$said$name: $text
"
done
if [ -n "$failed" ]; then
    say command "$(for file in "$parts"/*.failed; do
        guest=${file##*/}
        guest=${guest%.failed}
        printf '%s shutdown %s; ' "$(tool_of "${guest%-*}")" "${guest#*-}"
    done)"
    printf '%s' "$said" | attach output
    refuse guest-not-stopped "${failed#, } did not shut down in time: $(printf '%s' "$said" | tr '\n' ' ' | head -c 600)" \
        "See the guest's console, or give it more time (rollout: guests: timeout); force-stop: true stops it hard."
fi
tidy
finish
