#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: sh experiments/roofline.sh [BUILD]
# What an H100 and an A100 could make of the cuda backend at best: a model, not a measurement;
# nothing here ran on a GPU. BUILD (default: build/tests/gcc) has the emulator in race mode.
#
# Counted: operations and bytes of every kernel (the emulator, on nvcc's own PTX), registers
# and shared memory (ptxas). Assumed: data sheets; caches serve what a block reads again, so
# that every block takes each byte from memory once; the libraries' calls take n^3 / 3, n^3
# and 2 n^3 operations and touch their matrices 2, 3 and 3 times; 250 evaluations a fit.
# Column "requested": all bytes that threads request from global memory; where it is far above
# "MB", the caches' bandwidth, which this leaves out, may be the real bound. Latency is left out
# too: the small kernels of a search (select: a block a search) are bound by it and by their
# launches.
set -eu
cd "$(dirname "$0")/.."
build=${1:-build/tests/gcc}
nvcc=$(sed -n 's/^FLX_NVCC:FILEPATH=//p' "$build/CMakeCache.txt" 2>/dev/null) || nvcc=
plugin=$build/tests/emulator/libfluxion_cuda_ptx.so
[ -x "$nvcc" ] && [ -f "$plugin" ] || {
    echo "skipped: $build has no emulator (nvcc was not found)"
    exit 0
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# "resources DEVICE KERNEL REGISTERS SHARED", from what ptxas says of every kernel
resources() {
    for source in kernels/cuda/*/*.cu; do
        "$nvcc" -std=c++20 -O3 -fmad=false -arch="sm_$1" -Xptxas -v -I . \
            -I kernels/cuda/nvcc -cubin -o "$work/cubin" "$source" 2>&1
    done | awk -v device="$1" '
        /Compiling entry function/ {
            match($0, /flx_[a-z_]*_kernel/); kernel = substr($0, RSTART, RLENGTH) }
        /Used [0-9]+ registers/ {
            shared = 0
            for (i = 1; i < NF; i++) {
                if ($i == "Used") registers = $(i + 1)
                if ($(i + 1) == "bytes" && $(i + 2) ~ /^smem/) shared = $i }
            print "resources", device, kernel, registers, shared }'
}

# "work N KERNEL FLOPS BYTES REQUESTED", of the largest launch of every kernel
work_of() {
    EMU_STATS=1 EMU_SCHED=seq FLUXION_CUDA_PLUGIN=$plugin \
        "$build/experiments/roofline_workload" "$1" 16 2>&1 |
        awk -v n="$1" '/^emulator: traffic/ && !($15 + $9 <= most[$3]) {
            most[$3] = $15 + $9; work[$3] = $15 " " $9 " " $5 + $7 }
            END { for (kernel in work) print "work", n, kernel, work[kernel] }'
}

{
    resources 80
    resources 90
    work_of 240
    work_of 256
} >"$work/counts"

awk '
function least(a, b) { return a < b ? a : b }
function most(a, b) { return a > b ? a : b }
function dynamic(kernel) { return kernel == "flx_fused_kernel" ? 240 * 241 / 2 * 8 + 8 : 0 }

function threads(kernel) {
    return kernel ~ /draw|reduce|end_gen/ ? 64 : kernel ~ /targets/ ? 32 : 256 }

# blocks that one multiprocessor holds: 2048 threads, 32 blocks, 65536 registers
function blocks(d, kernel,    by_registers, by_shared, shared, t) {
    t = threads(kernel)
    shared = shared_of[d, kernel] + dynamic(kernel) + 1024
    by_registers = int(65536 / (t * int((registers_of[d, kernel] + 7) / 8) * 8))
    by_shared = int(shared_memory[d] / shared)
    return least(least(least(32, 2048 / t), by_registers), by_shared)
}

# seconds at the larger of both bounds
function bound(d, flops, bytes) { return most(flops / peak[d], bytes / bandwidth[d]) }

function line(d, n, kernel, count,    flops, bytes, fits) {
    flops = count * flops_of[n, kernel]; bytes = count * bytes_of[n, kernel]
    fits = blocks(d, kernel)
    if (fits == 0) {
        printf "  %-25s does not fit: members above %d points take the libraries\n", kernel, limit[d]
        return 0 }
    printf("  %-25s %4d %7d %3d%%  %9.1f %9.1f %9.1f   %8.3f  %s\n", kernel,
        registers_of[d, kernel], shared_of[d, kernel] + dynamic(kernel),
        100 * fits * threads(kernel) / 2048, flops / 1e6, bytes / 1e6,
        count * requested_of[n, kernel] / 1e6, 1e3 * bound(d, flops, bytes),
        flops / peak[d] > bytes / bandwidth[d] ? "compute" : "memory")
    return bound(d, flops, bytes)
}

function library(d, name, flops, bytes) {
    printf("  %-25s %4s %7s %4s  %9.1f %9.1f %9s   %8.3f  %s\n", name, "", "", "",
        flops / 1e6, bytes / 1e6, "", 1e3 * bound(d, flops, bytes),
        flops / peak[d] > bytes / bandwidth[d] ? "compute" : "memory")
    return bound(d, flops, bytes)
}

function device(d, name,    t, n, m, i, kernels, count) {
    m = 512; n = 256
    printf "\n%s: %.1f Tflop/s in double precision, %.2f TB/s\n", name, peak[d] / 1e12,
        bandwidth[d] / 1e12
    print "                             regs  shared  occ.      Mflop        MB requested         ms  bound by"
    print " one evaluation of 512 members, n = 240, d = 16: the fused kernel"
    t = line(d, 240, "flx_fused_kernel", m)
    if (t) printf "  at most %.0f fits a second of 250 evaluations\n", m / (250 * t)
    print " one evaluation of 512 members, n = 256, d = 16: kernels and libraries"
    t = 0
    count = split("scale covariance vectors weights products slopes", kernels, " ")
    for (i = 1; i <= count; i++)
        t += line(d, 256, "flx_" kernels[i] "_kernel", m)
    t += library(d, "potrfBatched", m * n ^ 3 / 3, m * 2 * 8 * n ^ 2)
    t += library(d, "trsmBatched", m * n ^ 3, m * 3 * 8 * n ^ 2)
    t += library(d, "gemmStridedBatched", m * 2 * n ^ 3, m * 3 * 8 * n ^ 2)
    printf "  together %.2f ms; at most %.0f fits a second of 250 evaluations\n", 1e3 * t, m / (250 * t)
    print " 512 posteriors of n = 240 at 320 queries; 512 x 64 candidates; 512 products of 128^3"
    line(d, 240, "flx_predict_kernel", m)
    line(d, 240, "flx_losses_kernel", m)
    line(d, 240, "flx_loss_sums_kernel", m)
    line(d, 240, "flx_product_kernel", m)
    print " a generation of L-SHADE: 64 searches of 128 members on a graph of 13 vertices, 2 levels, n = 240"
    t = 0
    count = split("draw graph_columns graph_means graph_vertices graph_targets select rank reduce " \
        "end_generation", kernels, " ")
    for (i = 1; i <= count; i++)
        t += line(d, 240, "flx_" kernels[i] "_kernel", 64)
    printf "  together %.3f ms for the larger level; 11 launches, whose own cost is not in it\n", 1e3 * t
}

/^resources/ { registers_of[$2, $3] = $4; shared_of[$2, $3] = $5 }
/^work/ { flops_of[$2, $3] = $4; bytes_of[$2, $3] = $5; requested_of[$2, $3] = $6 }
END {
    peak[90] = 34e12; bandwidth[90] = 3.35e12; shared_memory[90] = 233472
    peak[80] = 9.7e12; bandwidth[80] = 2.04e12; shared_memory[80] = 167936; limit[80] = 203
    print "A MODEL, not a measurement: nothing here ran on a GPU (see the head of the script)."
    device(90, "H100 SXM")
    device(80, "A100 SXM 80 GB")
}' "$work/counts"
