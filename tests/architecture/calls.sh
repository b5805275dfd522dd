#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: sh calls.sh BUILD...
# No sources use each other's functions in a circle: read from the symbols of the object files
# in the folders BUILD; those of sources that are gone do not count. Prints every circle. Exit
# status 1.
[ $# -gt 0 ] || { echo "usage: sh calls.sh BUILD..." && exit 2; }
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT
(cd "$(dirname "$0")/../.." && find formats kernels host experiments -name '*.c') >"$scratch/sources"

# The sanitized, emulated and instruction-set copies of a source are that source.
for folder; do
    find "$folder" -name '*.c.o' ! -path "$folder/tests/*"
done | sort | xargs nm -A 2>/dev/null | awk '
    NR == FNR {
        unit = $0; sub(/\.c$/, "", unit)
        do
            is_there[unit] = 1
        while (sub(/^[^\/]*\//, "", unit))
        next
    }
    {
        split($1, part, ":"); unit = part[1]
        of_target = sub(/^.*\.dir\//, "", unit); sub(/\.c\.o$/, "", unit)
        name = $NF
        if (name !~ /^flx_/ || (of_target && !(unit in is_there)))
            next
        kind = NF == 3 ? $2 : ($2 ~ /^[A-Za-z]$/ ? $2 : "")
        if (kind == "U") want[++n] = unit " " name
        else if (kind ~ /[TDRBC]/) owner[name] = unit
    }
    END {
        for (i = 1; i <= n; i++) {
            split(want[i], pair, " ")
            if (pair[2] in owner && owner[pair[2]] != pair[1])
                print pair[1], owner[pair[2]]
        }
    }' "$scratch/sources" - | sort -u >"$scratch/edges"
[ "$(wc -l <"$scratch/edges")" -gt 100 ] || { echo "no object files in $*" && exit 2; }
if ! tsort "$scratch/edges" >/dev/null 2>"$scratch/circles"; then
    echo "sources use each other in a circle:"
    sed 's/^tsort: //; s/.*input contains a loop:/-/' "$scratch/circles"
    exit 1
fi
echo "$(wc -l <"$scratch/edges") uses between sources, no circle"
