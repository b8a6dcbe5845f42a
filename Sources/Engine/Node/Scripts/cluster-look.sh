# shellcheck shell=sh disable=SC2154 # what the prelude sets
# Tells how this node stands in its cluster: what high availability does here, and what of Ceph it carries:
# OSDs, monitors, metadata servers. Changes nothing.
require_tools base64 mktemp timeout
asked=$(mktemp -d) || io_failed "make a folder for what commands print" "$asked"
tidy() { rm -rf -- "$asked"; }

# Runs a command and tells how it ended and what it printed: NAME, then the command.
ask() {
    name=$1
    shift
    # A cluster that can't be reached would keep it waiting for ever.
    timeout 60 "$@" >"$asked/out" 2>"$asked/err" </dev/null 9<&-
    say "$name-status" "$?"
    attach "$name" <"$asked/out"
    attach "$name-error" <"$asked/err"
}

host=$(uname -n)
say host "${host%%.*}"
if command -v pvesh >/dev/null 2>&1; then
    ask ha pvesh get /cluster/ha/status/manager_status --output-format json
fi

# An OSD has a folder here, under its cluster's name or, in a container, under its cluster's number.
osds=''
for place in /var/lib/ceph/osd/*-[0-9]* /var/lib/ceph/*/osd.[0-9]*; do
    [ -d "$place" ] || continue
    case ${place##*/} in osd.*) id=${place##*/osd.} ;; *) id=${place##*-} ;; esac
    if is_number "$id"; then osds="$osds $id"; fi
done
# KIND: the names of daemons that have a folder here, "CLUSTER-NAME" or, in a container, "KIND.NAME".
named() {
    for place in /var/lib/ceph/"$1"/*-* /var/lib/ceph/*/"$1".*; do
        [ -d "$place" ] || continue
        case ${place##*/} in "$1".*) name=${place##*/"$1".} ;; *) name=${place##*/} name=${name#*-} ;; esac
        case $name in '' | *[!A-Za-z0-9._-]*) ;; *) printf ' %s' "$name" ;; esac
    done
}
mons=$(named mon)
mdss=$(named mds)
[ -z "$osds$mons$mdss" ] || require_tools ceph
# shellcheck disable=SC2086 # one word for each
if [ -n "$mons" ]; then
    say mons "${mons# }"
    ask ceph-mon-stop ceph mon ok-to-stop $mons
fi
# shellcheck disable=SC2086 # one word for each
if [ -n "$mdss" ]; then
    say mdss "${mdss# }"
    ask ceph-mds-stop ceph mds ok-to-stop $mdss
fi
if [ -n "$osds" ]; then
    say osds "${osds# }"
    ask ceph-dump ceph osd dump -f json
    # Folders of OSDs that are gone may be left, and Ceph refuses to judge those.
    known=$(timeout 60 ceph osd ls 2>/dev/null </dev/null 9<&-)
    alive=''
    for id in $osds; do
        for other in $known; do if [ "$id" = "$other" ]; then alive="$alive $id"; fi; done
    done
    # shellcheck disable=SC2086 # one word for each
    if [ -n "$alive" ]; then ask ceph-stop ceph osd ok-to-stop $alive -f json; fi
fi
tidy
finish
