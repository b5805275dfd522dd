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

int main(void)
{
    flx_error error = {0};
    flx_dataset *dataset = NULL;
    if (flx_dataset_create(3, 2, &dataset, &error) != FLX_OK)
        return 1;
    int rows = dataset->rows;
    flx_dataset_destroy(dataset);
    flx_deployment *deployment = NULL;
    flx_status status = flx_deployment_read("no such file", &deployment, &error);
    printf("%d %s\n", rows, error.message);
    return !(rows == 3 && status != FLX_OK && deployment == NULL);
}
C
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name fluxion.pc)")
export PKG_CONFIG_PATH
pkg-config --modversion fluxion
# shellcheck disable=SC2046
"$@" -std=c11 -Wall -Wextra -Werror -o "$scratch/stranger" "$scratch/stranger.c" \
    $(pkg-config --cflags --libs fluxion)
"$scratch/stranger"
"$prefix/bin/fluxion" version
[ -f "$prefix/share/fluxion/configs/hotel/deployment.json" ]
