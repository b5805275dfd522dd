# SPDX-License-Identifier: MIT
# usage: sh main_job.sh PROGRAM
# From a simulated system to tuned settings, as the README shows it: every file appears, one
# seed gives one result on any number of threads, JSON is one document, and a step that fails
# leaves nothing behind.
. "$(dirname "$0")/check.sh"
configs=$(cd "$(dirname "$0")/../../configs" && pwd)
FLUXION_CONFIGS=$configs
export FLUXION_CONFIGS
deployment=$configs/boutique/deployment.json
cd "$scratch" || exit 1

simulate="simulate boutique --sequence 9vm --step 1 --seconds 5 --warmup 1"
# shellcheck disable=SC2086
{
    run 0 $simulate --rows 40 --seed 1 -o train.h5
    run 0 $simulate --rows 20 --seed 2 -o test.h5
}
answers '"simulated": true' info train.h5 --json
is_json stdout

run 0 train --deployment "$deployment" --data train.h5 -o one --seed 3 --threads 1 --json
is_json stdout
run 0 train --deployment "$deployment" --data train.h5 -o two --seed 3 --threads 2
for model in one two; do
    [ -f $model/deployment.json ] && [ -f $model/graph.json ] || fail "$model is not whole"
    run 0 evaluate $model --data test.h5 --json
    cp stdout $model.evaluate
    run 0 predict $model --data test.h5 -o $model.csv --interval 0.9
done
is_json one.evaluate
same one.evaluate two.evaluate
same one.csv two.csv
[ "$(head -n 1 one.csv)" = "row,prediction,lower,upper" ] || fail "the CSV has another header"
[ "$(wc -l <one.csv)" -eq 21 ] || fail "not one line a row"

for threads in 1 2; do
    run 0 tune one --optimizer lshade --evaluations 2000 --seed 4 --threads $threads --json
    # All but the time it took.
    grep -v '"wall_s"' stdout >tuned.$threads
    cp stdout tuned.json
done
is_json tuned.json
same tuned.1 tuned.2
# shellcheck disable=SC2086
run 0 $simulate --settings tuned.json --seed 5 -o tuned.h5

# What goes wrong leaves nothing behind.
refuses "nosuch.h5" train --deployment "$deployment" --data nosuch.h5 -o three
refuses "--data" train --deployment "$deployment" -o three
refuses "nosuch.json" train --deployment nosuch.json --data train.h5 -o three
echo "this is not HDF5" >text.h5
refuses "text.h5" train --deployment "$deployment" --data text.h5 -o three
refuses "text.h5" predict one --data text.h5 -o three.csv
refuses "text.h5" evaluate text.h5 --data test.h5
refuses "nosuch" tune nosuch --optimizer lshade --evaluations 100
refuses "newton" tune one --optimizer newton --evaluations 100
[ ! -e three ] && [ ! -e three.csv ] || fail "something is left of a step that failed"
left=$(find . -name '*tmp*' -o -name '*partial*' -o -name '.*.h5*')
[ -z "$left" ] || fail "unfinished files are left: $left"

finish
