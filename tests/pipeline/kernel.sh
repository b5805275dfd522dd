# SPDX-License-Identifier: MIT
# usage: sh kernel.sh PROGRAM
# Every covariance function from training to refits: what each model says, that scaling and
# refits go on with it, that a repository tells them apart, and what is refused.
#     db = 10 + 6 (c - 0.3)^2 + 0.04 rate,   web = 2 + 1.5 db + 3 a
. "$(dirname "$0")/check.sh"
cd "$scratch" || exit 1

cat >dep.json <<'END'
{"format": "fluxion-deployment", "version": 1, "name": "two",
 "target": {"service": "web", "metric": "p90", "goal": "min"},
 "services": [
  {"name": "web", "replicas": 1, "knobs": [
    {"name": "a", "type": "continuous", "min": 0, "max": 1, "default": 0.5}],
   "states": ["rps"], "metrics": ["p90"], "calls": ["db"]},
  {"name": "db", "replicas": 1, "knobs": [
    {"name": "c", "type": "continuous", "min": 0, "max": 1, "default": 0.5}],
   "states": ["rps"], "metrics": ["p90"], "calls": []}]}
END
cat >map.json <<'END'
{"format": "fluxion-import", "version": 1, "system": "two", "columns": {
  "a": {"name": "web:a", "kind": "knob"}, "c": {"name": "db:c", "kind": "knob"},
  "load": {"name": "web:rps", "kind": "state"}, "rate": {"name": "db:rps", "kind": "state"},
  "db": {"name": "db:p90", "kind": "metric", "unit": "ms"},
  "web": {"name": "web:p90", "kind": "metric", "unit": "ms"}}}
END
# rows NUMBER FIRST: that many lines of the function.
rows() {
    awk -v n="$1" -v first="$2" 'BEGIN {
        print "a,c,load,rate,db,web"
        for (i = first; i < first + n; i++) {
            a = i * 0.618034 % 1; c = i * 0.754878 % 1; r = 20 + i * 37 % 80
            db = 10 + 6 * (c - 0.3) * (c - 0.3) + 0.04 * r
            print a "," c "," 2 * r "," r "," db "," 2 + 1.5 * db + 3 * a
        }
    }'
}
rows 40 0 >rows.csv
rows 30 1000 >fresh.csv
for table in rows fresh; do
    run 0 import $table.csv --map map.json -o $table.h5
done
train="train --deployment dep.json --data rows.h5"
kernels="matern52 matern32 squared-exponential"

# --- every one learns the function; each says something else ---
# shellcheck disable=SC2086
for kernel in $kernels; do
    run 0 $train -o $kernel --kernel $kernel --composed-only --repository shared --json
    grep -q '"cache_hits": 0,' stdout || fail "$kernel finds the fits of another function"
    run 0 evaluate $kernel --data fresh.h5 --json
    mae=$(sed -n 's/^ *"mae": \(.*\),$/\1/p' stdout | head -n 1)
    awk "BEGIN { exit !($mae > 0 && $mae < 0.5) }" || fail "$kernel: an error of $mae ms"
    answers "\"kernel\": \"$kernel\"" info $kernel --json
    [ "$(grep -c "\"kernel\": \"$kernel\"" stdout)" -eq 3 ] || fail "$kernel is not in every model"
    run 0 predict $kernel --data fresh.h5 -o $kernel.csv --interval 0.9
done
cmp -s matern52.csv matern32.csv && fail "Matern 3/2 predicts as Matern 5/2"
cmp -s matern52.csv squared-exponential.csv && fail "squared exponential predicts as Matern 5/2"
answers "(composed, matern32)" info matern32
# shellcheck disable=SC2086
run 0 $train -o again --kernel matern32 --composed-only --repository shared --json
grep -q '"cache_hits": 2,' stdout || fail "the fits of Matern 3/2 are not found again"
same matern32/graph.json again/graph.json

# Matern 5/2 is what goes without saying, also in files.
# shellcheck disable=SC2086
run 0 $train -o plain --composed-only
same plain/graph.json matern52/graph.json
grep -q kernel plain/graph.json && fail "graph.json names Matern 5/2"

# --- it stays through scale and fit, and in every member of the default predictor ---
cp -r matern32 scaled
run 0 scale scaled web 2
run 0 scale scaled web 1
run 0 fit scaled db p90 --data fresh.h5
grep -q '"kernel": "matern32"' scaled/graph.json || fail "a refit forgets the function"
run 0 info scaled --json
grep -q '"kernel": "matern52"' stdout && fail "a refit went back to Matern 5/2"
# shellcheck disable=SC2086
run 0 $train -o whole --kernel squared-exponential
# Only the boosted trees have no covariance function.
[ "$(grep -L squared-exponential whole/models/* | wc -l)" -eq 1 ] ||
    fail "a member of the default predictor has another function"
answers '"composition": "gp-ard"' $train -o box --monolith gp-ard --kernel matern32 --json
answers '"kernel": "matern32"' info box --json

# --- refusals ---
# shellcheck disable=SC2086
{
    refuses "'--kernel' needs matern52, matern32 or squared-exponential, not 'cubic'" \
        $train -o bad --kernel cubic
    refuses "--paper is matern52" $train -o bad --paper --kernel matern32
    refuses "--monolith forest is no Gaussian process" \
        $train -o bad --monolith forest --kernel matern32
}
run 0 train --deployment dep.json --data rows.h5 -o paper --paper --kernel matern52
sed 's/"kernel": "matern32"/"kernel": "cubic"/' matern32/graph.json >graph.json
cp graph.json matern32/graph.json
refuses '"kernel"' predict matern32 --data fresh.h5 -o bad.csv
# The same points and hyper-parameters under another function are another model.
sed 's/"kernel": "matern32", *//; /"kernel": "matern32",/d' again/graph.json >graph.json
cp graph.json again/graph.json
run 0 predict again --data fresh.h5 -o again.csv --interval 0.9
same again.csv matern32.csv
finish
