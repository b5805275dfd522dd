# SPDX-License-Identifier: MIT
# Read by the other scripts here: runs the program and compares exit status, standard output
# and standard error with what is expected. A script ends with `finish`.
set -u
program=$1
[ -x "$program" ] || { echo "no program at '$program'"; exit 1; }
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

# run STATUS ARGUMENTS...: the program ends with that exit status.
run() {
    expected=$1
    shift
    calls=$((calls + 1))
    "$program" "$@" >"$scratch/stdout" 2>"$scratch/stderr" </dev/null
    status=$?
    [ "$status" -eq "$expected" ] || fail "fluxion $*: exit status $status, not $expected"
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

# is_json FILE: one document, an object, and nothing else.
is_json() {
    first=$(head -c 1 "$1")
    last=$(tail -n 1 "$1")
    [ "$first" = "{" ] && [ "$last" = "}" ] && [ "$(grep -c '^[{}]' "$1")" -eq 2 ] ||
        fail "$1 is not one JSON document"
}

# has_keys KEY...: the JSON answer of the last call names them all.
has_keys() {
    is_json "$scratch/stdout"
    for key in "$@"; do
        grep -q "\"$key\":" "$scratch/stdout" || fail "the answer has no \"$key\""
    done
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
