# SPDX-License-Identifier: MIT
# usage: sh measured.sh PROGRAM
# Measured Online Boutique runs, one deployment: import, train on 50 rows, test on the
# other 450. The data is read where it lies ($FLUXION_DATA, else shared/data beside the
# source); it is no part of this tree, and without it the test is skipped.
sources=$(cd "$(dirname "$0")/../.." && pwd)
data=${FLUXION_DATA:-$sources/../shared/data}
if [ ! -f "$data/boutique/single_500.csv" ]; then
    echo "skipped: no measured data ($data/boutique/single_500.csv)"
    exit 77
fi
data=$(cd "$data" && pwd)
. "$(dirname "$0")/check.sh"
cd "$scratch" || exit 1
deployment=$sources/configs/boutique/deployment.json

run 0 import "$data/boutique/single_500.csv" \
    --map "$sources/configs/boutique/import.json" -o boutique.h5
answers '"rows": 500' info boutique.h5 --json

# value KEY: the first number of that key in the last answer.
value() {
    sed -n "s/^ *\"$1\": \(.*[0-9]\),*$/\1/p" stdout | head -n 1
}

# holds CONDITION: an arithmetic condition of awk.
holds() {
    awk "BEGIN { exit !($1) }" || fail "$2: not so: $1"
}

train="train --deployment $deployment --data boutique.h5 -o model --rows 50 --json"
sum=0
for seed in 1 2 3; do
    # shellcheck disable=SC2086
    run 0 $train --seed $seed
    has_keys backend assignments fits evaluations wall_s failed detail name kind n d lml \
        loo_mae
    [ "$(grep -c '"lml": -*[0-9]' stdout)" -eq "$(grep -c '"kind": "gp"' stdout)" ] ||
        fail "seed $seed: not every fit has a likelihood"
    has_keys ensemble member weight fold_mae
    grep -q '"failed": \[\]' stdout || fail "seed $seed: a fit failed"
    run 0 evaluate model --data boutique.h5 --others --json
    has_keys target unit rows graph mae mape r2 r2_log coverage90 vertices name kind \
        mae_given_measured_inputs r2_own_inputs r2_all_inputs
    [ "$(value rows)" = 450 ] || fail "seed $seed: tested on $(value rows) rows"
    grep -q '"unit": "us"' stdout || fail "seed $seed: the unit is lost"
    echo "seed $seed: the default, $(value mae) us, 90 % coverage $(value coverage90)"
    holds "$(value coverage90) >= 0.6 && $(value coverage90) <= 1" "seed $seed"
    # Predictions are one thing, given measured inputs another.
    [ "$(value mae)" != "$(value mae_given_measured_inputs)" ] ||
        fail "one figure for two"
    sum=$(awk "BEGIN { print $sum + $(value mae) }")
done
holds "$sum / 3 < 65000" "mean error of three seeds"

# shellcheck disable=SC2086
run 0 $train --seed 1 --composed-only
run 0 evaluate model --data boutique.h5 --others --json
echo "seed 1: composed, $(value mae) us"
holds "$(value mae) < 100000" "composed"

for monolith in gp-ard gp-iso; do
    # shellcheck disable=SC2086
    run 0 $train --seed 1 --monolith $monolith
    run 0 evaluate model --data boutique.h5 --others --json
    echo "seed 1: $monolith, $(value mae) us"
    # The mean of the rows alone errs by some 250 ms.
    holds "$(value mae) < 200000" $monolith
done

finish
