#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: sh calls.sh BUILD
# No sources use each other's functions in a circle: read from the symbols of the object files
# in BUILD. Prints every circle. Exit status 1.
build=${1:?usage: sh calls.sh BUILD}
cd "$build" || exit 2
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT

# The sanitized, emulated and instruction-set copies of a source are that source.
find . -name '*.c.o' ! -path './tests/*' | sort | xargs nm -A 2>/dev/null |
    awk '{
        split($1, part, ":"); unit = part[1]
        sub(/^.*\.dir\//, "", unit); sub(/\.c\.o$/, "", unit)
        kind = NF == 3 ? $2 : ($2 ~ /^[A-Za-z]$/ ? $2 : "")
        name = $NF
        if (name !~ /^flx_/) next
        if (kind == "U") { want[++n] = unit " " name }
        else if (kind ~ /[TDRBC]/) owner[name] = unit
    }
    END {
        for (i = 1; i <= n; i++) {
            split(want[i], pair, " ")
            if (pair[2] in owner && owner[pair[2]] != pair[1])
                print pair[1], owner[pair[2]], pair[2]
        }
    }' | sort -u >"$scratch/uses"
[ "$(wc -l <"$scratch/uses")" -gt 100 ] || {
    echo "no object files in $build"
    exit 2
}
cut -d' ' -f1,2 "$scratch/uses" | sort -u >"$scratch/edges"
if ! tsort "$scratch/edges" >/dev/null 2>"$scratch/circles"; then
    echo "sources use each other in a circle:"
    sed 's/^tsort: //' "$scratch/circles"
    exit 1
fi
echo "$(wc -l <"$scratch/edges") uses between sources, no circle"
