# SPDX-License-Identifier: MIT
# usage: sh cuda.sh PROGRAM, with FLUXION_CUDA_PLUGIN naming the emulated backend
# Train, predict and tune on cuda tell what they tell on the cpu; without a device a line
# says so, and "auto" goes on without it.
. "$(dirname "$0")/check.sh"

FLUXION_CONFIGS=$(dirname "$0")/../../configs
export FLUXION_CONFIGS
deployment=$FLUXION_CONFIGS/boutique/deployment.json

run 0 simulate boutique --sequence 9vm --rows 36 --seconds 2 --seed 3 -o "$scratch/rows.h5"
for backend in cpu cuda; do
    run 0 train --deployment "$deployment" --data "$scratch/rows.h5" --rows 12 --composed-only \
        --backend $backend -o "$scratch/$backend"
    run 0 predict "$scratch/$backend" --data "$scratch/rows.h5" --interval 0.9 \
        --backend $backend -o "$scratch/$backend.csv"
done
# Searches that round differently may stop an iteration apart.
paste -d , "$scratch/cpu.csv" "$scratch/cuda.csv" | awk -F , '
    function far(a, b) { return (a - b) ^ 2 > (1e-3 * a) ^ 2 }
    NR > 1 && (far($2, $6) || far($3, $7) || far($4, $8)) { print; bad = 1 }
    END { exit bad || NR != 37 }' || fail "predictions of cpu and cuda differ"

# The search stays on the device and finds what the host's finds on the cpu.
for optimizer in lshade de random; do
    for backend in cpu cuda; do
        run 0 tune "$scratch/cpu" --optimizer $optimizer --evaluations 300 --population 20 \
            --seed 1 --backend $backend --json
        cp "$scratch/stdout" "$scratch/$backend.json"
    done
    grep -q '"search": "device"' "$scratch/cuda.json" || fail "$optimizer: not on the device"
    grep -q '"search": "host"' "$scratch/cpu.json" || fail "$optimizer: not on the host"
    for backend in cpu cuda; do
        sed -n '/"best"/,/"default"/p' "$scratch/$backend.json" | sed -n '/"settings"/,/}/p' \
            >"$scratch/$backend.best"
    done
    [ -s "$scratch/cpu.best" ] || fail "$optimizer: no settings"
    cmp -s "$scratch/cpu.best" "$scratch/cuda.best" || fail "$optimizer: other settings on cuda"
done

answers "on cuda (CPU emulator" train --deployment "$deployment" --data "$scratch/rows.h5" \
    --rows 8 --composed-only -o "$scratch/auto"
EMU_NO_DEVICE=1
export EMU_NO_DEVICE
answers "SKIPPED: no device (" selftest --backend cuda
run 0 selftest --backend cuda --json
has_keys backend device skipped checks
answers "on cpu (" train --deployment "$deployment" --data "$scratch/rows.h5" \
    --rows 8 --composed-only -o "$scratch/auto"
run 1 train --deployment "$deployment" --data "$scratch/rows.h5" --rows 8 --backend cuda \
    -o "$scratch/none"
[ "$(wc -l <"$scratch/stderr")" -eq 1 ] || fail "more than one line without a device"
grep -q "no device (" "$scratch/stderr" || fail "no reason without a device"

finish
