# SPDX-License-Identifier: MIT
# usage: sh import.sh PROGRAM
# CSV files to a dataset on the command line: what is said, and that nothing is left behind.
. "$(dirname "$0")/check.sh"

out=$scratch/out
mkdir "$out"
printf 'x,y,part\n1,2,a\n3,4,b\n' >"$scratch/a.csv"
printf '\357\273\277x,y,part\r\n5,6,b' | gzip >"$scratch/b.csv.gz"
cat >"$scratch/map.json" <<'END'
{"format": "fluxion-import", "version": 1, "system": "toy",
 "columns": {"x": {"name": "s:x", "kind": "knob"}, "y": {"name": "s:y", "kind": "metric"}},
 "ignore": ["part"]}
END

answers "3 rows of 2 columns: 1 knobs, 0 states, 1 metrics" \
    import "$scratch/a.csv" "$scratch/b.csv.gz" --map "$scratch/map.json" -o "$out/d.h5"
answers "lines kept: 1 of 2" \
    import "$scratch/a.csv" --map "$scratch/map.json" -o "$out/d.h5" --where part=b
answers '"rows": 2' import "$scratch/a.csv" --map "$scratch/map.json" -o "$out/d.h5" --json
answers '"dropped": []' \
    import "$scratch/a.csv" --map "$scratch/map.json" -o "$out/d.h5" --json

# What stood there before an error still stands, and nothing else does.
before=$(cksum <"$out/d.h5")
printf 'x,y,part\n1,2,a\n3,high,b\n' >"$scratch/bad.csv"
refuses 'bad.csv line 3: column "y" holds "high", which is no number' \
    import "$scratch/bad.csv" --map "$scratch/map.json" -o "$out/d.h5"
refuses "needs option '--map'" import "$scratch/a.csv" -o "$out/e.h5"
refuses "absent.json" import "$scratch/a.csv" --map "$scratch/absent.json" -o "$out/e.h5"
refuses "absent.csv cannot be opened" \
    import "$scratch/absent.csv" --map "$scratch/map.json" -o "$out/e.h5"
refuses "no line is left where" \
    import "$scratch/a.csv" --map "$scratch/map.json" -o "$out/e.h5" --where part=z
refuses "CSV" import --map "$scratch/map.json" -o "$out/e.h5"
[ "$(cksum <"$out/d.h5")" = "$before" ] || fail "an error changed the older dataset"
[ "$(ls -A "$out")" = d.h5 ] || fail "an error left something behind"

finish
