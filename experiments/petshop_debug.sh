#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: sh experiments/petshop_debug.sh
# Does debugging find the faulty node of PetShop's issue episodes (measured)? A graph is trained
# on normal traffic, but for its last 100 time stamps. Every episode is debugged twice: on its
# own five time stamps, and on these after the 100 normal ones. Beside the vertex found stands
# what the errors of the vertices alone would have named. Distance: calls between the vertex
# found and the faulty node, in either direction. Needs a built build/fluxion and the measured
# tables ($FLUXION_DATA, else ../shared/data), which are not part of the repository. The
# normal traffic was recorded five months after the episodes.
set -eu
cd "$(dirname "$0")/.."
data=${FLUXION_DATA:-../shared/data}/petshop
fluxion=${FLUXION:-build/fluxion}
[ -f "$data/petshop_long.csv" ] || {
    echo "skipped: no measured table at $data/petshop_long.csv"
    exit 0
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
map=configs/petshop/import.json

# lines CONDITION: header and lines of the long table, as normal traffic to the import map.
lines() {
    awk -F, -v OFS=, "NR == 1 || ($1) { if (NR > 1) \$2 = \"noissue\"; print }" \
        "$data/petshop_long.csv"
}

# table NAME CONDITION: NAME.h5.
table() {
    lines "$2" >"$work/$1.csv"
    $fluxion import "$work/$1.csv" --map $map -o "$work/$1.h5" >/dev/null
}

# debug TABLE OPTIONS...: the report of fluxion debug, into TABLE.json.
debug() {
    name=$1
    shift
    $fluxion debug "$work/model" --data "$work/$name.h5" --json "$@" >"$work/$name.json" \
        2>/dev/null
}

# errors NAME: a line a vertex: node, MAE, MAE given measured inputs; tabs between.
errors() {
    debug "$1"
    awk -v OFS='\t' '
        function value() { sub(/^ *"[a-z_]*": /, ""); gsub(/[",]/, ""); return $0 }
        /^ *"vertices"/ { inside = 1 }
        inside && /"name"/ { name = value(); sub(/:p90$/, "", name) }
        inside && /"mae"/ { mae = value() }
        inside && /"mae_given/ { print name, mae, value() }' "$work/$1.json" >"$work/$1.tsv"
}

# found TABLE OPTIONS...: the node of the vertex at fault.
found() {
    debug "$@"
    sed -n '0,/"vertex"/s/^ *"vertex": "\(.*\):p90",$/\1/p' "$work/$1.json"
}

# worst COLUMN [NORMAL]: the node whose error in that column is largest, as a multiple of its
# error in the table NORMAL where one is given.
worst() {
    awk -F '\t' -v c="$1" '
        FILENAME != "-" { normal[$1] = $c; next }
        $c != "null" {
            e = $c
            if (ARGC > 2) { if (!($1 in normal) || normal[$1] + 0 == 0) next; e /= normal[$1] }
            if (e > most) { most = e; name = $1 }
        }
        END { print name }' ${2:+"$work/$2.tsv"} - <"$work/episode.tsv"
}

cut=$(awk -F, '$2 == "noissue" && !seen[$3]++ { print $3 }' "$data/petshop_long.csv" |
    sort -n | tail -n 100 | head -n 1)
table train "\$2 == \"noissue\" && \$3 < $cut"
table normal "\$2 == \"noissue\" && \$3 >= $cut"
$fluxion train --deployment configs/petshop/deployment.json --data "$work/train.h5" \
    -o "$work/model" --no-ensemble >/dev/null
errors normal

tail -n +2 "$data/issues.csv" | while IFS=, read -r scenario part _ faulty; do
    own="\$1 == \"$scenario\" && \$2 == \"$part\""
    table episode "$own"
    table both "($own) || (\$2 == \"noissue\" && \$3 >= $cut)"
    errors episode
    printf '%s\t%s' "$scenario $part" "$faulty"
    printf '\t%s' "$(found episode)" "$(found both)" "$(found both --min-correlation 0.5)" \
        "$(found both --min-correlation 0.7)" "$(found both --min-correlation 0.9)" PetSite \
        "$(worst 2)" "$(worst 3)" "$(worst 3 normal)"
    echo
done >"$work/found.tsv"

# Distances: breadth-first over edges.csv, both ways.
awk -F, -v found="$work/found.tsv" -v vertices="$work/normal.tsv" '
    function distance(a, b,    queue, head, tail, at, node, i, next_node) {
        delete at; queue[1] = a; at[a] = 0; head = 1; tail = 1
        while (head <= tail) {
            node = queue[head++]
            if (node == b) return at[node]
            for (i = 1; i <= degree[node]; i++) {
                next_node = beside[node, i]
                if (!(next_node in at)) { at[next_node] = at[node] + 1; queue[++tail] = next_node }
            }
        }
        return "-"
    }
    NR > 1 { beside[$1, ++degree[$1]] = $2; beside[$2, ++degree[$2]] = $1 }
    END {
        count = split("debug, the episode alone|debug, after normal traffic|" \
            "likewise --min-correlation 0.5|likewise --min-correlation 0.7|likewise --min-correlation 0.9|" \
            "always the output, PetSite|largest error|" \
            "largest error given measured inputs|largest growth of that error", titles, "|")
        print "episode: faulty node; node found (distance) by each of"
        for (m = 1; m <= count; m++) print "  " m " = " titles[m]
        FS = "\t"
        while ((getline line <vertices) > 0) { split(line, f, "\t"); nodes[++n] = f[1] }
        while ((getline line <found) > 0) {
            split(line, f, "\t"); episodes++
            printf "%s: %s\n", f[1], f[2]
            for (m = 1; m <= count; m++) {
                d = distance(f[2 + m], f[2])
                printf "    %d  %s (%s)\n", m, f[2 + m], d
                agrees[m] += d == 0; near[m] += d != "-" && d <= 1; sum[m] += d
            }
            for (i = 1; i <= n; i++) {
                d = distance(nodes[i], f[2])
                agrees[count + 1] += (d == 0) / n
                near[count + 1] += (d <= 1) / n
                sum[count + 1] += d / n
            }
        }
        titles[count + 1] = "any vertex (mean)"
        print "\n| of " episodes " episodes | faulty node found | at most one call away | mean distance |"
        print "|---|---|---|---|"
        for (m = 1; m <= count + 1; m++)
            printf "| %s | %.1f | %.1f | %.2f |\n", titles[m], agrees[m], near[m], sum[m] / episodes
    }' "$data/edges.csv"
