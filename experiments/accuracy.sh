#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: sh experiments/accuracy.sh [BOUTIQUE.csv]
# Prediction error on measured Online Boutique runs (every service one instance): mean over
# seeds 1 to 10 of the mean absolute error of frontend p90, in ms, on the rows not drawn for
# training, and the share of them inside the 90 % interval. Needs a built build/fluxion and
# the measured table (default: ../shared/data/boutique/single_500.csv), which is not part of
# the repository.
set -eu
cd "$(dirname "$0")/.."
table=${1:-${FLUXION_DATA:-../shared/data}/boutique/single_500.csv}
fluxion=${FLUXION:-build/fluxion}
[ -f "$table" ] || {
    echo "skipped: no measured table at $table"
    exit 0
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
$fluxion import "$table" --map configs/boutique/import.json -o "$work/data.h5" >/dev/null

# value KEY: the first number of that key in the report.
value() {
    sed -n "s/^ *\"$1\": *\([-+.0-9e]*\),*\$/\1/p" "$work/report.json" | head -n 1
}

# row TITLE OPTIONS...: trains and tests at every size and seed.
row() {
    title=$1
    shift
    printf '| %s |' "$title"
    for n in 10 25 50 100; do
        for seed in 1 2 3 4 5 6 7 8 9 10; do
            $fluxion train --deployment configs/boutique/deployment.json --rows $n \
                --seed $seed --data "$work/data.h5" -o "$work/model" --json "$@" >/dev/null
            $fluxion evaluate "$work/model" --data "$work/data.h5" --held-out --json \
                >"$work/report.json"
            echo "$(value mae) $(value coverage90)"
        done | awk '{ e += $1 / 1000; c += $2 } END { printf " %.0f (%.2f) |", e / NR, c / NR }'
    done
    echo
}

echo "| model | n = 10 | 25 | 50 | 100 |"
echo "|---|---|---|---|---|"
row "the default: graphs and black boxes, weighted (train)"
row "composed inference graph (--no-ensemble)" --no-ensemble
row "one black box, a length scale per input (--monolith gp-ard)" --monolith gp-ard
row "one black box, one length scale, maximum likelihood (--monolith gp-iso)" \
    --monolith gp-iso
row "one black box of boosted trees (--monolith xgboost)" --monolith xgboost
row "one black box, a random forest (--monolith forest)" --monolith forest
row "one black box of perceptrons (--monolith mlp)" --monolith mlp
row "one black box, ridge regression (--monolith ridge)" --monolith ridge
row "as the paper: composed, one length scale, maximum likelihood (--paper)" --paper
