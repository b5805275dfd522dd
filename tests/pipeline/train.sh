# SPDX-License-Identifier: MIT
# usage: sh train.sh PROGRAM
# A table becomes a model and predictions: answers, refusals, and what is left behind when
# training is killed or the disk is full. The data is a function worked out here:
#     db = 10 + 6 (c - 0.3)^2 + 0.04 rate, 2 less in the fast mode
#     web = 2 + 1.5 db + 3 a
. "$(dirname "$0")/check.sh"
cd "$scratch" || exit 1

cat >dep.json <<'END'
{"format": "fluxion-deployment", "version": 1, "name": "two",
 "target": {"service": "web", "metric": "p90", "goal": "min"},
 "services": [
  {"name": "web", "replicas": 1, "knobs": [
    {"name": "a", "type": "continuous", "min": 0, "max": 1, "default": 0.5}],
   "states": ["rps"], "metrics": ["p50", "p90"], "calls": ["db"]},
  {"name": "db", "replicas": 1, "knobs": [
    {"name": "c", "type": "continuous", "min": 0, "max": 1, "default": 0.5},
    {"name": "mode", "type": "choices", "values": ["safe", "fast"], "default": "safe"}],
   "states": ["rps"], "metrics": ["p50", "p90"], "calls": []}]}
END
cat >map.json <<'END'
{"format": "fluxion-import", "version": 1, "system": "two", "group": {"lines": 3},
 "columns": {
  "a": {"name": "web:a", "kind": "knob"}, "c": {"name": "db:c", "kind": "knob"},
  "mode": {"name": "db:mode", "kind": "knob"},
  "load": {"name": "web:rps", "kind": "state"},
  "rate": {"name": "db:rps", "kind": "state"},
  "db": {"name": "db:p90", "kind": "metric", "unit": "ms"},
  "web": {"name": "web:p90", "kind": "metric", "unit": "ms", "optional": true}}}
END
# rows NUMBER FIRST: that many lines of the function.
rows() {
    awk -v n="$1" -v first="$2" 'BEGIN {
        print "a,c,mode,load,rate,db,web"
        for (i = first; i < first + n; i++) {
            a = i * 0.618034 % 1; c = i * 0.754878 % 1; m = i % 2; r = 20 + i * 37 % 80
            db = 10 + 6 * (c - 0.3) * (c - 0.3) + 0.04 * r - 2 * m
            print a "," c "," m "," 2 * r "," r "," db "," 2 + 1.5 * db + 3 * a
        }
    }'
}
rows 60 0 >rows.csv
rows 30 1000 >fresh.csv
sed 's/,[^,]*$//' rows.csv >blind.csv
for table in rows fresh blind; do
    run 0 import $table.csv --map map.json -o $table.h5
done
train="train --deployment dep.json --data rows.h5"

# --- answers ---
# shellcheck disable=SC2086
{
    run 0 $train -o model --rows 30 --seed 1 --json
    has_keys backend assignments fits evaluations wall_s failed detail name kind n d lml \
        loo_mae
    [ ! -s stderr ] || fail "train --json says something on standard error"
    answers "2 assignments for 2 vertices, " \
        $train -o model --rows 30 --seed 1
}
answers '"rows": 30' evaluate model --data rows.h5 --others --json
has_keys target unit rows graph mae mape r2 r2_log coverage90 vertices name kind \
    mae_given_measured_inputs r2_own_inputs r2_all_inputs
grep -q '"unit": "ms"' stdout || fail "evaluate does not know the unit"
answers '"rows": 60' evaluate model --data rows.h5 --json
answers "predicted from knobs and states alone" evaluate model --data fresh.h5
answers "has not yet run on a GPU" info
grep -q "^cpu: *[a-z0-9]*, [0-9]* thread" stdout || fail "info does not describe the cpu"
answers '"backend_note"' info --json
has_keys version backends name available description
answers '"backend_note"' info model --json
has_keys target assignments models vertices
answers "web:p90" info model
answers '"assignments": 2' graph model --json
has_keys vertices edges assignments inputs
answers "digraph" graph model --dot
answers '"optimizer": "lshade"' tune model --optimizer lshade --evaluations 500 --json

# The function is smooth: the error of 30 rows is far below its spread of some 3 ms.
run 0 evaluate model --data fresh.h5 --json
mae=$(sed -n 's/^ *"mae": \(.*\),$/\1/p' stdout | head -n 1)
awk "BEGIN { exit !($mae > 0 && $mae < 0.5) }" || fail "an error of $mae ms"

run 0 predict model --data fresh.h5 -o plain.csv
[ "$(head -n 1 plain.csv)" = "row,prediction" ] || fail "predict: another header"
run 0 predict model --data fresh.h5 -o wide.csv --interval 0.9 --json
has_keys target rows
[ ! -s stderr ] || fail "predict --json says something on standard error"
[ "$(head -n 1 wide.csv)" = "row,prediction,lower,upper" ] ||
    fail "predict: another header"
