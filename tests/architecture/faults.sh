#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: sh faults.sh
# includes.sh finds what it is there to find: faults planted in a copy of the sources.
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
exit $failures
