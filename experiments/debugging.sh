#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: sh experiments/debugging.sh [STEPS]
# Debugging as a loop (paper 5.2.3) on a SIMULATED Hotel Reservation of 70 services: trained
# before the mix of requests changes, tested and retrained after it. How much of all that
# retraining can win (the graph's error before, less that with every assignment retrained) is
# won by each of the first STEPS (10) steps: in the paper's order; where correlations below
# 0.2 count for nothing; by the largest error of a vertex alone; and in 20 random orders.
# Means over three pairs of test and recent rows. Needs a built build/fluxion; two minutes of two cores.
set -eu
cd "$(dirname "$0")/.."
steps=${1:-10}
fluxion=${FLUXION:-build/fluxion}
export FLUXION_CONFIGS="${FLUXION_CONFIGS:-configs}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# rows NAME STEP NUMBER SEED: NAME.h5 of step 1 (before) or 2 (after the change).
rows() {
    $fluxion simulate hotel --sequence x6-debug --step "$2" --rows "$3" --seed "$4" \
        -o "$work/$1.h5" >/dev/null
}

# course TEST RECENT OPTIONS...: a line a step, from 0: the graph's error and what was
# retrained.
course() {
    test=$1
    recent=$2
    shift 2
    $fluxion debug "$work/model" --data "$work/$test.h5" --retrain "$work/$recent.h5" \
        --json "$@" |
        awk '/"steps"/ { inside = 1; print before }
            /"assignment"/ { name = $0; sub(/^.*": "/, "", name); sub(/",$/, "", name) }
            /"graph_mae"/ {
                gsub(/[^-+.0-9e]/, "", $2)
                if (inside) print $2, name; else before = $2
            }'
}

# shares TITLE: of the courses on standard input, each after the line "course BEST" with the
# error when all is retrained: mean share of what can be won after every step.
shares() {
    awk -v title="$1" -v steps="$steps" '
        function close_course() { for (; k > 0 && k <= steps; k++) sum[k] += share }
        $1 == "course" { close_course(); best = $2; k = 0; n++; next }
        k == 0 { first = $1; share = 0; k = 1; next }
        k <= steps { share = (first - $1) / (first - best); sum[k++] += share }
        END {
            close_course()
            printf "| %s |", title
            for (i = 1; i <= steps; i++) printf " %.1f |", 100 * sum[i] / n
            print ""
        }'
}

# courses OPTIONS...: those of every pair, as shares reads them.
courses() {
    for pair in "2 3" "3 4" "4 2"; do
        test=after${pair% *}
        recent=after${pair#* }
        echo "course $(cat "$work/best.$test")"
        course "$test" "$recent" --budget "$steps" "$@"
    done
}

rows before 1 300 1
for seed in 2 3 4; do rows after$seed 2 150 $seed; done
$fluxion train --deployment configs/hotel/x6-debug-1.json --data "$work/before.h5" \
    -o "$work/model" --no-ensemble >/dev/null
for pair in "2 3" "3 4" "4 2"; do
    course "after${pair% *}" "after${pair#* }" --strategy random --budget 1000 >"$work/all"
    tail -n 1 "$work/all" | cut -d' ' -f1 >"$work/best.after${pair% *}"
    awk -v test="${pair% *}" -v recent="${pair#* }" '
        NR == 1 { before = $1 }
        END {
            printf "test rows of seed %s, recent rows of seed %s: graph MAE %.0f us, ", test,
                recent, before
            printf "with all %d assignments retrained %.0f us; in the order of the paper:\n",
                NR - 1, $1
        }' "$work/all"
    course "after${pair% *}" "after${pair#* }" --budget "$steps" | awk 'NR > 1 {
        mae = $1; sub(/^[^ ]* /, ""); printf "  %d. %s: %.0f us\n", NR - 1, $0, mae }'
done

echo
printf '| %% of what can be won, after step |'
for k in $(seq "$steps"); do printf ' %s |' "$k"; done
printf '\n|---|'
for k in $(seq "$steps"); do printf -- '---|'; done
echo
courses | shares "debug, as the paper"
courses --min-correlation 0.2 | shares "debug --min-correlation 0.2"
courses --strategy error | shares "largest error of a vertex"
for seed in $(seq 20); do courses --strategy random --seed "$seed"; done |
    shares "random, mean of 20 orders"
