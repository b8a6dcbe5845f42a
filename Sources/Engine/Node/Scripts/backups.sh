# shellcheck shell=sh disable=SC2154 # what the prelude sets
# Shows what the roll-outs kept on this node before they changed it. Changes nothing.
require_tools base64 find stat
# FOLDER: each file in it, as a path from /, its permissions, its owner and its bytes.
show() {
    [ -d "$1" ] || return 0
    (cd -- "$1" && find . -type f) | while IFS= read -r file; do
        say "${1##*/}" "${file#.}"
        say mode "$(stat -c %a -- "$1/${file#./}" 2>/dev/null)"
        say owner "$(stat -c %u:%g -- "$1/${file#./}" 2>/dev/null)"
        attach bytes <"$1/${file#./}"
    done
}
for folder in "$state"/backups/*; do
    # What a node has put back by itself is not there to be undone.
    [ ! -e "$folder/reverted" ] || continue
    created=
    { read -r created <"$folder/created"; } 2>/dev/null || continue
    is_number "$created" || damaged "$folder/created"
    say rollout "${folder##*/}"
    say created "$created"
    for part in before absent after removed guests; do show "$folder/$part"; done
done
finish
