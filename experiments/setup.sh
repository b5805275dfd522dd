# SPDX-License-Identifier: MIT
# Read by the quick start and by the tests: makes sure that what they need is installed.
# Looks for what is used (a program, a library, a header), not for names of packages, so that a
# machine that has everything, from wherever, is left alone. Only Debian and Ubuntu are helped.

# has program NAME | library PKG-CONFIG-NAME | header NAME | openmp COMPILER
has() {
    case $1 in
    program) command -v "$2" >/dev/null 2>&1 ;;
    library) pkg-config --exists "$2" 2>/dev/null ;;
    header) echo "#include <$2>" | cc -E -xc - >/dev/null 2>&1 ;;
    openmp)
        echo 'int main(void) { return 0; }' | "$2" -fopenmp -xc -o /dev/null - >/dev/null 2>&1
        ;;
    esac
}

needed_to_build='program cc gcc
header stdio.h libc6-dev
program cmake cmake
program make make
program pkg-config pkg-config
library hdf5 libhdf5-dev
library jansson libjansson-dev
library openblas libopenblas-dev
library lapacke liblapacke-dev
library xgboost libxgboost-dev
library zlib zlib1g-dev'

needed_to_test='program gcc gcc
program ninja ninja-build
program clang clang
openmp clang libomp-dev
header CUnit/CUnit.h libcunit1-dev
program valgrind valgrind
program dot graphviz'

# The packages of the given lines whose first two words are not there.
list_missing() {
    echo "$1" | while read -r kind name package; do
        has "$kind" "$name" || echo "$package"
    done
}

install_packages() {
    command -v apt-get >/dev/null 2>&1 || {
        echo "set-up: please install what these Debian packages hold: $*" >&2
        return 1
    }
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null 2>&1 || {
            echo "set-up: please run as root: apt-get install $*" >&2
            return 1
        }
        as_root=sudo
    fi
    echo "set-up: installing $*" >&2
    $as_root apt-get update -q >&2 &&
        $as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -q --no-install-recommends "$@" >&2
}

# set_up LINES...: installs what is missing of the lists above; fails if something still is.
set_up() {
    wanted=$(printf '%s\n' "$@")
    missing=$(list_missing "$wanted" | sort -u | tr '\n' ' ')
    if [ -n "$missing" ]; then
        # shellcheck disable=SC2086
        install_packages $missing || return 1
        missing=$(list_missing "$wanted" | sort -u | tr '\n' ' ')
    fi
    [ -z "$missing" ] && return 0
    echo "set-up: still missing after the installation: $missing" >&2
    return 1
}