awk -F, 'NR > 1 {
    width = $4 - $3
    if (!($1 == NR - 2 && width > 0 && $2 > $3 - width && $2 < $4 + width)) exit 1
}' wide.csv || fail "rows out of order, or predictions far from their intervals"
cut -d, -f1,2 wide.csv >cut.csv
same plain.csv cut.csv

# A CSV with the columns' names gives what the dataset gives; a choice may stand by its
# name, and what is missing counts as its median.
sed -e '1s/.*/web:a,db:c,db:mode,web:rps,db:rps,db:p90,web:p90/' fresh.csv |
    awk -F, -v OFS=, 'NR > 1 { $3 = $3 ? "fast" : "safe" } { print }' >named.csv
run 0 predict model --data named.csv -o named.out
same plain.csv named.out
sed '2s/^[^,]*,/,/' named.csv >empty.csv
run 0 predict model --data empty.csv -o empty.out
[ "$(wc -l <empty.out)" -eq 31 ] || fail "a missing cell loses a row"
[ "$(sed 2d empty.out)" = "$(sed 2d plain.csv)" ] ||
    fail "a missing cell changes other rows"
cp rows.h5 table.txt
run 0 predict model --data table.txt -o table.out

# --- one seed, one result ---
# shellcheck disable=SC2086
for threads in 1 2; do
    run 0 $train -o same.$threads --rows 30 --seed 1 --threads $threads
    run 0 predict same.$threads --data fresh.h5 -o same.$threads.csv --interval 0.95 \
        --seed 3 --threads $threads
    run 0 evaluate same.$threads --data fresh.h5 --json --threads $threads
    cp stdout same.$threads.json
done
same same.1/graph.json same.2/graph.json
same same.1/graph.json model/graph.json
same same.1.csv same.2.csv
same same.1.json same.2.json
# shellcheck disable=SC2086
run 0 $train -o other --rows 30 --seed 2
cmp -s model/graph.json other/graph.json && fail "another seed draws the same rows"

# --- kinds of models ---
# shellcheck disable=SC2086
for options in "--monolith gp-ard" "--monolith gp-iso" "--paper" "--prior none" \
    "--composed-only" "--spectrum p90"; do
    run 0 $train -o kind $options --json
    is_json stdout
    answers '"mae"' evaluate kind --data fresh.h5 --json
done
# shellcheck disable=SC2086
{
    answers '"fits": 1' $train -o kind --monolith gp-ard --json
    answers '"composition": "gp-ard"' $train -o kind --monolith gp-ard --json
}

# --- metrics chosen: db:p50 makes the web's p90, db:p90 is something else ---
awk -F, 'NR == 1 { print "a,c,mode,load,rate,db50,db90,web"; next }
    { print $1 "," $2 "," $3 "," $4 "," $5 "," $6 "," 20 + NR * 0.618034 % 1 "," $7 }' \
    rows.csv >both.csv
sed -e 's/"db": {"name": "db:p90"/"db90": {"name": "db:p90", "kind": "metric", "unit": "ms"},\
  "db50": {"name": "db:p50"/' map.json >both.json
run 0 import both.csv --map both.json -o both.h5
choose="train --deployment dep.json --data both.h5 --spectrum select"
# shellcheck disable=SC2086
{
    answers "2 assignments for 2 vertices" $choose -o chosen --composed-only
    run 0 $choose -o chosen --json
    run 0 $choose -o chosen2 --json --threads 1
    same chosen/graph.json chosen2/graph.json
}
grep -q '"db:p50"' chosen/graph.json || fail "db:p50 was not chosen"
answers '"db:p50",' graph chosen --json
answers '"mae"' evaluate chosen --data both.h5 --json
run 0 predict chosen --data both.h5 -o chosen.csv
refuses "stands alone" train --deployment dep.json --data both.h5 -o bad \
    --spectrum select,p90

