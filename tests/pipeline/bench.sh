# SPDX-License-Identifier: MIT
# usage: sh bench.sh PROGRAM
# bench on small tables: that it answers, and what it refuses. No time is judged.
. "$(dirname "$0")/check.sh"

# doubles in octal, little-endian: 1 2 3 4 and 0.5
one='\000\000\000\000\000\000\360\077' two='\000\000\000\000\000\000\000\100'
three='\000\000\000\000\000\000\010\100' four='\000\000\000\000\000\000\020\100'
printf "$one$three$four$two" >"$scratch/P.bin" # rows (1, 3), (4, 2)
printf "$two$three" >"$scratch/y.bin"          # (2, 3): half and half is exact
printf "$one$two$three" >"$scratch/long.bin"
printf 'abc' >"$scratch/odd.bin"
printf '\000\000\000\000\000\000\370\177'"$one" >"$scratch/nan.bin"
: >"$scratch/empty.bin"
weigh="bench weighting --data $scratch/P.bin --target $scratch/y.bin --models 2"

answers '"form": "mean"' $weigh --json
for key in evaluations wall_s cpu_s mae_before_polish mae gap weights; do
    grep -q "\"$key\": " "$scratch/stdout" || fail "no key $key"
done
answers '    0.5,' $weigh --form sum --json
answers '"mse_before_polish"' $weigh --loss squared --json
answers '"form": "sum"' $weigh --paper --json
answers '"evaluations": 300' $weigh --paper --evaluations 100 --restarts 3 --json
answers 'no weights are better' $weigh

refuses "--data" bench weighting --target "$scratch/y.bin" --models 2
refuses "--models K" bench weighting --data "$scratch/P.bin" --target "$scratch/y.bin"
refuses "4 numbers, which is not 3 rows" \
    bench weighting --data "$scratch/P.bin" --target "$scratch/long.bin" --models 2
refuses "of 3 models" bench weighting --data "$scratch/P.bin" --target "$scratch/y.bin" --models 3
refuses "3 bytes" bench weighting --data "$scratch/odd.bin" --target "$scratch/y.bin" --models 2
refuses "0 bytes" bench weighting --data "$scratch/P.bin" --target "$scratch/empty.bin" --models 2
refuses "not a file" bench weighting --data "$scratch" --target "$scratch/y.bin" --models 2
refuses "none.bin: opening failed" \
    bench weighting --data "$scratch/none.bin" --target "$scratch/y.bin" --models 2
refuses "the target of row 0 is nan" \
    bench weighting --data "$scratch/P.bin" --target "$scratch/nan.bin" --models 2
refuses "mean or sum, not 'max'" $weigh --form max
refuses "mae or squared, not 'mape'" $weigh --loss mape
refuses "gp, predict, graph, tune and weighting" bench wait

# --- graph: what predict does, by every model of the ensemble ---
awk 'BEGIN {
    print "k,x,t"
    for (i = 0; i < 60; i++) {
        k = i * 0.618034 % 1; x = i * 0.754878 % 1
        print k "," x "," 5 + 2 * k + 3 * x
    }
}' >"$scratch/shop.csv"
cat >"$scratch/map.json" <<'END'
{"format": "fluxion-import", "version": 1, "columns": {
  "k": {"name": "web:k", "kind": "knob"}, "t": {"name": "web:p90", "kind": "metric"},
  "x": {"name": "db:p90", "kind": "metric"}}}
END
cat >"$scratch/shop.json" <<'END'
{"format": "fluxion-deployment", "version": 1, "name": "shop",
 "target": {"service": "web", "metric": "p90", "goal": "min"},
 "services": [
  {"name": "web", "replicas": 1, "knobs": [
    {"name": "k", "type": "continuous", "min": 0, "max": 1, "default": 0.5}],
   "states": [], "metrics": ["p90"], "calls": ["db"]},
  {"name": "db", "replicas": 1, "knobs": [], "states": [], "metrics": ["p90"], "calls": []}]}
END
run 0 import "$scratch/shop.csv" --map "$scratch/map.json" -o "$scratch/shop.h5"
train="train --deployment $scratch/shop.json --data $scratch/shop.h5"
run 0 $train -o "$scratch/model"
run 0 $train --composed-only -o "$scratch/graph"
answers '"predictor": "ensemble"' bench graph "$scratch/model" --queries 50 --rounds 1 --json
has_keys target members mean_s settings_per_s graph_mean_s graph_mean_and_variance_s
[ "$(sed -n '/"members"/,/]/p' "$scratch/stdout" | grep -c '^    "')" -gt 1 ] || fail "one model alone"
answers "prediction (ensemble)" bench graph "$scratch/model" --queries 50 --rounds 1
answers '"predictor": "composed"' bench graph "$scratch/graph" --queries 50 --rounds 1 --json
refuses "bench graph needs a model" bench graph

finish
