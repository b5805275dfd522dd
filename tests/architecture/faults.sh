#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: sh faults.sh [BUILD [COMPILER]]
# The scripts beside this one find what they are there to find: faults planted in a copy of the
# sources, and two sources that call each other beside the object files of BUILD.
here=$(cd "$(dirname "$0")" && pwd)
copy=$(mktemp -d) || exit 2
trap 'rm -rf "$copy"' EXIT
cd "$here/../.." && cp -R ARCHITECTURE.md formats kernels host experiments tests "$copy" || exit 2
failures=0

# finds SCRIPT TEXT FILE LINE: with LINE at the end of FILE, SCRIPT fails and says TEXT.
finds() {
    cp "$copy/$3" "$copy/kept"
    echo "$4" >>"$copy/$3"
    if said=$(sh "$here/$1" "$copy") || ! echo "$said" | grep -qF "$2"; then
        echo "not found: '$4' in $3; $1 said: $said"
        failures=1
    fi
    mv "$copy/kept" "$copy/$3"
}

finds includes.sh "host/graph may not use host/model" host/graph/graph.c '#include "host/model.h"'
finds includes.sh "host/model/model.h is not the face of host/model" host/engine/graph_engine.c \
    '#include "host/model/model.h"'
finds includes.sh "formats/json may not use kernels" formats/json/json_source.c '#include "kernels/backend.h"'
finds includes.sh "in a circle" host/graph/graph.h '#include "host/graph/graph_pruning.h"'
finds includes.sh "reaches up to host/tuning" ARCHITECTURE.md '| 3 | `host/below` | | | `host/tuning` |'
finds includes.sh "there is no room host/cellar" ARCHITECTURE.md '| 30 | `host/attic` | | | `host/cellar` |'
finds words.sh 'host/graph/graph.c:' host/graph/graph.c '/* taught by the jury */'
many=$(seq 60 | sed 's/.*/    next();/')
finds sizes.sh "a function of 63 lines" host/graph/graph.c "int flx_planted(void)
{
$many
}"
finds sizes.sh "graph.h:1: a file of" host/graph/graph.h "$many
$many
$many
$many
$many"
for i in $(seq 50); do
    : >"$copy/host/graph/planted$i.h"
done
finds sizes.sh "host/graph: a folder of" host/graph/graph.h ""
rm "$copy"/host/graph/planted*.h
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
