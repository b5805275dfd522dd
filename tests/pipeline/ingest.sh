# SPDX-License-Identifier: MIT
# usage: sh ingest.sh PROGRAM
# Telemetry on the command line: acknowledgements, bad lines, a full disk, a second writer, a
# million lines, and the way from telemetry to a trained model. Kills: host/test_ingestion_kill.c.
. "$(dirname "$0")/check.sh"

store=$scratch/store
line() { # SEQ VAL: a line of the stream shop/web/0/p90
    printf '{"stream_uri": "shop/web/0/p90", "type": "continuous", "seq_num": %s, "val": %s}\n' "$1" "$2"
}

# --- acknowledgements and bad lines ---
{ line 1 10; line 2 20; line 2 21; line 1 11; } >"$scratch/good"
run 0 ingest "$store" "$scratch/good"
[ "$(cat "$scratch/stdout")" = "ack 1" ] || fail "not one acknowledgement of the last line"
grep -qF "4 lines stored (1 late, 1 repeated), 0 bad; 1 streams" "$scratch/stderr" ||
    fail "the summary is wrong"
answers '"acknowledged": 1' ingest "$store" "$scratch/good" --json
answers '"stored": 0' ingest "$store" /dev/null --json
answers '"acknowledged": null' ingest "$store" --json

{ line 5 1; for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo "bad $i"; done; line 6 1; } >"$scratch/bad"
run 0 ingest "$store" "$scratch/bad"
[ "$(grep -c '^skipped: ' "$scratch/stderr")" -eq 10 ] || fail "not the first ten bad lines are shown"
grep -qF "bad line 2: it is no JSON" "$scratch/stderr" || fail "a bad line is shown without its number"
grep -qF "2 lines stored (0 late, 0 repeated), 12 bad" "$scratch/stderr" || fail "bad lines are not counted"
run 2 ingest "$scratch/strict" "$scratch/bad" --strict
[ "$(cat "$scratch/stdout")" = "ack 5" ] || fail "--strict: what came before is not acknowledged"
[ "$(wc -l <"$scratch/stderr")" -eq 1 ] || fail "--strict: the error is not one line"

# A sender that waits gets its answer while the pipe stays open.
mkfifo "$scratch/pipe"
"$program" ingest "$scratch/live" <"$scratch/pipe" >"$scratch/acks" 2>/dev/null &
writer=$!
exec 3>"$scratch/pipe"
for i in 7 8 9; do
    line $i 1 >&3
    tries=0
    until grep -q "^ack $i\$" "$scratch/acks" || [ $tries -eq 200 ]; do
        sleep 0.05
        tries=$((tries + 1))
    done
    [ $tries -lt 200 ] || fail "line $i is not acknowledged while the pipe is open"
done
run 1 ingest "$scratch/live" "$scratch/good"
grep -qF "another process is writing to this store" "$scratch/stderr" ||
    fail "two writers are not told"
kill -9 $writer
wait $writer 2>/dev/null
exec 3>&-
run 0 ingest "$scratch/live" "$scratch/good"

# --- refusals ---
mkdir "$scratch/home"
echo dear >"$scratch/home/letter"
refuses "no telemetry store" ingest "$scratch/home" "$scratch/good"
refuses "absent: cannot be opened" ingest "$store" "$scratch/absent"
refuses "is a folder" ingest "$store" "$scratch/home"
refuses "not 'soon'" ingest "$store" --keep-seconds soon
refuses "needs more arguments" ingest
"$program" ingest "$scratch/unheard" "$scratch/good" >/dev/full 2>"$scratch/stderr"
[ $? -eq 1 ] || fail "acknowledgements that cannot be written: not exit status 1"

# --- a full disk: what was acknowledged is there, and later more fits ---
awk 'BEGIN { for (i = 1; i <= 1000000; i++)
    printf "{\"stream_uri\":\"shop/web/%d/rps\",\"type\":\"continuous\",\"seq_num\":%d,\"val\":%d.5}\n", i % 8, i, i }' \
    >"$scratch/million"
(
    ulimit -f 4000 # blocks of 512 bytes or of 1024
    "$program" ingest "$scratch/full" "$scratch/million" >"$scratch/stdout" 2>"$scratch/stderr"
    echo $? >"$scratch/status"
)
[ "$(cat "$scratch/status")" = 1 ] || fail "a full disk: not exit status 1"
grep -qF "what was acknowledged is safe" "$scratch/stderr" || fail "a full disk is not said"
last=$(tail -n 1 "$scratch/stdout" | cut -d ' ' -f 2)
[ "$last" -gt 10000 ] || fail "nothing was acknowledged before the disk was full"
cat >"$scratch/web.json" <<'JSON'
{"format": "fluxion-deployment", "version": 1, "name": "shop",
 "target": {"service": "web", "metric": "p90"},
 "services": [{"name": "web", "replicas": 8, "states": ["rps"], "metrics": ["p90"]}]}
