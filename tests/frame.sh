#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: sh frame.sh FLX_TESTS
# The frame of the tests: what is demanded and cannot be run fails, and what was skipped does
# not count as passed.
tests=${1:?usage: sh frame.sh FLX_TESTS}
unset FLUXION_TEST_BACKEND FLUXION_CUDA_PLUGIN
failures=0

# gives STATUS TEXT [NAME=VALUE...] SUITE...: flx_tests ends with STATUS and says TEXT.
gives() {
    status=$1 text=$2
    shift 2
    said=$(env "$@" 2>&1)
    got=$?
    [ $got -eq "$status" ] && case $said in *"$text"*) true ;; *) false ;; esac && return
    echo "$*: status $got, not $status with '$text': $said"
    failures=1
}

gives 0 "" "$tests" progress_bar
gives 1 'there is no suite "progres_bar"' "$tests" progres_bar
gives 1 'there is no suite "progres_bar"' "$tests" status progres_bar
gives 0 "" FLUXION_TEST_BACKEND=cpu "$tests" philox
gives 1 'FLUXION_TEST_BACKEND is "gpu": give cpu or cuda' FLUXION_TEST_BACKEND=gpu "$tests" philox
gives 1 "FLUXION_TEST_BACKEND demands cuda: " FLUXION_TEST_BACKEND=cuda \
    FLUXION_CUDA_PLUGIN=/nonexistent/plugin.so "$tests" philox
gives 0 "5 of 6 tests skipped" FLUXION_CUDA_PLUGIN=/nonexistent/plugin.so "$tests" cuda
gives 77 "4 of 4 tests skipped" FLUXION_DATA=/nonexistent "$tests" import_configs
exit $failures
