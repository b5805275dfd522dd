#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: sh experiments/quickstart.sh
# Installs what is missing, builds, and runs the main job on simulated data: measure random
# settings of a simulated hotel reservation system, train its model, test it on runs it has
# not seen, tune the knobs, and measure the tuned settings against the default ones.
# Everything it makes is in build/quickstart; the report is build/quickstart/report.txt.
set -eu
cd "$(dirname "$0")/.."
. experiments/setup.sh
set_up "$needed_to_build"

out=build/quickstart
log=$out/build.log
mkdir -p "$out"
rm -rf "$out/model"
echo "building build/fluxion"
{ cmake -B build -DFLX_TESTS=OFF && cmake --build build --parallel; } >"$log" 2>&1 || {
    tail -n 40 "$log"
    echo "the build failed; everything it said is in $log"
    exit 1
}
fluxion=build/fluxion
system=hotel deployment=configs/hotel/deployment.json
simulate="$fluxion simulate $system --sequence 6vm --step 1"

# step TITLE COMMAND...: runs the command and keeps what it prints for the report.
step() {
    title=$1
    shift
    echo "$title"
    printf '\n%s\n  %s\n' "$title" "$*" >>"$report"
    "$@" >"$out/answer.txt"
    sed 's/^/  | /' "$out/answer.txt" >>"$report"
}

report=$out/report.txt
cat >"$report" <<E2
Fluxion quick start: a SIMULATED hotel reservation system, nothing here was measured on a real one.
E2
# shellcheck disable=SC2086
{
    step "1. Measure 200 random settings to learn from and 100 others to test on" \
        $simulate --rows 200 --seed 1 -o "$out/train.h5"
    step "   (the test set: another seed)" \
        $simulate --rows 100 --seed 2 -o "$out/test.h5"
    step "2. Train one model for every service and metric, all of them as one batch" \
        $fluxion train --deployment $deployment --data "$out/train.h5" -o "$out/model"
    step "3. Predict the end-to-end p90 of the 100 test runs and compare" \
        $fluxion evaluate "$out/model" --data "$out/test.h5"
    step "4. Look for knob settings with a lower p90" \
        $fluxion tune "$out/model" --optimizer lshade --evaluations 20000
    $fluxion tune "$out/model" --optimizer lshade --evaluations 20000 --json >"$out/tuned.json"
    step "5. Measure the settings found" \
        $simulate --settings "$out/tuned.json" --seed 3 -o "$out/tuned.h5"
    step "6. Measure the default settings" \
        $simulate --settings default --seed 3 -o "$out/default.h5"
}
cat "$report"
