# SPDX-License-Identifier: MIT
# usage: sh tune.sh PROGRAM
# From a table to tuned settings: answers, the same answer again, and refusals. The data is a
# function worked out here: lowest at threads 8, mode "fast".
. "$(dirname "$0")/check.sh"

cat >"$scratch/dep.json" <<'JSON'
{"format": "fluxion-deployment", "version": 1, "name": "one",
 "target": {"service": "web", "metric": "p90", "goal": "min"},
 "services": [{"name": "web", "replicas": 1, "knobs": [
    {"name": "threads", "type": "discrete", "min": 1, "max": 20, "default": 3},
    {"name": "mode", "type": "choices", "values": ["safe", "fast"], "default": "safe"}],
   "states": ["rps"], "metrics": ["p90"], "calls": []}]}
JSON
cat >"$scratch/map.json" <<'JSON'
{"format": "fluxion-import", "version": 1, "columns": {
 "threads": {"name": "web:threads", "kind": "knob"}, "mode": {"name": "web:mode", "kind": "knob"},
 "rps": {"name": "web:rps", "kind": "state"}, "p90": {"name": "web:p90", "kind": "metric", "unit": "ms"}}}
JSON
awk 'BEGIN {
    print "threads,mode,rps,p90"
    for (i = 0; i < 80; i++) {
        t = 1 + i * 7 % 20; m = i % 2; r = 50 + i * 37 % 100
        print t "," m "," r "," 20 + 0.2 * (t - 8) * (t - 8) - 6 * m + 0.1 * r
    }
}' >"$scratch/rows.csv"
run 0 import "$scratch/rows.csv" --map "$scratch/map.json" -o "$scratch/rows.h5"
run 0 train --deployment "$scratch/dep.json" --data "$scratch/rows.h5" -o "$scratch/model"
model=$scratch/model

for optimizer in random de lshade; do
    answers '"web:threads": 8' tune "$model" --optimizer $optimizer --evaluations 2000 --json
    grep -q '"evaluations": 2000' "$scratch/stdout" || fail "$optimizer: not 2000 evaluations"
    grep -q '"web:mode": "fast"' "$scratch/stdout" || fail "$optimizer: not the best mode"
done
# The same seed, whatever the threads: the same text but for the time it took.
for threads in 1 2; do
    run 0 tune "$model" --evaluations 3000 --seed 4 --threads $threads --json
    grep -v wall_s "$scratch/stdout" >"$scratch/answer.$threads"
done
cmp -s "$scratch/answer.1" "$scratch/answer.2" || fail "threads change the answer"

answers "web:threads" tune "$model" --evaluations 2000
answers "predicted, not measured" tune "$model" --evaluations 2000 --optimizer random
answers '"web:mode": "safe"' tune "$model" --evaluations 2000 --fix web:mode=safe --json
answers '"goal": "min"' tune "$model" --evaluations 500 --profile "$scratch/rows.h5:3" --json
answers '"goal": "min"' tune "$model" --evaluations 1 --fix web:rps=80 --json

# All optimizers find the one best setting; times are not judged.
answers '"tuned_knobs": 2' bench tune "$model" --evaluations 1000 --rounds 1 --json
has_keys backend threads target goal evaluations rounds optimizers optimizer wall_s \
    settings_per_s predicted
[ "$(grep '"predicted"' "$scratch/stdout" | sort -u | wc -l)" -eq 1 ] ||
    fail "the optimizers differ where all settings can be tried"
answers "1000 settings of 2 knobs, min of web:p90 ms" \
    bench tune "$model" --evaluations 1000 --rounds 3
refuses "bench tune needs a model" bench tune
refuses "no-model" bench tune "$scratch/no-model"

refuses "metis is not there yet" tune "$model" --optimizer metis
refuses "\"annealing\", only random, de, lshade" tune "$model" --optimizer annealing
refuses "no-model" tune "$scratch/no-model"
refuses "write DATA.h5:ROW" tune "$model" --profile "$scratch/rows.h5"
refuses "write DATA.h5:ROW" tune "$model" --profile "$scratch/rows.h5:-1"
printf 'a,b\n1,2\n' >"$scratch/other.csv"
printf '%s' '{"format": "fluxion-import", "version": 1, "columns":
  {"a": {"name": "other:rps", "kind": "state"}, "b": {"name": "other:p90", "kind": "metric"}}}' \
    >"$scratch/other.json"
run 0 import "$scratch/other.csv" --map "$scratch/other.json" -o "$scratch/other.h5"
refuses "none of the states" tune "$model" --profile "$scratch/other.h5:0"
refuses "no row 80, the rows are 0 to 79" tune "$model" --profile "$scratch/rows.h5:80"
refuses "write COLUMN=VALUE" tune "$model" --fix web:threads
refuses "web:threads=21" tune "$model" --fix web:threads=21
refuses "given twice" tune "$model" --fix web:threads=2 --fix web:threads=3
refuses "nothing to tune" tune "$model" --fix web:threads=2 --fix web:mode=fast
refuses "at least 4" tune "$model" --optimizer de --population 3
refuses "--evaluations" tune "$model" --evaluations 0

finish
