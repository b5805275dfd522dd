# SPDX-License-Identifier: MIT
# usage: sh simulate.sh PROGRAM
# Simulated benchmark runs on the command line: what is written, and what is refused.
. "$(dirname "$0")/check.sh"

unset FLUXION_CONFIGS
data=$scratch/data.h5

answers "3 simulated rows, 503 columns" \
    simulate hotel --sequence 6vm --rows 3 --seconds 2 -o "$data"
answers "simulated" info "$data"
answers '"inputs": 63' info "$data" --json
answers '"rows": 3' simulate hotel --sequence 6vm --rows 3 --seconds 2 -o "$data" --json
[ "$(grep -c '"reservation":' "$scratch/stdout")" -eq 1 ] || fail "no utilization in JSON"
answers "step 1 of x6" simulate trainticket --sequence x6 --seconds 0.2 --warmup 0.1 -o "$data"
answers '"inputs": 1020' info "$data" --json

# The same seed gives the same table, whatever the number of threads.
run 0 simulate boutique --sequence 9vm --rows 4 --seconds 2 --seed 8 --threads 1 -o "$scratch/one.h5"
run 0 simulate boutique --sequence 9vm --rows 4 --seconds 2 --seed 8 --threads 3 -o "$scratch/three.h5"
if command -v h5dump >/dev/null; then
    h5dump -d /values "$scratch/one.h5" | sed 1d >"$scratch/one.txt"
    h5dump -d /values "$scratch/three.h5" | sed 1d >"$scratch/three.txt"
    cmp -s "$scratch/one.txt" "$scratch/three.txt" || fail "the table depends on threads"
fi

# Settings: the defaults, a CSV, the answer of tune.
answers "2 simulated rows" \
    simulate boutique --sequence 9vm --settings default --rows 2 --seconds 1 -o "$data"
printf 'frontend:CPU_LIMIT,redis:maxmemory\n400,64\n150,100\n' >"$scratch/two.csv"
answers "2 simulated rows" \
    simulate boutique --sequence 9vm --settings "$scratch/two.csv" --seconds 1 -o "$data"
printf '{"best": {"settings": {"frontend:CPU_LIMIT": 400}}, "top": []}' >"$scratch/tune.json"
answers "1 simulated row," \
    simulate boutique --sequence 9vm --settings "$scratch/tune.json" --seconds 1 -o "$data"

new=$scratch/new.h5
refuses "--sequence" simulate hotel -o "$new"
refuses "-o" simulate hotel --sequence 6vm
refuses "6vm, 100vm, x6-debug" simulate hotel --sequence 7vm -o "$new"
refuses "steps 1 to 6" simulate hotel --sequence 6vm --step 7 -o "$new"
refuses "no system 'motel'" simulate motel --sequence 6vm -o "$new"
refuses "absent.json" simulate "$scratch/absent.json" --sequence 6vm -o "$new"
refuses "service-times" simulate hotel --sequence 6vm --service-times normal -o "$new"
refuses "rows" simulate hotel --sequence 6vm --rows 0 -o "$new"
refuses "SYSTEM" simulate --sequence 6vm -o "$new"
printf 'frontend:CPU\n400\n' >"$scratch/bad.csv"
refuses "'frontend:CPU' is no knob" \
    simulate boutique --sequence 9vm --settings "$scratch/bad.csv" -o "$new"
printf 'frontend:CPU_LIMIT\n9000\n' >"$scratch/bad.csv"
refuses "bad.csv line 2" \
    simulate boutique --sequence 9vm --settings "$scratch/bad.csv" -o "$new"
[ ! -e "$new" ] || fail "a refused call left a file"

# The systems are found wherever the program stands: linked or copied out of its build folder,
# and in an installation that was moved, which has its own. FLUXION_CONFIGS overrules.
own=$(realpath "$program")
mkdir -p "$scratch/linked/bin" "$scratch/copied/bin" "$scratch/share/fluxion/configs" \
    "$scratch/installed/bin" "$scratch/installed/share/fluxion/configs"
ln -s "$own" "$scratch/linked/bin/fluxion"
cp "$own" "$scratch/copied/bin/fluxion"
cp "$own" "$scratch/installed/bin/fluxion"
cp -r "$(dirname "$0")/../../configs/hotel" "$scratch/installed/share/fluxion/configs/motel"
one_row="--sequence 6vm --seconds 0.5 --warmup 0 -o $data"
for program in "$scratch/linked/bin/fluxion" "$scratch/copied/bin/fluxion"; do
    answers "1 simulated row" simulate hotel $one_row
done
refuses "no system 'motel' in $scratch" simulate motel $one_row
mv "$scratch/installed" "$scratch/moved"
program=$scratch/moved/bin/fluxion
answers "1 simulated row" simulate motel $one_row
FLUXION_CONFIGS=$scratch/moved/share/fluxion/configs
export FLUXION_CONFIGS
program=$own
answers "1 simulated row" simulate motel $one_row
refuses "no system 'hotel' in $FLUXION_CONFIGS:" simulate hotel $one_row
unset FLUXION_CONFIGS

refuses "no/folder" simulate hotel --sequence 6vm -o "$scratch/no/folder/data.h5"
finish
