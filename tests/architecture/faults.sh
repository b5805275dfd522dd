#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: sh faults.sh [BUILD [COMPILER]]
# includes.sh and calls.sh find what they are there to find: faults planted in a copy of the
# sources, and two sources that call each other beside the object files of BUILD.
here=$(cd "$(dirname "$0")" && pwd)
copy=$(mktemp -d) || exit 2
trap 'rm -rf "$copy"' EXIT
cd "$here/../.." && cp -R ARCHITECTURE.md formats kernels host experiments "$copy" || exit 2
failures=0

# finds TEXT FILE LINE: with LINE at the end of FILE, includes.sh fails and says TEXT.
finds() {
    cp "$copy/$2" "$copy/kept"
    echo "$3" >>"$copy/$2"
    if said=$(sh "$here/includes.sh" "$copy") || ! echo "$said" | grep -qF "$1"; then
        echo "not found: '$3' in $2; it said: $said"
        failures=1
    fi
    mv "$copy/kept" "$copy/$2"
}

finds "host/graph may not use host/model" host/graph/graph.c '#include "host/model.h"'
finds "host/model/model.h is not the face of host/model" host/engine/graph_engine.c \
    '#include "host/model/model.h"'
finds "formats/json may not use kernels" formats/json/json_source.c '#include "kernels/backend.h"'
finds "in a circle" host/graph/graph.h '#include "host/graph/graph_pruning.h"'
finds "reaches up to host/tuning" ARCHITECTURE.md '| 3 | `host/below` | | | `host/tuning` |'
finds "there is no room host/cellar" ARCHITECTURE.md '| 30 | `host/attic` | | | `host/cellar` |'
if ! sh "$here/includes.sh" "$copy"; then
    echo "the sources as they are do not pass"
    failures=1
fi

# calls TO FROM: an object file of a source FROM, whose function calls that of TO
calls() {
    echo "void flx_$1(void); void flx_$2(void); void flx_$2(void) { flx_$1(); }" >"$copy/$2.c"
    "$compiler" -c "$copy/$2.c" -o "$copy/$2.c.o" || exit 2
}

build=${1-} compiler=${2:-cc}
if [ -n "$build" ]; then
    calls planted_hen planted_egg
    calls planted_egg planted_hen
    if said=$(sh "$here/calls.sh" "$build" "$copy") || ! echo "$said" | grep -q planted_hen; then
        echo "not found: two sources that call each other; calls.sh said: $said"
        failures=1
    fi
fi
exit $failures
