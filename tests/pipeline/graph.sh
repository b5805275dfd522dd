# SPDX-License-Identifier: MIT
# usage: sh graph.sh PROGRAM
# The graph of a deployment and of a model on the command line: counts, pictures, bad calls.
. "$(dirname "$0")/check.sh"

configs=$(dirname "$0")/../../configs
FLUXION_CONFIGS=$configs
export FLUXION_CONFIGS
boutique=$configs/boutique/deployment.json
scaled=$configs/hotel/100vm-2.json

answers "12 vertices, 16 edges, 12 assignments, 4 levels, 63 inputs; output frontend:p90" \
    graph "$boutique"
answers "redis.get, redis.set" graph "$boutique"
answers "110 vertices, 204 edges, 35 assignments" graph "$scaled"
answers "reservation/0..5:p90" graph "$scaled"
answers "419 vertices, 1806 edges, 134 assignments" \
    graph "$scaled" --spectrum " p50, p85,p90,p95"
answers '"assignments": 695' graph "$scaled" --json --spectrum \
    p50,p80,p81,p82,p83,p84,p85,p86,p87,p88,p89,p90,p91,p92,p93,p94,p95,p96,p97,p98,p99
[ "$(grep -c '"level"' "$scratch/stdout")" -eq 2170 ] || fail "not 2170 vertices in JSON"
answers '"redis.get:p90",' graph "$boutique" --json
answers "digraph" graph "$boutique" --dot

refuses "exclude each other" graph "$boutique" --dot --json
refuses "no service declares the metric \"p42\"" graph "$boutique" --spectrum p42
refuses "learned from data" graph "$boutique" --spectrum select
refuses "name 2 is empty" graph "$boutique" --spectrum p50,
refuses "absent.json" graph "$scratch/absent.json"
refuses "deployment.json" graph "$scratch"
refuses "argument" graph

# Names of others: Graphviz reads the picture as it was meant, and draws it.
cat >"$scratch/odd.json" <<'END'
{"format": "fluxion-deployment", "version": 1, "name": "<odd> & \"quoted\" \\",
 "target": {"service": "a\"];x->y[b=\"", "metric": "p90", "goal": "min", "transform": "none"},
 "services": [
   {"name": "a\"];x->y[b=\"", "replicas": 2, "knobs": [], "states": ["rps"],
    "metrics": ["p90"], "calls": ["<b>c&lt;\\N", "\u00e9t\u00e9 {|}"]},
   {"name": "<b>c&lt;\\N", "replicas": 1, "knobs": [], "states": ["rps"],
    "metrics": ["p90"], "calls": []},
   {"name": "\u00e9t\u00e9 {|}", "replicas": 1, "knobs": [], "states": ["rps"],
    "metrics": ["p90"], "calls": []},
   {"name": "batch", "replicas": 1, "knobs": [], "states": [], "metrics": [],
    "calls": ["<b>c&lt;\\N"]}]}
END
answers "not in the graph, as the target does not call it: batch" graph "$scratch/odd.json"
answers '"left_out": [' graph "$scratch/odd.json" --json
answers "no path to the target" graph "$scratch/odd.json" --dot
if command -v dot >/dev/null; then
    cp "$scratch/stdout" "$scratch/odd.dot"
    dot -Tplain "$scratch/odd.dot" >"$scratch/plain" 2>"$scratch/stderr" ||
        fail "dot cannot read the picture"
    [ ! -s "$scratch/stderr" ] || fail "dot complains about the picture"
    # 5 vertices, the unused one, 3 of the legend; 6 edges and 2 of the legend
    [ "$(grep -c '^node' "$scratch/plain")" -eq 9 ] || fail "not 9 nodes in the picture"
    [ "$(grep -c '^edge' "$scratch/plain")" -eq 8 ] || fail "not 8 edges in the picture"
    dot -Tsvg "$scratch/odd.dot" >"$scratch/svg"
    grep -qF '&lt;b&gt;c&amp;lt;\N<' "$scratch/svg" || fail "a name came out changed"
else
    echo "skipped: no dot to read the picture"
fi

# A model shows what it was trained as.
run 0 simulate boutique --sequence 9vm --step 1 --rows 12 --seed 1 -o "$scratch/rows.h5"
run 0 train --deployment "$boutique" --data "$scratch/rows.h5" --spectrum p50,p90 \
    -o "$scratch/model"
answers "23 vertices, 50 edges, 23 assignments" graph "$scratch/model"
refuses "metrics of its own" graph "$scratch/model" --spectrum p90
run 0 train --deployment "$boutique" --data "$scratch/rows.h5" --monolith gp-iso \
    -o "$scratch/box"
answers "1 vertices, 0 edges, 1 assignments" graph "$scratch/box"
answers "inputs only" graph "$scratch/box" --dot
printf '{}' >"$scratch/model/graph.json"
refuses "graph.json" graph "$scratch/model"

finish
