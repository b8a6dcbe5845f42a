#!/bin/sh
# vfiofleet sent this script to run it once; it is part of every action on this node. What stays on the node is told in
# /var/lib/vfiofleet/README. Every script can be run twice: what is done already is left alone.
# Arguments: a random word that marks the answer's lines, the fencing number, the roll-out, then the script's own.
# `put` and `refuse` are never called in a pipe: they must be able to end the script.
# shellcheck disable=SC2034,SC2154,SC2317 # some scripts need only some of this; the guard is told in guard-common.sh
set -u
LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin
export LC_ALL PATH
umask 077
# A lost connection must not stop a change half-way; a handler, unlike '', is not inherited by the commands we run.
trap : PIPE
trap 'tidy; exit 130' HUP INT TERM

nonce=$1 number=$2 rollout=$3
shift 3
state=/var/lib/vfiofleet
backup=$state/backups/$rollout

# The answer: lines of "@WORD NAME TEXT" or "@WORD NAME: BASE64".
say() { printf '@%s %s %s\n' "$nonce" "$1" "$2"; }
attach() {
    printf '@%s %s: ' "$nonce" "$1"
    base64 | tr -d '\n'
    echo
}
finish() {
    say end 'done'
    exit 0
}
# CODE, what was found, what to do. `tidy` is replaced by scripts that leave something behind.
tidy() { :; }
fate='No file was changed.'
refuse() {
    tidy
    say refused "$1"
    say message "$2"
    say advice "$3"
    say end refused
    exit 3
}

require_tools() {
    for tool; do
        command -v "$tool" >/dev/null 2>&1 ||
            refuse tool-missing "The command $tool is not installed on this node." "Install the package that holds $tool."
    done
}

# What was tried, and what the failed command said.
io_failed() {
    case $2 in
    *'No space left'* | *'uota exceeded'*)
        refuse node-disk-full "There was no space to $1. $fate" "Free some space (df -h) and try again." ;;
    *'ead-only file system'*)
        refuse node-read-only "The file system is read-only, so it was not possible to $1. $fate" \
            "Find out why it is mounted read-only (dmesg, findmnt) before anything else." ;;
    esac
    attach evidence <<END
$2
END
    refuse node-write-failed "It was not possible to $1. $fate" "See what the node said; the order can be given again."
}

# Makes files and folders survive a power failure.
flush() { sync -- "$@" 2>/dev/null || sync; }

# Replaces FILE by standard input, atomically.
put() {
    trouble=$( (cat >"$1.new") 2>&1) || io_failed "write $1" "$trouble"
    flush "$1.new"
    trouble=$(mv -f -- "$1.new" "$1" 2>&1) || io_failed "write $1" "$trouble"
    flush "${1%/*}"
}

# One script at a time, also when an earlier one still runs although its connection is gone. Waits at most SECONDS;
# `while_waiting` is replaced by scripts that may learn meanwhile that there is nothing to wait for.
while_waiting() { :; }
hold_mutex() {
    require_tools flock base64
    exec 9<"$state/mutex"
    waited=0
    until flock -n 9; do
        while_waiting
        [ "$waited" -lt "$1" ] || refuse_busy
        sleep 1
        waited=$((waited + 1))
    done
}

# The guard keeps others out until the node goes down.
refuse_busy() {
    read_boot
    read_guard
    [ "$phase" != reverting ] || refuse_put_back
    refuse node-busy "An earlier order of vfiofleet still runs on this node." \
        "Wait until it is done, or look for it with: fuser -v $state/mutex"
}
refuse_put_back() {
    refuse node-put-back "This node has put itself back, or is about to: see $guard/record there." "Plan again."
}

