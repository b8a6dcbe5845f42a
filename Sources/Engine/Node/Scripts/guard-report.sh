# shellcheck shell=sh disable=SC2154 # what the prelude sets
# Shows how far this node's guard is, and what it did. Changes nothing.
require_tools base64
read_boot
read_guard
say phase "$phase"
say boot "$boot"
say rollout "$guard_rollout"
say within "$guard_within"
if [ -e "$guard/record" ]; then tail -c 65536 "$guard/record" | attach record; fi
finish
