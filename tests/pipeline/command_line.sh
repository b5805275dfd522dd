# SPDX-License-Identifier: MIT
# usage: sh command_line.sh PROGRAM
# What holds for every verb: help, errors in one line, exit statuses, and which stream gets what.
. "$(dirname "$0")/check.sh"

answers "Usage: fluxion VERB" help
answers "Usage: fluxion VERB" --help
answers "fluxion 0." version
answers "fluxion 0." --version
answers '"version"' version --json
answers "Usage: fluxion help" help help
answers "Usage: fluxion help" help --help

refuses "no verb is given"
refuses "did you mean 'version'?" vesrion
refuses "'fluxion help' lists the verbs" elephant
refuses "a verb comes before '--json'" --json version
refuses "did you mean 'help'?" help hlep
refuses "there is no verb ''" ""
refuses "there is no verb 'a?b?[31m'" "$(printf 'a\nb\033[31m')"

"$program" help --json >"$scratch/verbs"
verbs=$(sed -n 's/^ *"name": "\(.*\)",$/\1/p' "$scratch/verbs")
[ "$(echo "$verbs" | wc -l)" -ge 2 ] || fail "help --json lists no verbs"
for verb in $verbs; do
    answers "Usage: fluxion $verb" "$verb" --help
    answers "Usage: fluxion $verb" "$verb" --no-such-option --help
    answers "Usage: fluxion $verb" help "$verb"
    refuses "has no option '--no-such-option'" "$verb" --no-such-option
    refuses "did you mean '--threads'?" "$verb" --thraeds 2
    refuses "'--threads' needs an integer from 1 to 1024, not 'two'" "$verb" --threads two
    refuses "'--seed' needs a value" "$verb" --seed
    refuses "auto, cpu or cuda, not 'gpu'" "$verb" --backend gpu
    refuses "'--json' takes no value" "$verb" --json=yes
done

# An old name is understood, and messages use the name that was typed.
answers "Usage: fluxion backtest" replay --help
answers "(also --spectrum)" train --help
refuses "'fluxion replay' needs option '--deployment'" replay
refuses "'fluxion evaluate': option '--others' is given twice" evaluate m --data d --held-out --others
refuses "'--above' needs a number from 0 to 1" debug m --data d --above 2
refuses "'--min-correlation' needs a number from 0 to 1" debug m --data d --min-correlation 2
refuses "--composed-only and --monolith exclude" train --deployment d --data d -o o --composed-only --monolith mlp
refuses "--no-ensemble and --black-box exclude" train --deployment d --data d -o o --no-ensemble --black-box mlp
refuses "'--every' needs an integer" export s --window 1 --every x
refuses "'--n' needs an integer" bench gp --n x
refuses "'--points' needs an integer" bench gp --points x
refuses "'--largest' needs an integer" selftest --largest x

# No line of help is wider than 100 columns.
for verb in $verbs; do
    "$program" "$verb" --help | awk -v verb="$verb" 'length > 100 { print verb ": " $0; wide = 1 } END { exit wide }' ||
        fail "help wider than 100 columns"
done

# A disk that is full and a reader that left are failures of the work, and are said.
for words in "help" "help --json"; do
    # shellcheck disable=SC2086
    "$program" $words >/dev/full 2>"$scratch/stderr"
    [ $? -eq 1 ] || fail "fluxion $words on a full disk: not exit status 1"
    grep -q "standard output failed" "$scratch/stderr" || fail "a full disk is not reported"
done
mkfifo "$scratch/pipe"
: >"$scratch/stdout"
true <"$scratch/pipe" &
reader=$!
{
    wait "$reader"
    "$program" help
    echo $? >"$scratch/status"
} >"$scratch/pipe" 2>"$scratch/stderr"
[ "$(cat "$scratch/status")" = 1 ] || fail "a closed pipe: not exit status 1"
grep -q "standard output failed" "$scratch/stderr" || fail "a closed pipe is not reported"

finish
