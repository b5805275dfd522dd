#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: sh tests/run.sh
# Every test that this machine can run. Builds with gcc and clang, with the address and
# undefined-behaviour sanitizers, and with the thread sanitizer; then one ctest runs all suites
# of all builds, so that its summary, the last lines of the output, speaks for everything.
# Results and logs: build/tests. Exit status: 0 only when everything that ran has passed.
set -u
cd "$(dirname "$0")/.." || exit 1
. experiments/setup.sh
set_up "$needed_to_build" "$needed_to_test" || exit 1

all=$PWD/build/tests
cores=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
mkdir -p "$all"
: >"$all/CTestTestfile.cmake"

# build NAME COMPILER TYPE [CMAKE OPTIONS...]: its suites are named NAME.SUITE
build() {
    name=$1 compiler=$2 type=$3
    shift 3
    echo "building $name"
    cmake -S . -B "$all/$name" -G Ninja -DCMAKE_C_COMPILER="$compiler" \
        -DCMAKE_BUILD_TYPE="$type" -DFLX_WERROR=ON -DFLX_TEST_PREFIX="$name." "$@" \
        >"$all/$name.log" 2>&1 &&
        cmake --build "$all/$name" -- -k 0 >>"$all/$name.log" 2>&1 || {
        grep -v '^\[.*Building' "$all/$name.log" | tail -n 60
        echo "the build $name failed; everything it said is in build/tests/$name.log"
        exit 1
    }
    echo "subdirs(\"$all/$name\")" >>"$all/CTestTestfile.cmake"
}

build gcc gcc Release -DFLX_VALGRIND=ON
build clang clang Release -DFLX_CUDA=OFF
build asan gcc RelWithDebInfo -DFLX_SANITIZE=address,undefined

# gcc's OpenMP runtime is not built for the thread sanitizer, which then sees no barriers and
# reports races that are none. clang's runtime tells it about them through the Archer tool. The
# probe, a program without a race, shows whether the two work together here.
archer=$(find /usr/lib/llvm* -name libarcher.so 2>/dev/null | sort | tail -n 1)
export OMP_TOOL_LIBRARIES="$archer"
export TSAN_OPTIONS="ignore_noninstrumented_modules=1 halt_on_error=1"
cat >"$all/probe.c" <<'C'
int main(void)
{
    int square[64], sum = 0;
#pragma omp parallel for num_threads(2)
    for (int i = 0; i < 64; i++)
        square[i] = i * i;
    for (int i = 0; i < 64; i++)
        sum += square[i];
    return sum != 85344;
}
C
if clang -g -fopenmp -fsanitize=thread -o "$all/probe" "$all/probe.c" >"$all/probe.log" 2>&1 &&
    [ -n "$archer" ] && "$all/probe" >>"$all/probe.log" 2>&1; then
    build tsan clang RelWithDebInfo -DFLX_SANITIZE=thread -DFLX_ONLY_THREADED=ON
else
    echo "tsan: skipped, the thread sanitizer and OpenMP do not work together on this machine"
fi
# Where there is a toolkit, the plugin is built and tested: else CUDA would pass untested.
if [ -f "$all/gcc/libfluxion_cuda.so" ]; then
    echo "cuda: the plugin is built with nvcc (gcc), and runs under the emulator (gcc, asan)"
elif has program nvcc || has program "${CUDA_PATH:-/usr/local/cuda}/bin/nvcc"; then
    echo "cuda: nvcc is here, but the plugin was not built: see build/tests/gcc.log"
    exit 1
else
    echo "cuda: skipped, nvcc was not found, and the emulator needs its headers"
fi

# Suites run side by side: their idle threads must not spin on the cores of others.
export OMP_WAIT_POLICY=passive
export UBSAN_OPTIONS=print_stacktrace=1
# What memory cannot give is NULL, as it is without the sanitizer.
export ASAN_OPTIONS=allocator_may_return_null=1
exec ctest --test-dir "$all" --parallel "$cores" --output-on-failure
