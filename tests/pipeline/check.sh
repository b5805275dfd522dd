# SPDX-License-Identifier: MIT
# Read by the other scripts here: runs the program and compares exit status, standard output
# and standard error with what is expected. A script ends with `finish`.
set -u
program=$(realpath "$1")
[ -x "$program" ] || { echo "no program at '$program'"; exit 1; }
json_keys=$(dirname "$program")/tests/json_keys
[ -x "$json_keys" ] || { echo "no program at '$json_keys'"; exit 1; }
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
failures=0
calls=0

fail() {
    failures=$((failures + 1))
    echo "FAILED: $*"
    sed 's/^/    stdout: /' "$scratch/stdout" | head -n 5
    sed 's/^/    stderr: /' "$scratch/stderr" | head -n 5
}

# run STATUS ARGUMENTS...: the program ends with that exit status; --json gives JSON.
run() {
    expected=$1
    shift
    calls=$((calls + 1))
    "$program" "$@" >"$scratch/stdout" 2>"$scratch/stderr" </dev/null
    status=$?
    [ "$status" -eq "$expected" ] || fail "fluxion $*: exit status $status, not $expected"
    case "$expected $*" in 0*\ --json*) is_json "$scratch/stdout" ;; esac
}

# refuses PART ARGUMENTS...: exit status 2, nothing on standard output, one line that holds PART.
refuses() {
    part=$1
    shift
    run 2 "$@"
    [ ! -s "$scratch/stdout" ] || fail "fluxion $*: an error, but text on standard output"
    [ "$(wc -l <"$scratch/stderr")" -eq 1 ] || fail "fluxion $*: the error is not one line"
    grep -qF -- "$part" "$scratch/stderr" || fail "fluxion $*: the error does not say '$part'"
}

# answers PART ARGUMENTS...: exit status 0, standard output holds PART, standard error is empty.
answers() {
    part=$1
    shift
    run 0 "$@"
    grep -qF -- "$part" "$scratch/stdout" || fail "fluxion $*: does not print '$part'"
    [ ! -s "$scratch/stderr" ] || fail "fluxion $*: text on standard error"
}

# is_json FILE [KEY...]: one JSON object and nothing else, which holds the keys.
is_json() {
    said=$("$json_keys" "$@") || fail "$1: $said"
}

# has_keys KEY...: the JSON report of the last call holds them all.
has_keys() {
    is_json "$scratch/stdout" "$@"
}

# same FILE FILE
same() {
    cmp -s "$1" "$2" || fail "$1 and $2 differ"
}

finish() {
    echo "$calls calls, $failures failures"
    [ "$failures" -eq 0 ]
    exit
}
