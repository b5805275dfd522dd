# SPDX-License-Identifier: MIT
# usage: sh repository.sh PROGRAM
# Trainings that share a repository: what was fitted once is looked up, with the very same
# predictions; damage is named; two trainings at once, killed ones and full disks leave
# whole models only.
. "$(dirname "$0")/check.sh"
configs=$(cd "$(dirname "$0")/../../configs" && pwd)
FLUXION_CONFIGS=$configs
export FLUXION_CONFIGS
cd "$scratch" || exit 1

run 0 simulate hotel --sequence 6vm --step 1 --rows 60 --seed 1 --seconds 2 --warmup 1 -o data.h5
train="train --deployment $configs/hotel/deployment.json --data data.h5 --composed-only"

# number KEY: of the JSON answer of the last call.
number() {
    sed -n "s/^ *\"$1\": \([0-9]*\),*\$/\1/p" stdout | head -n 1
}

# predicts MODEL: what it says of the data is what a training without repository says.
predicts() {
    run 0 predict "$1" --data data.h5 -o "$1.csv" --interval 0.9
    same plain.csv "$1.csv"
    same plain/graph.json "$1/graph.json"
}

# shellcheck disable=SC2086
run 0 $train -o plain --json
has_keys cache_hits
[ "$(number cache_hits)" = 0 ] || fail "something is looked up without a repository"
run 0 predict plain --data data.h5 -o plain.csv --interval 0.9
run 0 $train -o plain --json
fits=$(number fits)
[ "$fits" -ge 15 ] || fail "only $fits fits"

# --- twice ---
# shellcheck disable=SC2086
run 0 $train -o first --repository shared --json
[ "$(number cache_hits)" = 0 ] || fail "an empty repository answers"
[ "$(ls -A shared | wc -l)" -eq "$fits" ] || fail "not one file a fit"
predicts first
# shellcheck disable=SC2086
run 0 $train -o second --repository shared/ --json
[ "$(number cache_hits)" = "$fits" ] || fail "not all fits were looked up"
[ "$(number evaluations)" = 0 ] || fail "looking up takes evaluations"
predicts second
grep -q '"fitted":\[\],"reused":\["' second/history.jsonl || fail "history calls it fitted"
grep -q '"reused":\[\]' first/history.jsonl || fail "history calls it reused"
# shellcheck disable=SC2086
answers "$fits of $fits fits were found in the repository" $train -o second --repository shared

# Another question has other fits; a model is its own, wherever it is moved.
# shellcheck disable=SC2086
run 0 $train -o other --rows 30 --repository shared --json
[ "$(number cache_hits)" = 0 ] || fail "other rows find models"
mkdir far
mv second far/second
mv shared far/shared
predicts far/second
mv far/shared shared

# --- info ---
answers '"bytes"' info first --json
has_keys detail models kind weight fit_key points inputs bytes created first_time last_time
answers "rows from (UTC)" info first
fit_key=$(sed -n 's/^ *"fit_key": "\(.*\)",$/\1/p' first/graph.json | head -n 1)
[ -f "shared/$fit_key.h5" ] || fail "the key in graph.json is not the file's name"

answers "shared holds $((fits * 2)) models" info shared
answers "\"models\": $((fits * 2))" info shared --json
has_keys repository models bytes detail fit_key output kind points inputs created

# --- damage ---
size=$(wc -c <"shared/$fit_key.h5")
for at in 0 100 $((size / 2)) $((size - 1)); do
    cp "shared/$fit_key.h5" kept
    printf '\252' | dd of="shared/$fit_key.h5" bs=1 seek="$at" conv=notrunc 2>dd.txt
    # shellcheck disable=SC2086
    refuses "shared/$fit_key.h5 is damaged" $train -o bad --repository shared
    mv kept "shared/$fit_key.h5"
done
head -c 1000 "shared/$fit_key.h5" >piece
mv piece "shared/$fit_key.h5"
# shellcheck disable=SC2086
{
    refuses "shared/$fit_key.h5 is damaged" $train -o bad --repository shared
    refuses "shared/$fit_key.h5 is damaged" info shared
    rm "shared/$fit_key.h5"
    run 0 $train -o again --repository shared --json
    [ "$(number cache_hits)" = $((fits - 1)) ] || fail "more than the lost file was fitted"
    predicts again
    refuses "nowhere/shared" $train -o bad --repository nowhere/shared
    refuses "data.h5: cannot be opened as a model repository" $train -o bad \
        --repository data.h5
    refuses "nosuch.h5" train --deployment "$configs/hotel/deployment.json" \
        --data nosuch.h5 -o bad --repository unused
}
[ ! -e bad ] && [ ! -e unused ] || fail "a refusal left something behind"

# --- two at once ---
# shellcheck disable=SC2086
for name in left right; do
    "$program" $train -o $name --repository both >$name.txt 2>&1 </dev/null &
done
wait
predicts left
predicts right
[ "$(ls -A both | wc -l)" -eq "$fits" ] || fail "two trainings leave other files"

# --- killed: it goes on where it was ---
# The signal comes when so many models are there, or when the training is done.
wide="$train --spectrum p50,p85,p90,p95"
interrupted=0
# shellcheck disable=SC2086
for step in 1 10 20 30 40 50 60; do
    "$program" $wide -o killed --repository killed.models >/dev/null 2>&1 </dev/null &
    victim=$!
    while kill -0 $victim 2>/dev/null &&
        [ "$(ls killed.models 2>/dev/null | wc -l)" -lt $step ]; do
        sleep 0.01
    done
    kill -9 $victim 2>/dev/null
    wait $victim 2>/dev/null
    [ -e killed ] || interrupted=$((interrupted + 1))
done
[ $interrupted -gt 0 ] || fail "no training was interrupted"
there=$(ls killed.models | wc -l)
# shellcheck disable=SC2086
{
    run 0 $wide -o killed --repository killed.models --json
    [ "$there" -gt 0 ] && [ "$(number cache_hits)" = "$there" ] ||
        fail "$there models are there, $(number cache_hits) were looked up"
    run 0 $wide -o whole
}
for model in whole killed; do
    run 0 predict $model --data data.h5 -o $model.csv --interval 0.9
done
same whole.csv killed.csv
same whole/graph.json killed/graph.json

# --- a full disk: files end after 1 KiB at most ---
(
    trap '' XFSZ
    ulimit -f 2
    # shellcheck disable=SC2086
    "$program" $train -o full --repository full.models >stdout 2>stderr </dev/null
    echo $? >status
) 2>/dev/null
[ "$(cat status)" = 1 ] || fail "a full disk: status $(cat status)"
grep -q "full.models/.*cannot be written" stderr || fail "a full disk: $(cat stderr)"
[ ! -e full ] && [ -z "$(ls -A full.models)" ] || fail "a full disk leaves half a model"

finish