is_number() {
    case $1 in '' | *[!0-9]*) return 1 ;; esac
    [ "${#1}" -le 18 ]
}
damaged() {
    refuse node-state-damaged "$1 on this node does not hold what vfiofleet writes there." \
        "Look at it; if nothing is being rolled out to this node, remove it: rm $1"
}
read_lock() {
    lock_number='' lock_rollout='' lock_by='' lock_since=''
    [ -e "$state/lock" ] || return 1
    while read -r key value; do
        case $key in
        number) lock_number=$value ;;
        rollout) lock_rollout=$value ;;
        by) lock_by=$value ;;
        since) lock_since=$value ;;
        esac
    done <"$state/lock"
    is_number "$lock_number" || damaged "$state/lock"
}
refuse_locked() {
    refuse node-locked \
        "Roll-out $lock_rollout by $lock_by has this node locked since $lock_since, with the number $lock_number." \
        "Let it finish or resume it; if it is gone for good, run on the node: rm $state/lock"
}
refuse_outdated() {
    [ -e "$state/fence" ] || return 0
    read -r fence_number fence_rollout <"$state/fence"
    is_number "$fence_number" || damaged "$state/fence"
    if [ "$number" -gt "$fence_number" ] || [ "$number $rollout" = "$fence_number $fence_rollout" ]; then return 0; fi
    refuse fencing-token-outdated \
        "This node has obeyed the number $fence_number of roll-out $fence_rollout; $number of $rollout is outdated." \
        "Another controller has taken over: start again from there, with a number above $fence_number."
}
# Goes on only for the one that holds the node's lock; others can't take it meanwhile.
require_token() {
    [ -e "$state/mutex" ] || refuse node-lock-not-held "This node is not locked for a change." "Take its lock first."
    hold_mutex "$1"
    refuse_outdated
    read_lock || refuse node-lock-not-held "This node is not locked for a change." "Take its lock first."
    [ "$lock_number $lock_rollout" = "$number $rollout" ] || refuse_locked
}

# The boot in which an order changes this node is no trial of what it changes.
guard_this_boot() {
    read_boot
    read_guard
    [ "$guard_rollout" = "$rollout" ] || return 0
    case $phase in
    waiting) put "$guard/order" <<END
$(sed "s/^boot .*/boot $boot/" "$guard/order")
END
        ;;
    reverting | reverted) refuse_put_back ;;
    esac
}

# The node goes on in this boot, with its guests: it has failed before its reboot, or could not put itself back. No guard
# reboots it under them; one that still can't put the node back goes on trying, and leaves the reboot to somebody.
keep_this_boot() {
    read_boot
    read_guard
    [ "$guard_rollout" = "$rollout" ] || return 0
    case $phase in
    waiting) guard_this_boot ;;
    reverting)
        if [ "$restored" = "$boot" ] && [ ! -e "$guard/stay" ]; then refuse_put_back; fi
        [ -e "$guard/stay" ] || put "$guard/stay" <<END
$boot
END
        ;;
    esac
}

# The folder that keeps what was there before this roll-out.
open_backup() {
    # The node had put itself back, and this roll-out takes it up again: from now on there is something to undo.
    [ ! -e "$backup/reverted" ] || { rm -f -- "$backup/reverted" && flush "$backup"; }
    [ -e "$backup/created" ] && return 0
    trouble=$(mkdir -p -- "$backup" 2>&1) || io_failed "make $backup" "$trouble"
    put "$backup/created" <<END
$(date +%s)
END
}
# Keeps a copy of FILE as PLACE below the backup folder.
save() {
    trouble=$( (mkdir -p -- "$backup/${2%/*}" && rm -f -- "$backup/new" && cp -p -- "$1" "$backup/new") 2>&1) ||
        io_failed "back $1 up" "$trouble"
    settle "$2"
}
# Leaves an empty mark as PLACE below the backup folder.
mark() {
    trouble=$( (mkdir -p -- "$backup/${1%/*}" && : >"$backup/new") 2>&1) || io_failed "keep $backup/$1" "$trouble"
    settle "$1"
}
# Moves the finished $backup/new to PLACE.
settle() {
    flush "$backup/new"
    trouble=$(mv -f -- "$backup/new" "$backup/$1" 2>&1) || io_failed "keep $backup/$1" "$trouble"
    flush "$backup/${1%/*}"
}

printf '\n'
say begin 1
