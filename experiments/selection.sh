#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: sh experiments/selection.sh
# Input selection on measured systems, medians over SEEDS draws of the rows to learn from
# (default 3; whole groups together), tested on the others:
#   1. RocksDB: 3 of about 100 metrics that explain the written throughput (MB/s)
#   2. Online Boutique: 4 of its services' metrics that explain the frontend's p90 (us)
#   3. Online Boutique, composed graphs: every vertex selects, nothing measured but knobs
#      and rates is given when it predicts (us)
# against all metrics, p90 alone, and the best of as many random subsets. Needs a built
# build/fluxion and build/experiments/selection/selection_benchmark, and the measured tables (default: ../shared/data, or where FLUXION_DATA
# points), which are not part of the repository.
set -eu
cd "$(dirname "$0")/.."
data=${FLUXION_DATA:-../shared/data}
fluxion=${FLUXION:-build/fluxion}
benchmark=$(dirname "$fluxion")/experiments/selection/selection_benchmark
export OPENBLAS_NUM_THREADS=1 # tasks run in parallel, each on one thread
seeds=${SEEDS:-3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# fetch FOLDER/FILE.csv: the table as $work/data.h5, or a line that it is absent.
fetch() {
    [ -f "$data/$1" ] || {
        echo "skipped: no measured table at $data/$1"
        return 1
    }
    $fluxion import "$data/$1" --map "configs/${1%%/*}/import.json" \
        -o "$work/data.h5" >/dev/null
}

# median: of the numbers on standard input.
median() {
    sort -n | awk '{ v[NR] = $1 }
        END { h = int((NR + 1) / 2); printf "%.0f", (v[h] + v[NR + 1 - h]) / 2 }'
}

# composed METRICS: a row of table 3.
composed() {
    printf '| %s |' "$1"
    for n in 50 100 200; do
        seed=0
        while [ $seed -lt "$seeds" ]; do
            seed=$((seed + 1))
            $fluxion train --deployment configs/boutique/deployment.json --no-ensemble \
                --metrics "$1" --rows $n --seed $seed --data "$work/data.h5" \
                -o "$work/model" --json >/dev/null
            $fluxion evaluate "$work/model" --data "$work/data.h5" --held-out --json |
                sed -n 's/^ *"mae": *\([0-9.e+]*\),*$/\1/p' | head -n 1
        done >"$work/errors"
        printf ' %s |' "$(median <"$work/errors")"
    done
    echo
}

for file in fillrandom92__fillrandom92 fillrandom192__fillrandom192 \
    readrandomwriterandom92__readrandomwriterandom92; do
    echo "--- RocksDB, $file, 3 metrics, 225 rows"
    ! fetch "rocksdb/$file.csv" ||
        $benchmark "$work/data.h5" db:written_throughput 3 225 "$seeds"
done
echo "--- Online Boutique, 4 metrics, 100 rows"
fetch boutique/single_500.csv || exit 0
$benchmark "$work/data.h5" frontend:p90 4 100 "$seeds" p90
echo "--- Online Boutique, composed graphs"
echo "| metrics | n = 50 | 100 | 200 |"
echo "|---|---|---|---|"
composed p90
composed p50,p90,p95,p99
composed avg,p50,p90,p95,p99
composed select
