# SPDX-License-Identifier: MIT
# usage: sh backtest.sh PROGRAM
# A table walked in time: from lines of text through the import map's buckets to the tables, the
# same answer on any number of threads, and refusals. Lifetimes of 100 s or 5000 s by size, two
# days one way and two days the other.
. "$(dirname "$0")/check.sh"

cat >"$scratch/dep.json" <<'JSON'
{"format": "fluxion-deployment", "version": 1, "name": "one",
 "target": {"service": "vm", "metric": "class", "goal": "min"},
 "services": [{"name": "vm", "knobs": [], "states": ["cores", "hour"], "metrics": ["class", "life"], "calls": []}]}
JSON
sed 's/"metric": "class"/"metric": "life"/' "$scratch/dep.json" >"$scratch/life.json"
cat >"$scratch/map.json" <<'JSON'
{"format": "fluxion-import", "version": 1, "time": "t", "columns": {
 "cores": {"name": "vm:cores", "kind": "state"}, "life": {"name": "vm:life", "kind": "metric", "unit": "s"}},
 "derive": [{"name": "vm:hour", "how": "hour", "from": "t"},
            {"name": "vm:class", "how": "bucket", "from": "life", "edges": [900, 3600], "kind": "metric"}]}
JSON
awk 'BEGIN {
    print "t,cores,life"
    for (i = 0; i < 800; i++) {
        small = i % 2 == (i >= 400)
        print 864000 + i * 432 "," 1 + i % 2 "," (small ? 100 : 5000)
    }
}' >"$scratch/rows.csv"
run 0 import "$scratch/rows.csv" --map "$scratch/map.json" -o "$scratch/rows.h5"
replay="replay --deployment $scratch/dep.json --data $scratch/rows.h5 --period 86400"

# shellcheck disable=SC2086
{
    answers "2 of 4 periods did" $replay
    for words in "rows in the right one of 3 buckets" "mean absolute error bucket" \
        "1970-01-11T00:00:00" "xgboost, all" "below 0.85 adds a model"; do
        grep -qF "$words" "$scratch/stdout" || fail "the tables have no '$words'"
    done
    answers '"buckets": 3' $replay --json
    has_keys target unit adds_model_below periods start start_s rows models adds_model reweightings \
        reweight_s hosted forest_previous forest_all xgboost_previous xgboost_all mae accuracy train_s total
    [ "$(grep -c '"adds_model": true' "$scratch/stdout")" -eq 2 ] || fail "not two models"
    for threads in 1 2; do
        run 0 $replay --reweight 43200 --seed 3 --threads $threads --json
        grep -v '_s"' "$scratch/stdout" >"$scratch/answer.$threads"
    done
    cmp -s "$scratch/answer.1" "$scratch/answer.2" || fail "threads change the answer"
    answers "2 of 4 periods did" $replay --accuracy 1 --alone --model forest --recent 50
    answers '"buckets": 0' replay --deployment "$scratch/life.json" --data "$scratch/rows.h5" \
        --period 86400 --alone --json

    refuses "needs option '--period'" replay --deployment "$scratch/dep.json" --data "$scratch/rows.h5"
    refuses "--data" replay --deployment "$scratch/dep.json" --period 60
    refuses "'--model' needs xgboost or forest, not 'gp'" $replay --model gp
    refuses "--period" $replay --period 0
    refuses "--accuracy" $replay --accuracy 2
}

sed 's/"time": "t"/"ignore": ["t"]/; s/"how": "hour", "from": "t"/"how": "hour", "from": "life"/' \
    "$scratch/map.json" >"$scratch/timeless.json"
run 0 import "$scratch/rows.csv" --map "$scratch/timeless.json" -o "$scratch/timeless.h5"
refuses "timeless.h5 has no /time" replay --deployment "$scratch/dep.json" \
    --data "$scratch/timeless.h5" --period 86400
{ head -n 1 "$scratch/rows.csv"; tail -n 1 "$scratch/rows.csv"; sed -n 2p "$scratch/rows.csv"; } >"$scratch/back.csv"
run 0 import "$scratch/back.csv" --map "$scratch/map.json" -o "$scratch/back.h5"
refuses "row 1 (time 864000) stands after row 0 (time 1209168)" replay --deployment "$scratch/dep.json" \
    --data "$scratch/back.h5" --period 86400

finish
