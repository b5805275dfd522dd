#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: sh includes.sh [ROOT]
# Holds every #include "..." against the table of rooms in ARCHITECTURE.md: a room includes
# only rooms that its row names, which stand on lower floors, and of those only the face; and
# no files include each other in a circle. Prints FILE:LINE: what is wrong. Exit status 1.
root=${1:-$(dirname "$0")/../..}
cd "$root" || exit 2
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT

find formats kernels host experiments \( -name '*.c' -o -name '*.h' -o -name '*.cu' \) |
    sort | xargs grep -n '^#include "' >"$scratch/includes"

awk -F'|' -v edges="$scratch/edges" '
# | floor | `room` | duty | face | may use |; no face: ROOM.h beside the folder; X/* is X and
# all rooms in it
FILENAME == "ARCHITECTURE.md" {
    if ($2 !~ /^ *[0-9]+ *$/)
        next
    room = $3; gsub(/[ `]/, "", room)
    floor[room] = $2 + 0
    face[room] = $5
    uses = $6; gsub(/[` ]/, "", uses)
    n = split(uses, list, ",")
    for (i = 1; i <= n; i++)
        if (list[i] != "")
            may[room, list[i]] = FNR
    rooms++
    next
}
function room_of(path,    folder) {
    folder = path
    if (sub(/\.h$/, "", folder) && folder in floor)
        return folder # its face, which stands beside it
    folder = path
    while (sub(/\/[^\/]*$/, "", folder))
        if (folder in floor)
            return folder
    return ""
}
# b itself, or a group of rooms that it stands in
function is_allowed(a, b) {
    if ((a, b) in may || (a, b "/*") in may)
        return 1
    while (sub(/\/[^\/]*$/, "", b))
        if ((a, b "/*") in may)
            return 1
    return 0
}
function fault(text) { print place ": " text; bad = 1 }
{
    split($0, part, ":")
    place = part[1] ":" part[2]
    split($0, quoted, "\"")
    from = part[1]; to = quoted[2]
    print from, to >edges
    a = room_of(from); b = room_of(to)
    if (a == "") { fault("stands in no room of ARCHITECTURE.md"); next }
    if (b == "") next # generated, or chosen by the build
    if (a == b) next
    if (!is_allowed(a, b))
        fault(a " may not use " b " (" to ")")
    if (face[b] ~ /every header/ || index(face[b], "`" to "`"))
        next
    if (to != b ".h" || face[b] ~ /`/)
        fault(to " is not the face of " b)
}
END {
    if (rooms < 10) { print "ARCHITECTURE.md: no table of rooms"; bad = 1 }
    for (key in may) {
        split(key, pair, SUBSEP)
        place = "ARCHITECTURE.md:" may[key]
        for (room in floor)
            if (room != pair[1] && is_allowed(pair[1], room) && floor[room] >= floor[pair[1]])
                fault(pair[1] " reaches up to " room)
        if (pair[2] !~ /\*$/ && !(pair[2] in floor))
            fault("there is no room " pair[2])
    }
    exit bad
}' ARCHITECTURE.md "$scratch/includes"
status=$?

if ! tsort "$scratch/edges" >/dev/null 2>"$scratch/circles"; then
    echo "files include each other in a circle:"
    sed 's/^tsort: //' "$scratch/circles"
    status=1
fi
[ $status -eq 0 ] && echo "$(wc -l <"$scratch/includes") includes keep to the rooms"
exit $status
