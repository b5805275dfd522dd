#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: faults.sh ASAN_PROGRAM RACE_PROGRAM
# Every planted fault (faults.cu) must be found by the mode named beside it, under every
# schedule; the sound program must pass everywhere.
set -u
asan=$1 race=$2
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0
failures=0

# expect PROGRAM FAULT TEXT [ORDERS]: the program stops or answers with TEXT, and not with "fine"
expect() {
    for order in ${4:-seq rev 1 2}; do
        EMU_SCHED=$order EMU_SEED=$order
        [ "$order" = seq ] || [ "$order" = rev ] || EMU_SCHED=rand
        export EMU_SCHED EMU_SEED
        said=$({ "$1" "$2"; } 2>&1; echo "status $?")
        case $said in
        *"$3"*) ;;
        *)
            echo "FAILED: $2, order $order, $(basename "$1"): expected \"$3\", got:"
            echo "$said" | head -n 5
            failures=$((failures + 1))
            ;;
        esac
    done
}

for program in "$asan" "$race"; do
    expect "$program" none fine
    expect "$program" host-pointer "a host pointer"
    expect "$program" divergent "divergent barrier: 23 of 64"
    expect "$program" other-barrier "divergent __syncthreads: "
    expect "$program" no-synchronization wrong
    expect "$program" no-fork "not a number" rev
    expect "$program" no-join "not a number" seq
    expect "$program" uninitialized "not a number"
    expect "$program" fresh "not a number"
    expect "$program" absent-lane "not a number"
    expect "$program" pinned-too-early "pinned memory is given up"
    expect "$program" tall-grid refused
    expect "$program" many-threads refused
    expect "$program" much-shared refused
    expect "$program" leak "leak: 1000 bytes of device memory"
    expect "$program" stream-leak "leak: 1 among streams, events, handles and pinned memory"
    expect "$program" pinned-leak "leak: 1 among streams, events, handles and pinned memory"
done
expect "$asan" beyond-global "use-after-poison"
expect "$asan" beyond-by-copy "use-after-poison"
expect "$asan" beyond-shared "global-buffer-overflow"
expect "$asan" beyond-dynamic "heap-buffer-overflow"
expect "$asan" use-after-free "use-after-poison"
expect "$asan" host-reads-device "SEGV"
expect "$race" barrier "RACE in reverse_blocks on shared memory"
expect "$race" warp-barrier "RACE in sum_warps on shared memory"
expect "$race" across-blocks "RACE in reverse_blocks on global memory"
expect "$race" beyond-global "out-of-bounds write of 8 bytes at faults.cu"
expect "$race" beyond-by-copy "past the end of an allocation of 1536 bytes"
expect "$race" beyond-dynamic "out-of-bounds write of 8 bytes at faults.cu"
expect "$race" misaligned "misaligned access of 8 bytes at faults.cu"
expect "$race" use-after-free "out-of-bounds read of 8 bytes at faults.cu"
expect "$race" host-reads-device "status 139"

# Errors that a program has to live with.
for program in "$asan" "$race"; do
    EMU_FAIL_MALLOC=2 && export EMU_FAIL_MALLOC
    expect "$program" none refused
    unset EMU_FAIL_MALLOC
    EMU_NO_DEVICE=1 && export EMU_NO_DEVICE
    expect "$program" none refused
    unset EMU_NO_DEVICE
done
[ $failures = 0 ] &&
    echo "every planted fault was found"
exit $failures