# --- refusals ---
# shellcheck disable=SC2086
{
    refuses "--deployment" train --data rows.h5 -o bad
    refuses "--data" train --deployment dep.json -o bad
    refuses "--output" $train
    refuses "nowhere.h5" train --deployment dep.json --data nowhere.h5 -o bad
    refuses "nowhere.json" train --deployment nowhere.json --data rows.h5 -o bad
    refuses "rows.csv" train --deployment dep.json --data rows.csv -o bad
    refuses "dep.json" evaluate model --data dep.json
    refuses "--rows 61: rows.h5 has 60 rows" $train -o bad --rows 61
    refuses "--rows" $train -o bad --rows 0
    refuses "'--prior' needs default or none, not 'flat'" $train -o bad --prior flat
    refuses "'--monolith' needs gp-ard, gp-iso" $train -o bad --monolith oracle
    refuses "exclude each other" $train -o bad --monolith gp-ard --composed-only
    refuses "p42" $train -o bad --spectrum p42
    refuses "nowhere/bad" train --deployment absent.json --data rows.h5 -o nowhere/bad
    refuses "folder" train --deployment absent.json --data rows.h5 -o rows.h5
    refuses "web:p90 has no value in any of the 60 training rows of blind.h5" \
        train --deployment dep.json --data blind.h5 -o bad
    refuses "blind.h5 has no value of the target web:p90" evaluate model --data blind.h5
    refuses "blind.h5 has no value of the target web:p90" debug model --data blind.h5
    refuses "and fresh.h5 has" evaluate model --data fresh.h5 --others
    run 0 $train -o whole
    refuses "rows of rows.h5 were trained on: none is left" evaluate whole --data rows.h5 --others
}
refuses "--data" predict model -o bad.csv
refuses "--data" evaluate model
refuses "--interval" predict model --data fresh.h5 -o bad.csv --interval 1.5
refuses "rows.csv: column \"a\"" predict model --data rows.csv -o bad.csv
sed '5s/,[0-9.]*,/,much,/' named.csv >words.csv
refuses 'words.csv line 5: column "db:c" holds "much"' \
    predict model --data words.csv -o bad.csv
sed '3s/safe\|fast/slow/' named.csv >choice.csv
refuses 'choice.csv line 3: column "db:mode" holds "slow"' \
    predict model --data choice.csv -o bad.csv
head -n 1 named.csv >head.csv
refuses "head.csv" predict model --data head.csv -o bad.csv

# A folder that is no model is not one to replace.
mkdir home
echo "dear" >home/letter
# shellcheck disable=SC2086
refuses "home" $train -o home
[ "$(ls -A home)" = letter ] || fail "a folder that is no model was touched"

# A damaged model is refused by every verb.
cp -r model torn
head -c 700 model/graph.json >torn/graph.json
for verb in "info torn" "graph torn" "evaluate torn --data fresh.h5" \
    "predict torn --data fresh.h5 -o bad.csv" "tune torn --evaluations 100"; do
    # shellcheck disable=SC2086
    refuses "torn/graph.json" $verb
done
cp model/graph.json torn/graph.json
for file in torn/models/*.h5; do
    head -c 1000 "$file" >piece
    mv piece "$file"
done
refuses "torn/models" info torn
refuses "torn/models" evaluate torn --data fresh.h5
rm -r torn/models
refuses "torn/models" info torn

[ ! -e bad ] && [ ! -e bad.csv ] || fail "a refusal left something behind"
left=$(find . -name '.*' ! -name . | head -n 3)
[ -z "$left" ] || fail "unfinished files are left: $left"

# --- a full disk: files end after 1 KiB at most ---
# The signal is ignored, so that writing fails.
cp model/graph.json kept.json
for words in "$train -o full" "$train -o model" \
    "predict model --data fresh.h5 -o full.csv --interval 0.9"; do
    calls=$((calls + 1))
    (
        trap '' XFSZ
        ulimit -f 2 # 1 KiB: what the OpenMP runtime of clang asks for itself
        # shellcheck disable=SC2086
        "$program" $words >"$scratch/stdout" 2>"$scratch/stderr" </dev/null
        echo $? >"$scratch/status"
    ) 2>/dev/null
    [ "$(cat status)" = 1 ] || fail "fluxion $words on a full disk: status $(cat status)"
    [ "$(wc -l <stderr)" -eq 1 ] || fail "fluxion $words: the error is not one line"
done
[ ! -e full ] && [ ! -e full.csv ] || fail "a full disk leaves half a result"
same model/graph.json kept.json
answers '"rows": 30' evaluate model --data fresh.h5 --json
left=$(find . -name '.*' ! -name . | head -n 3)
[ -z "$left" ] || fail "a full disk leaves files: $left"

# --- killed at any moment: the old model, the new one, or none ---
# shellcheck disable=SC2086
{
    run 0 $train -o old --rows 30 --seed 1
    run 0 $train -o new --rows 30 --seed 2
    for step in 0 1 2 3 4 5 6 7 8 9 10 11; do
        rm -rf killed fresh
        cp -r old killed
        for target in killed fresh; do
            "$program" $train -o $target --rows 30 --seed 2 >/dev/null 2>&1 </dev/null &
            victim=$!
            sleep "0.0$((step / 2))$((step % 2 * 5))"
            kill -9 $victim 2>/dev/null
            wait $victim 2>/dev/null
        done
        run 0 info killed
        cmp -s killed/graph.json old/graph.json || same killed/graph.json new/graph.json
        [ ! -e fresh ] || same fresh/graph.json new/graph.json
    done
    # What a kill left beside does not stand in the way.
    run 0 $train -o killed --rows 30 --seed 2
    same killed/graph.json new/graph.json
}

finish