JSON
answers "\"values\": $last" export "$scratch/full" --window "$last" --every "$last" --until "$last" \
    --deployment "$scratch/web.json" -o "$scratch/full.h5" --json

# --- a million lines, the rest of them sent again from the start ---
answers '"stored": 1000000' ingest "$scratch/full" "$scratch/million" --json
answers '"replaced": '"$last" export "$scratch/full" --window 1000000 --every 1000 \
    --deployment "$scratch/web.json" -o "$scratch/full.h5" --json
grep -q '"values": 1000000' "$scratch/stdout" || fail "a million lines are not a million values"
grep -q '"rows": 1000,' "$scratch/stdout" || fail "not a thousand rows"
grep -q '"missing": 0' "$scratch/stdout" || fail "cells are missing"

# --- retention ---
run 0 ingest "$scratch/small" "$scratch/million" --keep-bytes 1000000
[ "$(du -sk "$scratch/small" | cut -f 1)" -le 1100 ] || fail "--keep-bytes: the store is larger"
grep -q "dropped by retention" "$scratch/stderr" || fail "retention is not reported"
answers '"until": 1000000' export "$scratch/small" --window 10000 --every 1000 \
    --deployment "$scratch/web.json" -o "$scratch/small.h5" --json
grep -q '"rows": 10,' "$scratch/stdout" || fail "retention took what is new"

# --- from telemetry to a model: the latency is a function of a knob that changes every 20 s ---
cat >"$scratch/dep.json" <<'JSON'
{"format": "fluxion-deployment", "version": 1, "name": "shop",
 "target": {"service": "web", "metric": "p90"},
 "services": [{"name": "web", "states": ["rps"], "metrics": ["p90"],
   "knobs": [{"name": "threads", "type": "discrete", "min": 1, "max": 20},
             {"name": "mode", "type": "choices", "values": ["safe", "fast"]}]}]}
JSON
awk 'function out(name, type, t, v) {
        printf "{\"stream_uri\":\"shop/web/0/%s\",\"type\":\"%s\",\"seq_num\":%d,\"val\":%s}\n", name, type, t, v }
    BEGIN { for (i = 0; i < 60; i++) {
        t = 1000 + 20 * i; k = 1 + i * 7 % 20; m = i % 2; r = 50 + i * 37 % 100
        out("threads", "discrete", t + 1, k); out("mode", "choices", t + 1, m ? "\"fast\"" : "\"safe\"")
        out("rps", "continuous", t + 5, r)
        y = 20 + 0.2 * (k - 8) * (k - 8) - 6 * m + 0.1 * r
        out("p90", "continuous", t + 10, y - 1); out("p90", "continuous", t + 20, y + 1) } }' >"$scratch/runs"
run 0 ingest "$scratch/runs.store" "$scratch/runs"
answers "60 rows of 4 columns: 2 knobs, 1 states, 1 metrics" export "$scratch/runs.store" \
    --window 1200 --every 20 --deployment "$scratch/dep.json" -o "$scratch/runs.h5"
answers "missing cells: 0" export "$scratch/runs.store" \
    --window 1200 --every 20 --deployment "$scratch/dep.json" -o "$scratch/runs.h5"
answers '"rows": 60' info "$scratch/runs.h5" --json
run 0 train --deployment "$scratch/dep.json" --data "$scratch/runs.h5" -o "$scratch/model"
answers '"r2": 0.9' evaluate "$scratch/model" --data "$scratch/runs.h5" --json

refuses "needs option '--window'" export "$store" --every 1 --deployment "$scratch/dep.json" -o "$scratch/x.h5"
refuses "the store cannot be read" export "$scratch/absent" --window 10 --every 1 \
    --deployment "$scratch/dep.json" -o "$scratch/x.h5"
refuses "no telemetry store" export "$scratch/home" --window 10 --every 1 \
    --deployment "$scratch/dep.json" -o "$scratch/x.h5"
refuses 'no stream of system "mall"' export "$store" --window 10 --every 1 --system mall \
    --deployment "$scratch/dep.json" -o "$scratch/x.h5"
refuses "has 0 rows" export "$store" --window 10 --every 11 --deployment "$scratch/dep.json" -o "$scratch/x.h5"
refuses "'--every' needs an integer" export "$store" --window 10 --every 0 \
    --deployment "$scratch/dep.json" -o "$scratch/x.h5"
[ ! -e "$scratch/x.h5" ] || fail "an error left a dataset behind"

finish
