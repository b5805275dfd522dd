#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: sh sizes.sh [ROOT]
# The sizes of CONTRIBUTING.md: files of at most 400 lines, functions of at most 60, folders
# of at most 45 files. Prints FILE:LINE: what is wrong. Exit status 1.
cd "${1:-$(dirname "$0")/../..}" || exit 2
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT

find formats kernels host experiments \( -name '*.c' -o -name '*.h' -o -name '*.cu' \
    -o -name '*.cpp' \) | sort >"$scratch/files"

# A function begins after a blank line or a comment and stands between braces in column 1.
xargs awk '
    FNR == 1 && NR > 1 { report() }
    FNR == 1 { start = 1; open = 0 }
    { file = FILENAME; lines = FNR }
    $0 == "" || /^\/[*\/]/ || /\*\/$/ { if (!open) start = FNR + 1 }
    $0 == "{" { open = FNR }
    /^}/ {
        if (open && FNR - start + 1 > 60) {
            print file ":" start ": a function of " FNR - start + 1 " lines"
            bad = 1
        }
        open = 0; start = FNR + 1
    }
    function report() {
        if (lines > 400) { print file ":1: a file of " lines " lines"; bad = 1 }
    }
    END { report(); exit bad }' <"$scratch/files" || status=1

sed 's/\/[^\/]*$//' "$scratch/files" | sort | uniq -c |
    awk '$1 > 45 { print $2 ": a folder of " $1 " files"; bad = 1 } END { exit bad }' || status=1
exit ${status:-0}
