# SPDX-License-Identifier: MIT
# usage: sh install.sh BUILD_DIRECTORY COMPILER [COMPILER FLAGS...]
# Installs to an empty prefix, moves the prefix, then builds and runs a program of a stranger
# through pkg-config: every header is there, every library is named, nothing points back here.
set -eu
build=$1
shift
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cmake --install "$build" --prefix "$scratch/first" >/dev/null
mv "$scratch/first" "$scratch/moved"
prefix=$scratch/moved

cat >"$scratch/stranger.c" <<'C'
#include <fluxion.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    flx_error error = {0};
    flx_deployment *deployment = NULL;
    flx_graph *graph = NULL;
    flx_backend *backend = NULL;
    flx_status status = flx_deployment_read(argv[argc - 1], &deployment, &error);
    if (status == FLX_OK)
        status = flx_graph_build(deployment, NULL, 0, false, &graph, &error);
    if (status == FLX_OK)
        status = flx_backend_open("cpu", 1, &backend, &error);
    if (status == FLX_OK)
        printf("%d vertices, %s, optimizer %s\n", graph->n_vertices, backend->name,
               flx_optimizer_name(0));
    else
        fprintf(stderr, "%s\n", error.message);
    flx_backend_close(backend);
    flx_graph_destroy(graph);
    flx_deployment_destroy(deployment);
    return flx_exit_code(status);
}
C
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name fluxion.pc)")
export PKG_CONFIG_PATH
pkg-config --modversion fluxion
# shellcheck disable=SC2046
"$@" -std=c11 -Wall -Wextra -Werror -o "$scratch/stranger" "$scratch/stranger.c" \
    $(pkg-config --cflags --libs fluxion)
"$scratch/stranger" "$prefix/share/fluxion/configs/hotel/deployment.json"
"$prefix/bin/fluxion" version

# Without FLUXION_CONFIGS the installed program finds the installed systems.
cd "$scratch"
env -u FLUXION_CONFIGS "$prefix/bin/fluxion" simulate hotel --sequence 6vm --step 1 --rows 2 \
    --seconds 1 --warmup 0 -o two.h5
