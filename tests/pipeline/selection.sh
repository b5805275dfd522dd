# SPDX-License-Identifier: MIT
# usage: sh selection.sh PROGRAM SELECTION_BENCHMARK
# The benchmark of input selection on a small table: web:p90 follows db:p50 and nothing else.
. "$(dirname "$0")/check.sh"
benchmark=$2

awk 'BEGIN {
    print "k,x,y,z,t"
    for (i = 0; i < 60; i++) {
        k = i * 0.618034 % 1; x = i * 0.754878 % 1; y = i * 0.569840 % 1; z = i * 0.438579 % 1
        print k "," x "," y "," z "," 5 + 2 * k + 3 * x
    }
}' >"$scratch/shop.csv"
cat >"$scratch/shop.json" <<'END'
{"format": "fluxion-import", "version": 1, "columns": {
  "k": {"name": "web:k", "kind": "knob"}, "t": {"name": "web:p90", "kind": "metric"},
  "x": {"name": "db:p50", "kind": "metric"}, "y": {"name": "db:p90", "kind": "metric"},
  "z": {"name": "cache:p90", "kind": "metric"}}}
END
run 0 import "$scratch/shop.csv" --map "$scratch/shop.json" -o "$scratch/shop.h5"

program=$benchmark
answers "round 1 selected db:p50" "$scratch/shop.h5" web:p90 1 30 2
answers "the named metric" "$scratch/shop.h5" web:p90 1 30 1 p90
refuses "usage" "$scratch/shop.h5" web:p90 1
refuses "db:p99 is not a column" "$scratch/shop.h5" db:p99 1 30 1
refuses "9 of 3 candidates" "$scratch/shop.h5" web:p90 9 30 1
refuses "none is left" "$scratch/shop.h5" web:p90 1 60 1

finish
