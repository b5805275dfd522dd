# SPDX-License-Identifier: MIT
# usage: sh debug.sh PROGRAM
# A service changes after the model was trained: it is found, and retrained on recent rows.
# The data is a function worked out here: db = 10 + 6 c + 0.04 rate, web = 2 + 1.5 db + 3 a;
# later db takes 8 c more.
. "$(dirname "$0")/check.sh"
cd "$scratch" || exit 1

cat >dep.json <<'END'
{"format": "fluxion-deployment", "version": 1, "name": "three",
 "target": {"service": "web", "metric": "p90", "goal": "min"},
 "services": [
  {"name": "web", "replicas": 1, "knobs": [
    {"name": "a", "type": "continuous", "min": 0, "max": 1, "default": 0.5}],
   "states": ["rps"], "metrics": ["p90"], "calls": ["db", "log"]},
  {"name": "db", "replicas": 1, "knobs": [
    {"name": "c", "type": "continuous", "min": 0, "max": 1, "default": 0.5}],
   "states": ["rps"], "metrics": ["p90"], "calls": []},
  {"name": "log", "replicas": 1, "knobs": [], "states": ["rps"], "metrics": ["p90"],
   "calls": []}]}
END
cat >map.json <<'END'
{"format": "fluxion-import", "version": 1, "system": "three", "columns": {
  "a": {"name": "web:a", "kind": "knob"}, "c": {"name": "db:c", "kind": "knob"},
  "load": {"name": "web:rps", "kind": "state"}, "rate": {"name": "db:rps", "kind": "state"},
  "writes": {"name": "log:rps", "kind": "state"},
  "db": {"name": "db:p90", "kind": "metric", "unit": "ms"},
  "log": {"name": "log:p90", "kind": "metric", "unit": "ms"},
  "web": {"name": "web:p90", "kind": "metric", "unit": "ms", "optional": true}}}
END
# rows NAME NUMBER FIRST LATER: NAME.h5, that many lines of the function.
rows() {
    awk -v n="$2" -v first="$3" -v later="$4" 'BEGIN {
        print "a,c,load,rate,writes,db,log,web"
        for (i = first; i < first + n; i++) {
            a = i * 0.618034 % 1; c = i * 0.754878 % 1; r = 20 + i * 37 % 80
            w = i * 0.56984 % 1
            db = 10 + 6 * c + 0.04 * r + later * c
            print a "," c "," 2 * r "," r "," w "," db "," 1 + w "," 2 + 1.5 * db + 3 * a
        }
    }' >"$1.csv"
    run 0 import "$1.csv" --map map.json -o "$1.h5"
}
rows before 60 0 0
rows test 40 1000 8
rows recent 40 2000 8
cut -d, -f1-7 test.csv >blind.csv
run 0 import blind.csv --map map.json -o blind.h5
run 0 train --deployment dep.json --data before.h5 -o model --composed-only
run 0 train --deployment dep.json --data before.h5 -o mixed

# --- the vertex at fault ---
run 0 debug model --data test.h5 --json
has_keys vertex path correlations parent child r vertices name mae
[ "$(grep -c '"vertex": "db:p90"' stdout)" -eq 1 ] || fail "db:p90 is not found"
[ "$(grep -c '"parent"' stdout)" -eq 2 ] || fail "not both pairs have a correlation"
[ "$(grep -c '"mae"' stdout)" -eq 3 ] || fail "not every vertex has an error"
[ ! -s stderr ] || fail "debug --json says something on standard error"
answers "At fault: db:p90" debug model --data test.h5
answers "Nothing feeds it" debug model --data test.h5
answers "At fault: web:p90" debug model --data test.h5 --above 1
for threads in 1 2; do
    run 0 debug model --data test.h5 --retrain recent.h5 --threads $threads --json
    cp stdout answer.$threads
done
same answer.1 answer.2

# --- retraining ---
# error MODEL: of the target on the test table.
error() {
    run 0 evaluate "$1" --data test.h5 --json
    error=$(sed -n '/"graph"/,/}/p' stdout | sed -n 's/.*"mae": \(.*\),/\1/p')
}
# value KEY: the first number of that key in the last answer.
value() {
    sed -n "s/^ *\"$1\": \(.*[0-9]\),*$/\1/p" stdout | head -n 1
}
error model
before=$error
run 0 debug model --data test.h5 --retrain recent.h5 --budget 2 --above 0.5 \
    -o mended --json
has_keys vertex steps order graph_mae assignment replaced mae_old mae_new
awk "BEGIN { d = $(value graph_mae) - $before; exit !(d * d < 1e-18) }" ||
    fail "the graph's error is $before to evaluate and $(value graph_mae) to debug"
[ "$(grep -c '"replaced": true' stdout)" -eq 2 ] || fail "not both were replaced"
mended=$(sed -n 's/^ *"graph_mae": \(.*[0-9]\),*$/\1/p' stdout | tail -n 1)
error mended
awk "BEGIN { d = $error - $mended; exit !(d * d < 1e-18 && $error < 0.1 * $before) }" ||
    fail "graph MAE $before before, $mended when debugged, $error as written"
# A mixture does not outlive what it was made for.
run 0 debug mixed --data test.h5 --retrain recent.h5 --budget 2 --above 0.5 -o mended
error mended
awk "BEGIN { d = $error - $mended; exit !(d * d < 1e-6) }" ||
    fail "graph MAE $error where the target hosted a mixture, else $mended"
grep -q '"debug"' mended/history.jsonl || fail "the history does not tell"
answers "Retrained by strategy random" debug model --data test.h5 --retrain recent.h5 --order random
answers "Retrained by strategy error" \
    debug model --data test.h5 --retrain recent.h5 --order error
answers "At fault" debug mended --data before.h5 # another table will do

# --- refusals ---
refuses "--data" debug model
refuses "no-table.h5" debug model --data no-table.h5
refuses "no-model" debug no-model --data test.h5
refuses "web:p90 in any of its 40 rows" debug model --data blind.h5
refuses "--budget needs --retrain" debug model --data test.h5 --budget 2
refuses "--order needs --retrain" debug model --data test.h5 --order error
refuses "--output needs --retrain" debug model --data test.h5 -o other
refuses "needs debug, error or random" \
    debug model --data test.h5 --retrain recent.h5 --order best
refuses "--budget" debug model --data test.h5 --retrain recent.h5 --budget 0
refuses "--above" debug model --data test.h5 --above 2
refuses "no-table.h5" debug model --data test.h5 --retrain no-table.h5
[ ! -e other ] || fail "a refused call left something behind"

finish
