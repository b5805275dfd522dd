#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: sh experiments/quickstart.sh
# Installs what is missing, builds, and runs the main job on simulated data: measure random
# settings of a simulated hotel reservation system, train its model, test it on runs it has
# not seen, tune the knobs, and measure the tuned settings against the default ones.
# Everything it makes is in build/quickstart; report.txt there has every command and what it printed.
set -eu
cd "$(dirname "$0")/.."
. experiments/setup.sh
set_up "$needed_to_build"

out=build/quickstart
report=$out/report.txt
fluxion=build/fluxion
deployment=configs/hotel/deployment.json
simulate="$fluxion simulate hotel --sequence 6vm --step 1"
tune="$fluxion tune $out/model --optimizer lshade --evaluations 10000 --top 1"
column=frontend:p90
mkdir -p "$out"
rm -rf "$out/model"

echo "Building $fluxion ..."
{ cmake -B build -DFLX_TESTS=OFF && cmake --build build --parallel; } >"$out/build.log" 2>&1 || {
    tail -n 40 "$out/build.log"
    echo "The build failed; everything it said is in $out/build.log"
    exit 1
}

# step TITLE COMMAND...: runs the command and keeps what it prints for the report.
step() {
    echo "$1 ..."
    printf '\n## %s\n\n' "$1" >>"$report"
    shift
    printf '    %s\n\n' "$*" >>"$report"
    "$@" >"$out/output.txt" 2>&1 || {
        cat "$out/output.txt"
        exit 1
    }
    cat "$out/output.txt" >>"$report"
}

# tune --top 1 reports one setting, as the best and as the head of its list: --rows 5 runs
# it ten times.
#
# number KEY FILE: the first number of that key in a JSON report.
number() {
    sed -n "s/^ *\"$1\": *\([-+.0-9e]*\),*\$/\1/p" "$2" | head -n 1
}

# The target in the runs of a file: the median as simulated, the first as predicted.
simulated() {
    $fluxion info "$out/$1.h5" | awk -v column=$column '$1 == column { print $5 }'
}
predicted() {
    awk -F, 'NR == 2 { printf "%.0f us (%.0f to %.0f)", $2, $3, $4 }' "$out/$1.csv"
}

echo "# Fluxion quick start: a SIMULATED system; nothing here was measured on a real one" >"$report"
# shellcheck disable=SC2086
{
    step "Simulating 300 runs with random settings to learn from" \
        $simulate --rows 300 --seed 1 -o $out/train.h5
    step "Simulating 100 other runs to test on" \
        $simulate --rows 100 --seed 2 -o $out/test.h5
    step "Training a model of every service, all of them as one batch" \
        $fluxion train --deployment $deployment --data $out/train.h5 -o $out/model
    step "Testing the model" \
        $fluxion evaluate $out/model --data $out/test.h5
    $fluxion evaluate $out/model --data $out/test.h5 --json >$out/evaluate.json
    step "Looking for settings with a lower latency" $tune
    cp $out/output.txt $out/tune.txt
    $tune --json >$out/tune.json
    step "Simulating the settings found, 10 times" \
        $simulate --settings $out/tune.json --rows 5 --seed 3 -o $out/tuned.h5
    step "Simulating the default settings, 10 times" \
        $simulate --settings default --rows 10 --seed 3 -o $out/default.h5
    for settings in tuned default; do
        step "Predicting the $settings settings" \
            $fluxion predict $out/model --data $out/$settings.h5 -o $out/$settings.csv --interval 0.9
    done
}

was=$(simulated default)
is=$(simulated tuned)
{
    echo
    echo "What was found: end-to-end latency ($column) of a SIMULATED hotel reservation system"
    awk -v mae="$(number mae $out/evaluate.json)" -v mape="$(number mape $out/evaluate.json)" \
        -v cover="$(number coverage90 $out/evaluate.json)" 'BEGIN {
        printf "  On 100 runs it has not seen the model is off by %.1f %% (%.0f us) on\n",
            100 * mape, mae
        printf "  average, and %.0f %% of them lie in its 90 %% interval.\n\n", 100 * cover }'
    echo "                    simulated (median of 10)  predicted (90 % interval)"
    printf '  default settings  %20.0f us   %s\n' "$was" "$(predicted default)"
    printf '  tuned settings    %20.0f us   %s\n' "$is" "$(predicted tuned)"
    awk -v was="$was" -v is="$is" 'BEGIN { printf "  change            %20.1f %%\n", 100 * (is / was - 1) }'
    printf '\n  The knobs that matter most, and the cost of putting each back, in us:\n'
    awk 'NR <= 2 { next } !NF || NR > 7 { exit } { print "    " $0 }' $out/tune.txt
    printf '\nFiles: %s (model, data, settings; every command and what it printed in report.txt)\n' "$out"
} >"$out/summary.txt"
cat "$out/summary.txt"
cat "$out/summary.txt" >>"$report"
