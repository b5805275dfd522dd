#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: sh experiments/refit.sh [OPTIONS OF TRAIN...]
# A refit never makes things worse: simulated Boutique and Hotel are trained at step 1 (100
# rows), scaled to step 2 (Boutique: all services x2; Hotel: reservation and its Memcached x2)
# and refitted on 10 or 25 rows of that step, first the service-vertices, then the target's
# instances. Shown: the mean absolute error of the target on 100 other rows of step 2, as a
# share of that of the untouched graph, mean and worst of ten seeds. Needs a built
# build/fluxion; some minutes.
set -eu
cd "$(dirname "$0")/.."
fluxion=${FLUXION:-build/fluxion}
seeds=${SEEDS:-"1 2 3 4 5 6 7 8 9 10"}
[ $# -gt 0 ] || set -- --no-ensemble
export FLUXION_CONFIGS="$PWD/configs"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# simulate SYSTEM SEQUENCE STEP ROWS SEED FILE
simulate() {
    $fluxion simulate "$1" --sequence "$2" --step "$3" --rows "$4" --seed "$5" \
        -o "$work/$6.h5" >/dev/null
}

# error MODEL: of the target on the test rows.
error() {
    $fluxion evaluate "$work/$1" --data "$work/test.h5" --json |
        sed -n 's/^ *"mae": \([-+.0-9e]*\),*$/\1/p' | head -n 1
}

# What has two instances at step 2.
scaled_boutique="frontend cartservice checkoutservice currencyservice paymentservice
    productcatalogservice shippingservice emailservice recommendationservice adservice redis"
scaled_hotel="reservation memcached-reserve"

# refit ROWS: the errors after the service-vertices, and after the target's instances.
refit() {
    rm -rf "$work/refitted"
    cp -r "$work/model" "$work/refitted"
    $fluxion fit "$work/refitted" --data "$work/new$1.h5" >/dev/null
    error refitted
    $fluxion fit "$work/refitted" frontend p90 --vertex instance --data "$work/new$1.h5" >/dev/null
    error refitted
}

echo "| system | untouched, us | service-vertices, 10 rows | and target | 25 rows | and target |"
echo "|---|---|---|---|---|---|"
for system in boutique hotel; do
    sequence=6vm
    scaled=$scaled_hotel
    if [ $system = boutique ]; then
        sequence=9vm
        scaled=$scaled_boutique
    fi
    for seed in $seeds; do
        simulate $system $sequence 1 100 "$seed" train
        simulate $system $sequence 2 100 $((1000 + seed)) test
        simulate $system $sequence 2 25 $((2000 + seed)) new25
        simulate $system $sequence 2 10 $((3000 + seed)) new10
        $fluxion train --deployment configs/$system/deployment.json --data "$work/train.h5" \
            -o "$work/model" "$@" >/dev/null
        for service in $scaled; do
            $fluxion scale "$work/model" "$service" 2 >/dev/null
        done
        echo "$(error model) $(refit 10 | tr '\n' ' ') $(refit 25 | tr '\n' ' ')"
    done | awk -v name=$system '{
        sum[1] += $1
        for (i = 2; i <= 5; i++) {
            ratio = $i / $1
            sum[i] += ratio
            if (ratio > worst[i]) worst[i] = ratio
        }
    }
    END {
        printf "| %s | %.0f |", name, sum[1] / NR
        for (i = 2; i <= 5; i++) printf " %.3f (worst %.3f) |", sum[i] / NR, worst[i]
        print ""
    }'
done
