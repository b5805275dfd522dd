#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: sh documents.sh
# The files that the documents name are there: every `folder/file.h`, but for those with NAME
# or KIND in place of a name. No line of prose is wider than 100 columns. Exit status 1.
cd "$(dirname "$0")/../.." || exit 2
documents="README.md ARCHITECTURE.md CONTRIBUTING.md configs/README.md"

# shellcheck disable=SC2086
named=$(grep -oE '`[a-z][A-Za-z0-9_./*-]*/[A-Za-z0-9_*.-]+\.(h|c|sh|md|json)`' $documents |
    grep -v '[A-Z][A-Z]' | tr -d '`' | sort -u)
for name in $named; do
    path=${name#*:}
    # shellcheck disable=SC2086
    ls -d $path configs/$path >/dev/null 2>&1 || ls -d $path >/dev/null 2>&1 || {
        echo "${name%%:*}: there is no $path"
        bad=1
    }
done
# shellcheck disable=SC2086
awk 'length > 100 && !/^\|/ && !/^    / {
    print FILENAME ":" FNR ": " length " columns"; bad = 1 } END { exit bad }' $documents || bad=1
exit ${bad:-0}
