# shellcheck shell=sh disable=SC2154 # what the prelude sets
# Takes this node's lock for a roll-out: who may change it until the lock is given back. The lock survives reboots.
# Arguments: who asks.
require_tools base64 flock sync
trouble=$(mkdir -p -- "$state/backups" 2>&1) || io_failed "make $state" "$trouble"
trouble=$( (: >>"$state/mutex") 2>&1) || io_failed "make $state/mutex" "$trouble"
hold_mutex 20
refuse_outdated
if read_lock && [ "$lock_rollout" != "$rollout" ]; then refuse_locked; fi

put "$state/README" <<'END'
vfiofleet, a fleet controller for PCI passthrough, keeps its notes about this node here.
  lock       which roll-out may change this node now; to break it: rm /var/lib/vfiofleet/lock
  fence      the highest number a roll-out ever had here; lower ones are refused
  mutex      held (flock) while one order is carried out; empty
  folders    folders that vfiofleet made, removed again when their last file is
  guard      what puts this node back unless the controller confirms its new settings: order, decision, record,
             copies of initramfs images; to stop it by hand: rm /var/lib/vfiofleet/guard/order
  backups    one folder for each roll-out:
    before/    the files as they were, with owner, mode and time; to go back by hand, in that folder:
               find . -type f -exec cp -p {} /{} \;   (not the folders: theirs are closed to others)
    absent/    empty marks for files that did not exist before
    after/     the files as the roll-out wrote them
    removed/   empty marks for files that the roll-out removed
    guests/    NUMBER.conf: a guest's configuration as it was; NUMBER.set: what was set in it
    reverted   what the node did when it put itself back; then this folder is not undone any more
    found/     files that somebody else had changed when the node put itself back
END
put "$state/fence" <<END
$number $rollout
END
if [ "$lock_number" != "$number" ]; then
    put "$state/lock" <<END
number $number
rollout $rollout
by $1
since $(date -u +%Y-%m-%dT%H:%M:%SZ)
END
fi
finish
