# SPDX-License-Identifier: MIT
# usage: sh monolith.sh PROGRAM
# Black boxes of every kind do what every model does: answer all verbs, be the same for any
# number of threads, and be looked up in a repository. The data is a function worked out
# here:  web = 20 + 9 c + 4 (a - 0.5)^2 + 0.04 rate, 3 less in the fast mode
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
    {"name": "c", "type": "continuous", "min": 0, "max": 1, "default": 0.5},
    {"name": "mode", "type": "choices", "values": ["safe", "fast"], "default": "safe"}],
   "states": ["rps"], "metrics": ["p90"], "calls": []}]}
END
cat >map.json <<'END'
{"format": "fluxion-import", "version": 1, "system": "two",
 "columns": {
  "a": {"name": "web:a", "kind": "knob"}, "c": {"name": "db:c", "kind": "knob"},
  "mode": {"name": "db:mode", "kind": "knob"},
  "load": {"name": "web:rps", "kind": "state"},
  "rate": {"name": "db:rps", "kind": "state"},
  "db": {"name": "db:p90", "kind": "metric", "unit": "ms"},
  "web": {"name": "web:p90", "kind": "metric", "unit": "ms"}}}
END
# rows NUMBER FIRST: that many lines of the function.
rows() {
    awk -v n="$1" -v first="$2" 'BEGIN {
        print "a,c,mode,load,rate,db,web"
        for (i = first; i < first + n; i++) {
            a = i * 0.618034 % 1; c = i * 0.754878 % 1; m = i % 2; r = 20 + i * 37 % 80
            web = 20 + 9 * c + 4 * (a - 0.5) * (a - 0.5) + 0.04 * r - 3 * m
            print a "," c "," m "," 2 * r "," r "," web / 2 "," web
        }
    }'
}
rows 90 0 >rows.csv
rows 30 1000 >fresh.csv
for table in rows fresh; do
    run 0 import $table.csv --map map.json -o $table.h5
done
train="train --deployment dep.json --data rows.h5"

# The spread of the target is some 2.6 ms on average; trees take more rows than these to get far below.
for kind in gp-ard gp-iso mlp forest xgboost ridge; do
    case $kind in gp-*) stored=gp ;; *) stored=$kind ;; esac
    # shellcheck disable=SC2086
    for threads in 1 2; do
        run 0 $train -o $kind.$threads --monolith $kind --threads $threads --json \
            --seed 1
        has_keys backend assignments fits evaluations wall_s failed detail name kind n d \
            lml loo_mae
        grep -q "\"kind\": \"$stored\"" stdout || fail "$kind: train names another kind"
        grep -q "\"composition\": \"$kind\"" stdout || fail "$kind: another composition"
        grep -q '"fits": 1,' stdout || fail "$kind: more than one fit"
        run 0 predict $kind.$threads --data fresh.h5 -o $kind.$threads.csv \
            --interval 0.9 --threads $threads
        run 0 evaluate $kind.$threads --data fresh.h5 --threads $threads --json
        cp stdout $kind.$threads.json
    done
    same $kind.1/graph.json $kind.2/graph.json
    same $kind.1.csv $kind.2.csv
    same $kind.1.json $kind.2.json
    mae=$(sed -n 's/^ *"mae": \(.*\),$/\1/p' stdout | head -n 1)
    awk "BEGIN { exit !($mae > 0 && $mae < 2) }" || fail "$kind: an error of $mae ms"
    awk -F, 'NR > 1 && !($3 < $2 && $2 < $4) { exit 1 }' $kind.1.csv ||
        fail "$kind: predictions outside of their intervals"
    answers "\"kind\": \"$stored\"" info $kind.1 --json
    answers "$stored" info $kind.1
    answers '"assignments": 1' graph $kind.1 --json

    # Low c in the fast mode is best, and every kind sees it.
    run 0 tune $kind.1 --optimizer lshade --evaluations 600 --json
    has_keys optimizer evaluations best predicted lower90 upper90 settings top
    grep -q '"db:mode": "\{0,1\}\(fast\|1\)' stdout || fail "$kind: tunes to the slow mode"

    # A fit that is in the repository is not done again and gives the same model.
    # shellcheck disable=SC2086
    for round in 1 2; do
        run 0 $train -o stored.$round --monolith $kind --repository shelf --seed 1 \
            --json
    done
    grep -q '"evaluations": 0,' stdout || fail "$kind: is fitted twice"
    run 0 predict stored.2 --data fresh.h5 -o stored.csv --interval 0.9
    same stored.csv $kind.1.csv
done

# shellcheck disable=SC2086
{
    refuses "needs gp-ard, gp-iso, mlp, forest, xgboost or ridge" \
        $train -o bad --monolith oracle
    refuses "exclude each other" $train -o bad --monolith mlp --composed-only
}
[ ! -e bad ] || fail "a refusal left something behind"

finish
