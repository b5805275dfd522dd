#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: sh words.sh [ROOT]
# No private word stands where the field has one of its own. Prints FILE:LINE: the word. Exit
# status 1.
cd "${1:-$(dirname "$0")/../..}" || exit 2

# A word between quotes is a key of a file: "mixture" stands in older model folders.
words='school|lesson|jury|pupil|college|courtroom|seat|foresight|teach|taught|teaching|verdict'
words="$words|judge|judged|enrol|enrolled|mixture|gene|blame|blamed|exonerated|readings"
words="$words|replay|replayed|asked|knob_space"
find formats kernels host \( -name '*.[ch]' -o -name '*.cu' -o -name '*.md' \) | sort |
    xargs awk -v words="$words" '
    {
        line = tolower($0)
        gsub(/["`][a-z_]+["`]/, "", line)
        if (match(line, "(^|[^a-z])(" words ")s?([^a-z]|$)")) {
            word = substr(line, RSTART, RLENGTH)
            gsub(/[^a-z]/, "", word)
            print FILENAME ":" FNR ": \"" word "\" is a private word"
            bad = 1
        }
    }
    END { exit bad }'
